//! What the wire has no place for, refused before anything is sent.

use fourfold_domain::{ChatMessage, ChatPart, ChatRequest, ChatRole, InvalidInput, ToolChoice};
use serde_json::Value;

use super::messages::{arguments, function_name};
use crate::gemini::safety;

/// What several fields of a chat, or the inside of one, must keep to.
pub(in crate::gemini) fn check(chat: &ChatRequest) -> Result<(), InvalidInput> {
    if chat.messages.iter().all(|message| message.role == ChatRole::System) {
        return Err(InvalidInput::not_allowed("input.messages", "must have more than the system's"));
    }
    for (index, message) in chat.messages.iter().enumerate() {
        let place = format!("input.messages[{index}]");
        check_message(message, &place)?;
        if message.role == ChatRole::Tool {
            function_name(message, &chat.messages[..index], &place)?;
        }
    }
    if chat.reasoning_effort.is_some() && chat.extras.contains_key("thinking_budget") {
        let allowed = "must not come with reasoning_effort";
        return Err(InvalidInput::not_allowed("input.thinking_budget", allowed));
    }
    let is_callable = match &chat.tool_choice {
        None | Some(ToolChoice::None | ToolChoice::Auto) => true,
        Some(ToolChoice::Required) => !chat.tools.is_empty(),
        Some(ToolChoice::Tool(name)) => chat.tools.iter().any(|tool| tool.name == *name),
    };
    if !is_callable {
        return Err(InvalidInput::not_allowed("input.tool_choice", "must come with the tools to call"));
    }
    safety::check(&chat.extras)
}

fn check_message(message: &ChatMessage, place: &str) -> Result<(), InvalidInput> {
    let takes_media = matches!(message.role, ChatRole::User | ChatRole::Assistant);
    let is_media = |part: &ChatPart| !matches!(part, ChatPart::Text(_));
    if let Some(index) = message.parts.iter().position(is_media).filter(|_| !takes_media) {
        let field = format!("{place}.content[{index}].type");
        return Err(InvalidInput::not_allowed(field, "must be text in a message of this role"));
    }
    // What another vendor said beside an answer is nothing to this one.
    let is_known = |name: &str| match message.role {
        ChatRole::Assistant => true,
        ChatRole::Tool => name == "is_error",
        ChatRole::System | ChatRole::User => false,
    };
    let is_empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let is_unknown = |(name, value): &(&String, &Value)| !is_known(name) && !is_empty(value);
    if let Some((name, _)) = message.extras.iter().find(is_unknown) {
        let allowed = "isn't something that this model takes";
        return Err(InvalidInput::not_allowed(format!("{place}.{name}"), allowed));
    }
    for (index, call) in message.tool_calls.iter().enumerate() {
        arguments(call, &format!("{place}.tool_calls[{index}]"))?;
    }
    Ok(())
}
