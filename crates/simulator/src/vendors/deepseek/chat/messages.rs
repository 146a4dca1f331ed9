//! What was said so far.

use serde_json::Value;

use super::super::models;
use crate::call::Fields;
use crate::refusal::Refusal;
use crate::vendors::openai::chat::role;

/// The messages, if they keep to the rules.
pub(super) fn read<'f>(
    fields: &'f Fields,
    model: &str,
    thinks: bool,
    is_beta: bool,
) -> Result<&'f [Value], Refusal> {
    if !fields.has("messages") {
        return Err(Refusal::missing("messages"));
    }
    let messages = fields.list("messages")?;
    if messages.is_empty() {
        return Err(Refusal::not_allowed("messages", "[]", "at least one message"));
    }
    for (index, message) in messages.iter().enumerate() {
        let at = |field: &str| format!("messages[{index}].{field}");
        check_role(message, at("role"))?;
        check_content(message, &at("content"), models::takes_images(model))?;
        if role(message) == "tool" && !message["tool_call_id"].is_string() {
            return Err(Refusal::missing(at("tool_call_id")));
        }
        if message["prefix"] == true && !is_beta {
            let reason = "The `prefix` of a message is a beta feature: use the base URL with /beta.";
            return Err(Refusal::unsupported(at("prefix"), reason));
        }
        if thinks && calls_tools(message) && !message["reasoning_content"].is_string() {
            let reason = "The `reasoning_content` in the thinking mode must be passed back to the API.";
            return Err(Refusal::unsupported(at("reasoning_content"), reason));
        }
    }
    Ok(messages)
}

fn check_role(message: &Value, at: String) -> Result<(), Refusal> {
    let Some(role) = message.get("role") else { return Err(Refusal::missing(at)) };
    match role.as_str() {
        Some("system" | "user" | "assistant" | "tool") => Ok(()),
        Some(other) => Err(Refusal::not_allowed(at, other, "'system', 'user', 'assistant', 'tool'")),
        None => Err(Refusal::wrong_type(at, "a string", role)),
    }
}

fn check_content(message: &Value, at: &str, takes_images: bool) -> Result<(), Refusal> {
    match message.get("content").unwrap_or(&Value::Null) {
        Value::String(_) => Ok(()),
        Value::Array(parts) => {
            let mut parts = parts.iter().enumerate();
            parts.try_for_each(|(index, part)| check_part(part, &format!("{at}[{index}]"), takes_images))
        }
        Value::Null if role(message) == "assistant" => Ok(()),
        Value::Null => Err(Refusal::missing(at)),
        other => Err(Refusal::wrong_type(at, "a string or an array", other)),
    }
}

fn check_part(part: &Value, at: &str, takes_images: bool) -> Result<(), Refusal> {
    let is_there = match part["type"].as_str().unwrap_or_default() {
        "text" => part["text"].is_string(),
        "image_url" if takes_images => part["image_url"]["url"].is_string(),
        other => {
            let allowed = if takes_images { "'text', 'image_url'" } else { "'text'" };
            return Err(Refusal::not_allowed(format!("{at}.type"), other, allowed));
        }
    };
    if is_there { Ok(()) } else { Err(Refusal::missing(at)) }
}

fn calls_tools(message: &Value) -> bool {
    role(message) == "assistant" && message["tool_calls"].as_array().is_some_and(|calls| !calls.is_empty())
}
