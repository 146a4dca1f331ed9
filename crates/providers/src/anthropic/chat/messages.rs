//! What was said so far, in the vendor's order.

use fourfold_clients::anthropic as wire;
use fourfold_domain::{
    ChatMessage, ChatPart, ChatRole, InvalidInput, MediaInput, MediaReader, ProviderError, ToolCall,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::THINKING_BLOCKS;
use crate::classify::invalid;
use crate::media_input::Handed;

/// The largest picture or document: in base64 it is as large as the vendor lets a whole request be, 32 MB.
const MEDIA_BYTES_MAX: usize = 24 * 1024 * 1024;

/// What the vendor reads as a picture.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/// What the product says, and the messages, by the user and the model in turn.
pub(super) async fn messages(
    said: &[ChatMessage],
    media: &dyn MediaReader,
) -> Result<(Option<wire::Content>, Vec<wire::Message>), ProviderError> {
    let mut system = Vec::new();
    let mut turns: Vec<(wire::Role, Vec<wire::ContentBlock>)> = Vec::new();
    for (index, message) in said.iter().enumerate() {
        let (role, blocks) = match message.role {
            ChatRole::System => {
                system.extend(parts(message, media).await?);
                continue;
            }
            ChatRole::User => (wire::Role::User, parts(message, media).await?),
            ChatRole::Tool => (wire::Role::User, vec![tool_result(message, media).await?]),
            ChatRole::Assistant => {
                let place = format!("input.messages[{index}]");
                (wire::Role::Assistant, answered(message, &place, media).await?)
            }
        };
        match turns.last_mut() {
            Some((last, all)) if *last == role => all.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    let message = |(role, mut blocks): (wire::Role, Vec<wire::ContentBlock>)| {
        // What tools gave must come first.
        blocks.sort_by_key(|block| !matches!(block, wire::ContentBlock::ToolResult(_)));
        wire::Message::new(role, content(blocks))
    };
    let system = if system.is_empty() { None } else { Some(content(system)) };
    Ok((system, turns.into_iter().map(message).collect()))
}

/// One text goes as it is.
fn content(mut blocks: Vec<wire::ContentBlock>) -> wire::Content {
    match blocks.as_mut_slice() {
        [wire::ContentBlock::Text(only)] => wire::Content::Text(std::mem::take(&mut only.text)),
        _ => wire::Content::Blocks(blocks),
    }
}

/// A message of the model's as it goes back: its thoughts, what it said, what it called.
async fn answered(
    message: &ChatMessage,
    place: &str,
    media: &dyn MediaReader,
) -> Result<Vec<wire::ContentBlock>, ProviderError> {
    let mut blocks = thoughts(message, place).map_err(|mistake| invalid(mistake.to_string()))?;
    blocks.extend(parts(message, media).await?);
    let refusal = message.extras.get("refusal").and_then(Value::as_str);
    blocks.extend(refusal.filter(|refusal| !refusal.is_empty()).map(wire::ContentBlock::of_text));
    for (index, call) in message.tool_calls.iter().enumerate() {
        let input = arguments(call, &format!("{place}.tool_calls[{index}]"))
            .map_err(|mistake| invalid(mistake.to_string()))?;
        blocks.push(wire::ToolUseBlock::new(&*call.id, &*call.name, input).into());
    }
    Ok(blocks)
}

async fn tool_result(
    message: &ChatMessage,
    media: &dyn MediaReader,
) -> Result<wire::ContentBlock, ProviderError> {
    let blocks = parts(message, media).await?;
    let mut result = wire::ToolResultBlock::new(message.tool_call_id.as_deref().unwrap_or_default());
    result.content = if blocks.is_empty() { None } else { Some(content(blocks)) };
    result.is_error = message.extras.get("is_error").and_then(Value::as_bool);
    Ok(result.into())
}

/// The parts of a message. A text without a character, which the vendor refuses, is none.
async fn parts(
    message: &ChatMessage,
    media: &dyn MediaReader,
) -> Result<Vec<wire::ContentBlock>, ProviderError> {
    let mut blocks = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            ChatPart::Text(text) if text.is_empty() => {}
            ChatPart::Text(text) => blocks.push(wire::ContentBlock::of_text(text)),
            ChatPart::Image { media: input, .. } => {
                blocks.push(wire::ContentBlock::of_image(picture(input, media).await?));
            }
            ChatPart::File { media: input, name } => {
                let mut document = wire::DocumentBlock::new(document(input, media).await?);
                document.title.clone_from(name);
                blocks.push(document.into());
            }
            ChatPart::Audio(_) => return Err(invalid("the model doesn't take sounds")),
        }
    }
    Ok(blocks)
}

async fn picture(input: &MediaInput, media: &dyn MediaReader) -> Result<wire::Source, ProviderError> {
    if let MediaInput::Url(url) = input {
        return Ok(wire::Source::of_url(url));
    }
    let handed = Handed::read(media, input, MEDIA_BYTES_MAX).await?;
    if !PICTURES.contains(&handed.media_type.as_str()) {
        let message =
            format!("a picture in input.messages must be png, jpeg, webp or gif, not {}", handed.media_type);
        return Err(invalid(message));
    }
    Ok(wire::Source::of_bytes(handed.media_type, handed.bytes))
}

async fn document(input: &MediaInput, media: &dyn MediaReader) -> Result<wire::Source, ProviderError> {
    if let MediaInput::Url(url) = input {
        return Ok(wire::Source::of_url(url));
    }
    let handed = Handed::read(media, input, MEDIA_BYTES_MAX).await?;
    match handed.media_type.as_str() {
        "application/pdf" => Ok(wire::Source::of_bytes(handed.media_type, handed.bytes)),
        "text/plain" => {
            let text = String::from_utf8(handed.bytes.into())
                .map_err(|_| invalid("a text in input.messages must be UTF-8"))?;
            Ok(wire::TextSource::new(handed.media_type, text).into())
        }
        other => Err(invalid(format!("a file in input.messages must be a pdf or plain text, not {other}"))),
    }
}

/// The blocks of thoughts that come back with a message.
pub(super) fn thoughts(message: &ChatMessage, place: &str) -> Result<Vec<wire::ContentBlock>, InvalidInput> {
    let blocks = match message.extras.get(THINKING_BLOCKS) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(blocks) => Vec::<wire::ContentBlock>::deserialize(blocks).ok(),
    };
    let is_thought = |block: &wire::ContentBlock| {
        matches!(block, wire::ContentBlock::Thinking(_) | wire::ContentBlock::RedactedThinking(_))
    };
    blocks.filter(|blocks| blocks.iter().all(is_thought)).ok_or_else(|| {
        let allowed = "must be what the answer had there";
        InvalidInput::malformed(format!("{place}.{THINKING_BLOCKS}"), allowed)
    })
}

/// The arguments of a call, which the vendor takes as an object.
pub(super) fn arguments(call: &ToolCall, place: &str) -> Result<Value, InvalidInput> {
    if call.arguments.trim().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_str(&call.arguments).ok().filter(Value::is_object).ok_or_else(|| {
        InvalidInput::not_allowed(
            format!("{place}.function.arguments"),
            "must be a JSON object for this model",
        )
    })
}
