//! What was said so far, and the tools at hand: the part of a request that costs input tokens.

use serde_json::{Value, json};

use super::super::models;
use super::super::version::Version;
use super::{block, tools};
use crate::call::{Call, Fields};
use crate::content::{Tool, ToolUse, count_tokens};
use crate::refusal::{Problem, Refusal};

/// A conversation that keeps to the rules.
pub(super) struct Conversation {
    pub(super) model: String,
    pub(super) turns: Vec<ConversationTurn>,
    pub(super) tools: Vec<Tool>,
    pub(super) tool_use: ToolUse,
    pub(super) input_tokens: u64,
}

/// What one side said in a row; messages of the same role are one.
pub(super) struct ConversationTurn {
    role: Role,
    /// Where it begins among the messages.
    index: usize,
    blocks: Vec<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    User,
    Assistant,
}

impl Conversation {
    pub(super) fn read(call: &Call<'_>, version: Version, fields: &Fields) -> Result<Self, Refusal> {
        let model = models::required(call, fields)?;
        let turns = turns(fields, version)?;
        check_tool_results(&turns)?;
        if turns.last().is_some_and(|turn| turn.role == Role::Assistant) && models::is_new(&model) {
            let reason = "This model does not support assistant message prefill. \
                          The conversation must end with a user message.";
            return Err(Refusal::unsupported("messages", reason));
        }
        let tools = tools::read(fields)?;
        let tool_use = tools::choice(fields, &tools)?;
        let of_turns: u64 = turns.iter().map(|turn| count_tokens(&turn.text()) + 3).sum();
        let of_tools: u64 = tools.iter().map(|tool| count_tokens(&tool.schema.to_string()) + 3).sum();
        let input_tokens = of_turns + of_tools + count_tokens(&system(fields)?);
        Ok(Self { model, turns, tools, tool_use, input_tokens })
    }

    /// The newest words of the user.
    pub(super) fn asked(&self) -> String {
        let by_user = self.turns.iter().rev().filter(|turn| turn.role == Role::User);
        by_user.map(ConversationTurn::text).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// Whether the user's newest message brings what a tool gave.
    pub(super) fn has_tool_result(&self) -> bool {
        self.turns.last().is_some_and(|turn| turn.ids("tool_result", "tool_use_id").next().is_some())
    }
}

impl ConversationTurn {
    fn text(&self) -> String {
        let words = self.blocks.iter().map(block::words).filter(|words| !words.is_empty());
        words.collect::<Vec<_>>().join(" ")
    }

    fn ids<'a>(&'a self, kind: &'a str, field: &'a str) -> impl Iterator<Item = &'a str> {
        self.blocks
            .iter()
            .filter(move |block| block["type"] == kind)
            .filter_map(move |block| block[field].as_str())
    }
}

fn turns(fields: &Fields, version: Version) -> Result<Vec<ConversationTurn>, Refusal> {
    if !fields.has("messages") {
        return Err(Refusal::missing("messages"));
    }
    let mut turns: Vec<ConversationTurn> = Vec::new();
    for (index, message) in fields.list("messages")?.iter().enumerate() {
        let role = role(message, index)?;
        let blocks = blocks(message, &format!("messages.{index}.content"))?;
        for (place, block) in blocks.iter().enumerate() {
            block::check(block, role, version, &format!("messages.{index}.content.{place}"))?;
        }
        match turns.last_mut() {
            Some(last) if last.role == role => last.blocks.extend(blocks),
            _ => turns.push(ConversationTurn { role, index, blocks }),
        }
    }
    match turns.first().map(|turn| turn.role) {
        Some(Role::User) => Ok(turns),
        Some(Role::Assistant) => {
            Err(Refusal::unsupported("messages", "first message must use the \"user\" role"))
        }
        None => Err(Refusal::unsupported("messages", "at least one message is required")),
    }
}

fn role(message: &Value, index: usize) -> Result<Role, Refusal> {
    match message.get("role").map(|role| role.as_str().unwrap_or_default()) {
        Some("user") => Ok(Role::User),
        Some("assistant") => Ok(Role::Assistant),
        Some(other) => {
            Err(Refusal::not_allowed(format!("messages.{index}.role"), other, "'user' or 'assistant'"))
        }
        None => Err(Refusal::missing(format!("messages.{index}.role"))),
    }
}

/// The content as blocks; a text is a block of it.
fn blocks(message: &Value, at: &str) -> Result<Vec<Value>, Refusal> {
    match message.get("content") {
        None => Err(Refusal::missing(at)),
        Some(Value::String(text)) => Ok(vec![json!({"type": "text", "text": text})]),
        Some(Value::Array(blocks)) if !blocks.is_empty() => Ok(blocks.clone()),
        Some(Value::Array(_)) => Err(Refusal::unsupported(at, "must have non-empty content")),
        Some(other) => Err(Refusal::wrong_type(at, "a string or an array of blocks", other)),
    }
}

/// Each tool that was called has its result at the beginning of the next turn, and nothing else has one.
fn check_tool_results(turns: &[ConversationTurn]) -> Result<(), Refusal> {
    for (place, turn) in turns.iter().enumerate() {
        let at = format!("messages.{}", turn.index);
        let before = place.checked_sub(1).and_then(|before| turns.get(before));
        let called: Vec<&str> =
            before.map(|before| before.ids("tool_use", "id").collect()).unwrap_or_default();
        if let Some(stray) = turn.ids("tool_result", "tool_use_id").find(|id| !called.contains(id)) {
            let reason = format!("`tool_result` without a `tool_use` of id {stray} in the message before");
            return Err(Refusal::unsupported(at, reason));
        }
        let is_result = |block: &Value| block["type"] == "tool_result";
        let first: Vec<&str> = turn
            .blocks
            .iter()
            .take_while(|block| is_result(block))
            .filter_map(|block| block["tool_use_id"].as_str())
            .collect();
        if let Some(open) = called.iter().find(|id| !first.contains(*id)) {
            let reason = format!(
                "`tool_use` of id {open} without a `tool_result` block at the beginning of this message"
            );
            return Err(Refusal::unsupported(at, reason));
        }
    }
    let last = turns.last().and_then(|turn| turn.ids("tool_use", "id").next());
    last.map_or(Ok(()), |open| {
        let reason = format!("`tool_use` of id {open} without a `tool_result` block in the next message");
        Err(Refusal::unsupported("messages", reason))
    })
}

/// What the model is told beforehand: a text or blocks of it.
fn system(fields: &Fields) -> Result<String, Refusal> {
    match fields.value("system") {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Array(blocks)) => {
            for (index, block) in blocks.iter().enumerate() {
                if block["type"] != "text" || !block["text"].is_string() {
                    let problem = Problem::WrongType { expected: "a text block", given: "another" };
                    return Err(Refusal::Field(format!("system.{index}"), problem));
                }
            }
            Ok(blocks.iter().map(block::words).collect::<Vec<_>>().join(" "))
        }
        Some(other) => Err(Refusal::wrong_type("system", "a string or an array of text blocks", other)),
    }
}
