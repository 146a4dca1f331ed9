//! What was said so far as contents. The vendor knows a user and a model; what the product says stands apart, and what
//! tools gave is the user's.

use fourfold_clients::gemini::{Content, FunctionCall, Part};
use fourfold_domain::{ChatMessage, ChatPart, ChatRole, InvalidInput, ProviderError, ToolCall};
use serde_json::{Map, Value, json};

use super::{OWN_ID, SIGNATURE, SIGNATURES, UNSIGNED};
use crate::classify::invalid;
use crate::gemini::inline::{self, Inline};

/// What the product says, wherever it stands, and the messages.
pub(super) async fn contents(
    messages: &[ChatMessage],
    inline: &mut Inline<'_>,
) -> Result<(Option<Content>, Vec<Content>), ProviderError> {
    let mut system = Vec::new();
    let mut contents: Vec<Content> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let place = format!("input.messages[{index}]");
        match message.role {
            ChatRole::System => system.extend(parts(message, &place, inline).await?),
            ChatRole::User => contents.push(Content::user(some(parts(message, &place, inline).await?))),
            ChatRole::Assistant => {
                contents.push(Content::model(some(answered(message, &place, inline).await?)));
            }
            ChatRole::Tool => {
                let given = given(message, &messages[..index], &place)?;
                // What several tools gave after one message of the model's is one content.
                match contents.last_mut().filter(|last| last.parts.iter().all(is_given)) {
                    Some(last) => last.parts.push(given),
                    None => contents.push(Content::user([given])),
                }
            }
        }
    }
    Ok((Some(Content::from(system)).filter(|system| !system.parts.is_empty()), contents))
}

/// The tool that a message is from: that of the newest call of its id before.
pub(super) fn function_name<'m>(
    message: &'m ChatMessage,
    before: &'m [ChatMessage],
    place: &str,
) -> Result<&'m str, InvalidInput> {
    let mut calls = before.iter().rev().flat_map(|before| &before.tool_calls);
    let call = calls.find(|call| Some(&call.id) == message.tool_call_id.as_ref());
    call.map(|call| call.name.as_str()).or(message.name.as_deref()).ok_or_else(|| {
        let field = format!("{place}.tool_call_id");
        InvalidInput::not_allowed(field, "must be the id of a tool call in a message before")
    })
}

/// The arguments of a call as an object; none at all are an empty one.
pub(super) fn arguments(call: &ToolCall, place: &str) -> Result<Value, InvalidInput> {
    if call.arguments.trim().is_empty() {
        return Ok(json!({}));
    }
    let read = serde_json::from_str::<Map<String, Value>>(&call.arguments).map(Value::Object);
    read.map_err(|_| {
        let field = format!("{place}.function.arguments");
        InvalidInput::not_allowed(field, "must be a JSON object")
    })
}

/// The parts of a message. A text without a character, which the vendor refuses beside others, is none.
async fn parts(
    message: &ChatMessage,
    place: &str,
    inline: &mut Inline<'_>,
) -> Result<Vec<Part>, ProviderError> {
    // The vendor has no field for who speaks.
    let mut parts: Vec<_> = message.name.iter().map(|name| Part::of_text(format!("{name}:"))).collect();
    for (index, part) in message.parts.iter().enumerate() {
        let place = format!("{place}.content[{index}]");
        let handed = match part {
            ChatPart::Text(text) => {
                parts.extend(Some(Part::of_text(text)).filter(|_| !text.is_empty()));
                continue;
            }
            ChatPart::Image { media, .. } => inline.read_kind(media, "image", &place).await?,
            ChatPart::Audio(media) => inline.read_kind(media, "audio", &place).await?,
            // The vendor has no field for its name.
            ChatPart::File { media, .. } => inline.read(media).await?,
        };
        parts.push(inline::part(&handed));
    }
    Ok(parts)
}

/// A message of the model's as it goes back: what it said and called, with the signatures of its thoughts. The thoughts
/// themselves don't go back.
async fn answered(
    message: &ChatMessage,
    place: &str,
    inline: &mut Inline<'_>,
) -> Result<Vec<Part>, ProviderError> {
    let mut parts = parts(message, place, inline).await?;
    let extra = |name: &str| message.extras.get(name);
    parts.extend(extra("refusal").and_then(Value::as_str).map(Part::of_text));
    if let Some(signature) = extra(SIGNATURE).and_then(Value::as_str) {
        match parts.iter_mut().rev().find(|part| part.text.is_some()) {
            Some(part) => part.thought_signature = Some(signature.to_owned()),
            None => parts.push(Part::of_text("").thought_signature(signature)),
        }
    }
    let signature_of =
        |call: &ToolCall| extra(SIGNATURES).and_then(|signatures| signatures.get(&call.id)?.as_str());
    // The vendor signs the first of calls that it makes at once, or each.
    let unsigned = (!message.tool_calls.iter().any(|call| signature_of(call).is_some())).then_some(UNSIGNED);
    for (index, call) in message.tool_calls.iter().enumerate() {
        let args = arguments(call, &format!("{place}.tool_calls[{index}]"));
        let args = args.map_err(|mistake| invalid(mistake.to_string()))?;
        let mut called = FunctionCall::default().name(&*call.name).args(args);
        called.id = vendors_id(&call.id);
        let mut part = Part::default().function_call(called);
        let signature = signature_of(call).or(unsigned.filter(|_| index == 0));
        part.thought_signature = signature.map(str::to_owned);
        parts.push(part);
    }
    Ok(parts)
}

/// What a tool gave, as an object, which is all that the vendor takes.
fn given(message: &ChatMessage, before: &[ChatMessage], place: &str) -> Result<Part, ProviderError> {
    let name = function_name(message, before, place).map_err(|mistake| invalid(mistake.to_string()))?;
    let text = message.text();
    let is_error = message.extras.get("is_error").is_some_and(|is_error| *is_error == true);
    let given = match serde_json::from_str::<Map<String, Value>>(&text) {
        Ok(object) if !is_error => Value::Object(object),
        _ if is_error => json!({"error": text}),
        _ => json!({"output": text}),
    };
    let id = message.tool_call_id.as_deref().and_then(vendors_id);
    Ok(Part::of_function_response(id, name, given))
}

fn is_given(part: &Part) -> bool {
    part.function_response.is_some()
}

/// A content without a part is refused.
fn some(mut parts: Vec<Part>) -> Vec<Part> {
    if parts.is_empty() {
        parts.push(Part::of_text(""));
    }
    parts
}

fn vendors_id(id: &str) -> Option<String> {
    if id.starts_with(OWN_ID) { None } else { Some(id.to_owned()) }
}
