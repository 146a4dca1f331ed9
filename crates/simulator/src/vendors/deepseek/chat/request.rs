//! What is asked of a chat model.

use serde_json::{Value, json};

use super::super::models;
use super::super::settings::{self, StreamUsage};
use super::messages;
use crate::call::{Call, Fields};
use crate::content::{Prompt, Tool, count_tokens};
use crate::refusal::{Problem, Refusal};
use crate::vendors::openai::chat::{role, text, tool_use, tools};

/// A chat that keeps to the rules.
pub(super) struct ChatRequest {
    pub(super) model: String,
    pub(super) prompt: Prompt,
    pub(super) prompt_tokens: u64,
    pub(super) thinks: bool,
    /// Texts at which the answer ends.
    pub(super) stops: Vec<String>,
    /// None where the answer comes whole.
    pub(super) stream: Option<StreamUsage>,
}

impl ChatRequest {
    pub(super) fn read(call: &Call<'_>, is_beta: bool, fields: &Fields) -> Result<Self, Refusal> {
        let model = models::required(call, fields)?;
        let thinks = thinks(fields)?;
        let messages = messages::read(fields, &model, thinks, is_beta)?;
        check_settings(fields)?;
        let newest_by_user = messages.iter().rev().find(|message| role(message) == "user");
        let prompt = Prompt {
            text: newest_by_user.map(text).unwrap_or_default(),
            tools: known_tools(fields)?,
            tool_use: tool_use(fields)?,
            has_tool_result: messages.last().is_some_and(|message| role(message) == "tool"),
            schema: schema(fields, messages)?,
            tokens_max: fields.integer("max_tokens", 1..=TOKENS_MAX)?,
        };
        Ok(Self {
            model,
            prompt,
            prompt_tokens: messages.iter().map(|message| count_tokens(&text(message)) + 3).sum(),
            thinks,
            stops: settings::stops(fields)?,
            stream: settings::stream(fields)?,
        })
    }
}

/// How much a model writes at most, its thoughts included.
const TOKENS_MAX: i64 = 384 << 10;
const TOOLS_MAX: usize = 128;

/// Models think unless they are told not to.
fn thinks(fields: &Fields) -> Result<bool, Refusal> {
    // Some are other names of `low`, `high` and `max`.
    fields.one_of("reasoning_effort", &["minimal", "low", "medium", "high", "xhigh", "max", "ultra"])?;
    let Some(thinking) = fields.value("thinking") else { return Ok(true) };
    match thinking["type"].as_str() {
        Some("enabled") => Ok(true),
        Some("disabled") => Ok(false),
        Some(other) => Err(Refusal::not_allowed("thinking.type", other, "'enabled', 'disabled'")),
        None => Err(Refusal::missing("thinking.type")),
    }
}

/// While it thinks, a model passes over most of these; they must be right nevertheless.
fn check_settings(fields: &Fields) -> Result<(), Refusal> {
    settings::check_chance(fields)?;
    fields.text("user_id")?;
    fields.flag("logprobs")?;
    fields.integer("top_logprobs", 0..=20)?;
    Ok(())
}

fn known_tools(fields: &Fields) -> Result<Vec<Tool>, Refusal> {
    let given = fields.list("tools")?;
    if given.len() > TOOLS_MAX {
        let problem = Problem::TooLong { length: given.len(), length_max: TOOLS_MAX };
        return Err(Refusal::Field("tools".into(), problem));
    }
    if let Some((index, tool)) = given.iter().enumerate().find(|(_, tool)| tool["type"] != "function") {
        let kind = tool["type"].as_str().unwrap_or_default();
        return Err(Refusal::not_allowed(format!("tools[{index}].type"), kind, "'function'"));
    }
    tools(fields)
}

/// An object is answered only where the conversation mentions JSON; there is no way to give its schema.
fn schema(fields: &Fields, messages: &[Value]) -> Result<Option<Value>, Refusal> {
    let Some(format) = fields.value("response_format") else { return Ok(None) };
    match format["type"].as_str().unwrap_or_default() {
        "text" => Ok(None),
        "json_object" if messages.iter().any(|message| text(message).to_lowercase().contains("json")) => {
            Ok(Some(json!({"properties": {"answer": {"type": "string"}}})))
        }
        "json_object" => {
            let reason = "Prompt must contain the word 'json' in some form to use 'response_format' of type \
                          'json_object'.";
            Err(Refusal::unsupported("response_format", reason))
        }
        other => Err(Refusal::not_allowed("response_format.type", other, "'text', 'json_object'")),
    }
}
