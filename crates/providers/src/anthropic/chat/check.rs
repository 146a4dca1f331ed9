//! What the wire has no place for, refused before anything is sent.

use fourfold_domain::{ChatMessage, ChatPart, ChatRequest, ChatRole, InvalidInput, ResponseFormat};
use serde_json::Value;

use super::THINKING_BLOCKS;
use super::messages::{arguments, thoughts};
use crate::anthropic::models::BUDGET_TOKENS_MIN;
use crate::anthropic::settings::ThinkingForm;

/// What several fields of a chat, or the inside of one, must keep to.
pub(in crate::anthropic) fn check(chat: &ChatRequest, form: ThinkingForm) -> Result<(), InvalidInput> {
    check_order(&chat.messages, form)?;
    for (index, message) in chat.messages.iter().enumerate() {
        check_message(message, &format!("input.messages[{index}]"))?;
    }
    if let Some(index) = chat.tools.iter().position(|tool| tool.is_strict == Some(true)) {
        let field = format!("input.tools[{index}].function.strict");
        return Err(InvalidInput::not_allowed(field, "must be false for this model"));
    }
    if chat.tool_choice.is_some() && chat.tools.is_empty() {
        return Err(InvalidInput::not_allowed("input.tool_choice", "must come with tools"));
    }
    if chat.response_format == Some(ResponseFormat::JsonObject) {
        let allowed = "must be of type text or json_schema for this model";
        return Err(InvalidInput::not_allowed("input.response_format", allowed));
    }
    if form == ThinkingForm::Budget { check_budget(chat) } else { Ok(()) }
}

fn check_order(messages: &[ChatMessage], form: ThinkingForm) -> Result<(), InvalidInput> {
    let mut spoken = messages.iter().filter(|message| message.role != ChatRole::System);
    let not_allowed = |allowed| Err(InvalidInput::not_allowed("input.messages", allowed));
    let Some(first) = spoken.next() else { return not_allowed("must have one of the user's") };
    if first.role != ChatRole::User {
        return not_allowed("must begin with the user's");
    }
    // Newer models don't go on with what was begun for them.
    let last = messages.last().map(|message| message.role);
    if form == ThinkingForm::Adaptive && last == Some(ChatRole::Assistant) {
        return not_allowed("must not end with the assistant's for this model");
    }
    Ok(())
}

fn check_message(message: &ChatMessage, place: &str) -> Result<(), InvalidInput> {
    // A tool's name is beside its call, which the id tells.
    if message.name.is_some() && message.role != ChatRole::Tool {
        return Err(InvalidInput::not_allowed(
            format!("{place}.name"),
            "isn't something that this model takes",
        ));
    }
    for (index, part) in message.parts.iter().enumerate() {
        check_part(part, message.role, &format!("{place}.content[{index}]"))?;
    }
    for (name, value) in &message.extras {
        check_extra(message.role, name, value, place)?;
    }
    thoughts(message, place)?;
    for (index, call) in message.tool_calls.iter().enumerate() {
        arguments(call, &format!("{place}.tool_calls[{index}]"))?;
    }
    let says = |part: &ChatPart| !matches!(part, ChatPart::Text(text) if text.is_empty());
    let is_said = message.parts.iter().any(says)
        || !message.tool_calls.is_empty()
        || message.extras.get("refusal").is_some_and(Value::is_string)
        || message.extras.get(THINKING_BLOCKS).is_some_and(Value::is_array);
    // A tool may have nothing to give, and what the product says may be left out.
    if is_said || matches!(message.role, ChatRole::Tool | ChatRole::System) {
        return Ok(());
    }
    Err(InvalidInput::malformed(format!("{place}.content"), "must not be empty"))
}

fn check_part(part: &ChatPart, role: ChatRole, place: &str) -> Result<(), InvalidInput> {
    let takes_media = matches!(role, ChatRole::User | ChatRole::Tool);
    let not_allowed = |field: String, allowed| Err(InvalidInput::not_allowed(field, allowed));
    match part {
        ChatPart::Text(_) => Ok(()),
        ChatPart::Audio(_) => not_allowed(format!("{place}.type"), "must be one of text, image_url, file"),
        ChatPart::Image { .. } | ChatPart::File { .. } if !takes_media => {
            not_allowed(format!("{place}.type"), "must be text in a message of this role")
        }
        ChatPart::Image { detail: Some(detail), .. } if detail != "auto" => {
            not_allowed(format!("{place}.image_url.detail"), "must be auto for this model")
        }
        ChatPart::Image { .. } | ChatPart::File { .. } => Ok(()),
    }
}

/// What a message says beside its content. Answers come back with what OpenAI's clients keep of them; of that, an
/// unsigned thought is what the vendor wouldn't read.
fn check_extra(role: ChatRole, name: &str, value: &Value, place: &str) -> Result<(), InvalidInput> {
    let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let is_known = match role {
        ChatRole::Assistant => {
            let texts = ["refusal", "reasoning_content", "reasoning"];
            name == THINKING_BLOCKS || texts.contains(&name) && value.is_string()
        }
        ChatRole::Tool => name == "is_error" && value.is_boolean(),
        ChatRole::System | ChatRole::User => false,
    };
    if is_known || is_empty {
        return Ok(());
    }
    Err(InvalidInput::not_allowed(format!("{place}.{name}"), "isn't something that this model takes"))
}

fn check_budget(chat: &ChatRequest) -> Result<(), InvalidInput> {
    let budget = chat.extras.get("budget_tokens").and_then(Value::as_u64);
    let effort = chat.reasoning_effort.as_deref().filter(|effort| *effort != "none");
    if budget.is_some() && chat.reasoning_effort.is_some() {
        let allowed = "must not come with reasoning_effort";
        return Err(InvalidInput::not_allowed("input.budget_tokens", allowed));
    }
    if budget.is_some_and(|budget| budget >= chat.max_tokens) {
        return Err(InvalidInput::not_allowed("input.budget_tokens", "must be less than max_tokens"));
    }
    if effort.is_some() && chat.max_tokens <= u64::from(BUDGET_TOKENS_MIN) {
        let allowed = format!("must be more than {BUDGET_TOKENS_MIN} where the model is to think");
        return Err(InvalidInput::not_allowed("input.max_tokens", allowed));
    }
    Ok(())
}
