//! What is asked of a chat model.

use serde_json::Value;

use super::super::models;
use super::Manner;
use crate::call::{Call, Fields};
use crate::content::{Prompt, Tool, ToolUse, count_tokens};
use crate::refusal::{Problem, Refusal};
use crate::vendors::ModelKind;

/// A chat that keeps to the rules.
pub(super) struct ChatRequest {
    pub(super) model: String,
    pub(super) prompt: Prompt,
    pub(super) prompt_tokens: u64,
    pub(super) thoughts: Thoughts,
    /// Whether usage is told in detail.
    pub(super) details_usage: bool,
    pub(super) choices: i64,
    pub(super) service_tier: String,
    /// None where the answer comes whole.
    pub(super) stream: Option<StreamOptions>,
}

/// What the model thinks before it answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Thoughts {
    /// Nothing.
    None,
    /// So many tokens, and doesn't tell.
    Hidden(u64),
    /// What the answer shows.
    Shown,
}

/// How a stream is asked for.
pub(super) struct StreamOptions {
    pub(super) include_usage: bool,
    pub(super) include_obfuscation: bool,
}

impl ChatRequest {
    pub(super) fn read(call: &Call<'_>, fields: &Fields, manner: Manner) -> Result<Self, Refusal> {
        let (model, kind) = models::required(call, fields, ModelKind::chats)?;
        let messages = messages(fields)?;
        let reasons = kind == Some(ModelKind::Reasoning);
        check_settings(fields, reasons && !manner.thinks_aloud)?;
        let effort = fields
            .one_of("reasoning_effort", &["none", "minimal", "low", "medium", "high", "xhigh", "max"])?;
        let newest = messages.last();
        let prompt = Prompt {
            text: messages.iter().rev().find(|message| role(message) == "user").map(text).unwrap_or_default(),
            tools: tools(fields)?,
            tool_use: tool_use(fields)?,
            has_tool_result: newest.is_some_and(|message| role(message) == "tool"),
            schema: schema(fields)?,
            tokens_max: tokens_max(fields)?,
        };
        let tier =
            fields.one_of("service_tier", &["auto", "default", "flex", "scale", "priority", "fast"])?;
        Ok(Self {
            model: model.to_owned(),
            prompt,
            prompt_tokens: messages.iter().map(|message| count_tokens(&text(message)) + 3).sum(),
            thoughts: match (reasons && effort != Some("none"), manner.thinks_aloud) {
                (false, _) => Thoughts::None,
                (true, false) => Thoughts::Hidden(8),
                (true, true) => Thoughts::Shown,
            },
            details_usage: !manner.only_sums,
            choices: fields.integer("n", 1..=128)?.unwrap_or(1),
            service_tier: tier.filter(|tier| *tier != "auto").unwrap_or("default").to_owned(),
            stream: stream(fields)?,
        })
    }
}

fn messages(fields: &Fields) -> Result<&[Value], Refusal> {
    if !fields.has("messages") {
        return Err(Refusal::missing("messages"));
    }
    let messages = fields.list("messages")?;
    if messages.is_empty() {
        return Err(Refusal::not_allowed("messages", "[]", "an array with at least one message"));
    }
    for (index, message) in messages.iter().enumerate() {
        let at = |field: &str| format!("messages[{index}].{field}");
        let Some(role) = message.get("role") else { return Err(Refusal::missing(at("role"))) };
        let roles = ["developer", "system", "user", "assistant", "tool", "function"];
        if !roles.iter().any(|known| role == known) {
            let known = roles.map(|role| format!("'{role}'")).join(", ");
            return Err(Refusal::not_allowed(at("role"), role.as_str().unwrap_or_default(), known));
        }
        match message.get("content").unwrap_or(&Value::Null) {
            Value::String(_) => {}
            Value::Array(parts) => check_parts(parts, &at("content"))?,
            Value::Null if message.get("tool_calls").is_some() || message.get("refusal").is_some() => {}
            Value::Null => return Err(Refusal::missing(at("content"))),
            other => return Err(Refusal::wrong_type(at("content"), "a string or an array", other)),
        }
        if role == "tool" && !message.get("tool_call_id").is_some_and(Value::is_string) {
            return Err(Refusal::missing(at("tool_call_id")));
        }
    }
    Ok(messages)
}

/// Each part has its content below the name of its type.
fn check_parts(parts: &[Value], at: &str) -> Result<(), Refusal> {
    for (index, part) in parts.iter().enumerate() {
        let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
        if !["text", "image_url", "input_audio", "file", "refusal"].contains(&kind) {
            let known = "'text', 'image_url', 'input_audio', 'file', 'refusal'";
            return Err(Refusal::not_allowed(format!("{at}[{index}].type"), kind, known));
        }
        if part.get(kind).is_none() {
            return Err(Refusal::missing(format!("{at}[{index}].{kind}")));
        }
    }
    Ok(())
}

fn check_settings(fields: &Fields, is_strict: bool) -> Result<(), Refusal> {
    fields.number("temperature", 0.0..=2.0)?;
    fields.number("top_p", 0.0..=1.0)?;
    fields.number("presence_penalty", -2.0..=2.0)?;
    fields.number("frequency_penalty", -2.0..=2.0)?;
    fields.integer("top_logprobs", 0..=20)?;
    fields.one_of("verbosity", &["low", "medium", "high"])?;
    if let Some(Value::Array(stops)) = fields.value("stop")
        && stops.len() > 4
    {
        return Err(Refusal::Field("stop".into(), Problem::TooLong { length: stops.len(), length_max: 4 }));
    }
    if is_strict && fields.has("max_tokens") {
        let reason = "Unsupported parameter: 'max_tokens' is not supported with this model. \
                      Use 'max_completion_tokens' instead.";
        return Err(Refusal::unsupported("max_tokens", reason));
    }
    Ok(())
}

fn tokens_max(fields: &Fields) -> Result<Option<i64>, Refusal> {
    let newer = fields.integer("max_completion_tokens", 1..=i64::MAX)?;
    Ok(newer.or(fields.integer("max_tokens", 1..=i64::MAX)?))
}

/// The tools that the caller runs.
pub(in crate::vendors) fn tools(fields: &Fields) -> Result<Vec<Tool>, Refusal> {
    let tool = |(index, tool): (usize, &Value)| {
        let at = |field: &str| format!("tools[{index}].{field}");
        let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
        if !["function", "custom"].contains(&kind) {
            return Err(Refusal::not_allowed(at("type"), kind, "'function', 'custom'"));
        }
        let named = tool.pointer(&format!("/{kind}/name")).and_then(Value::as_str).unwrap_or_default();
        match named.chars().count() {
            0 => Err(Refusal::missing(at(&format!("{kind}.name")))),
            length @ 65.. => {
                Err(Refusal::Field(at(&format!("{kind}.name")), Problem::TooLong { length, length_max: 64 }))
            }
            _ => {
                let schema = tool.pointer("/function/parameters").cloned();
                let none = serde_json::json!({"type": "object", "properties": {}});
                Ok(Tool { name: named.to_owned(), schema: schema.unwrap_or(none) })
            }
        }
    };
    fields.list("tools")?.iter().enumerate().map(tool).collect()
}

/// Whether the model calls one of them.
pub(in crate::vendors) fn tool_use(fields: &Fields) -> Result<ToolUse, Refusal> {
    let Some(choice) = fields.value("tool_choice") else { return Ok(ToolUse::Auto) };
    if !fields.has("tools") {
        let reason =
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
        return Err(Refusal::unsupported("tool_choice", reason));
    }
    match choice {
        Value::String(word) => match word.as_str() {
            "none" => Ok(ToolUse::Never),
            "auto" => Ok(ToolUse::Auto),
            "required" => Ok(ToolUse::Always),
            word => Err(Refusal::not_allowed("tool_choice", word, "'none', 'auto', 'required'")),
        },
        named => {
            let name =
                ["/function/name", "/custom/name"].iter().find_map(|path| named.pointer(path)?.as_str());
            Ok(name.map_or(ToolUse::Always, |name| ToolUse::Named(name.to_owned())))
        }
    }
}

fn schema(fields: &Fields) -> Result<Option<Value>, Refusal> {
    let Some(format) = fields.value("response_format") else { return Ok(None) };
    match format.get("type").and_then(Value::as_str).unwrap_or_default() {
        "text" => Ok(None),
        "json_object" => Ok(Some(serde_json::json!({"properties": {"answer": {"type": "string"}}}))),
        "json_schema" => match format.pointer("/json_schema/schema") {
            Some(schema) => Ok(Some(schema.clone())),
            None => Err(Refusal::missing("response_format.json_schema")),
        },
        other => {
            let known = "'text', 'json_object', 'json_schema'";
            Err(Refusal::not_allowed("response_format.type", other, known))
        }
    }
}

fn stream(fields: &Fields) -> Result<Option<StreamOptions>, Refusal> {
    let options = fields.value("stream_options");
    if !fields.flag("stream")? {
        return match options {
            None => Ok(None),
            Some(_) => Err(Refusal::unsupported(
                "stream_options",
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            )),
        };
    }
    let option = |name: &str| options.and_then(|options| options.get(name)?.as_bool());
    Ok(Some(StreamOptions {
        include_usage: option("include_usage").unwrap_or(false),
        include_obfuscation: option("include_obfuscation").unwrap_or(true),
    }))
}

/// Who says a message.
pub(in crate::vendors) fn role(message: &Value) -> &str {
    message.get("role").and_then(Value::as_str).unwrap_or_default()
}

/// The words of a message.
pub(in crate::vendors) fn text(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}
