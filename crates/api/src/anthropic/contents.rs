//! What was said, in blocks, as messages of our chats.

use fourfold_domain::InvalidInput;
use serde_json::{Value, json};

use crate::text::Placed;

/// All that was said. Thoughts of another model are left out: they say nothing to this one.
pub(super) fn messages(
    system: Option<Placed<'_>>,
    messages: &Placed<'_>,
) -> Result<Vec<Value>, InvalidInput> {
    let mut said = Vec::new();
    if let Some(system) = system {
        said.push(json!({"role": "system", "content": texts(&system)?}));
    }
    let messages = messages.list()?;
    if messages.is_empty() {
        return Err(InvalidInput::malformed("messages", "must be a list with at least one message"));
    }
    for message in messages {
        let (role, content) = (message.required("role")?, message.required("content")?);
        match (role.text()?, content.value) {
            (role @ ("user" | "assistant"), Value::String(text)) => {
                said.push(json!({"role": role, "content": text}));
            }
            ("user", _) => by_user(&content, &mut said)?,
            ("assistant", _) => said.extend(by_model(&content)?),
            _ => return Err(role.not_allowed("must be one of user, assistant")),
        }
    }
    Ok(said)
}

/// The text of a text or of blocks of text.
fn texts(content: &Placed<'_>) -> Result<String, InvalidInput> {
    if let Value::String(text) = content.value {
        return Ok(text.clone());
    }
    let mut texts = Vec::new();
    for block in content.list()? {
        let kind = block.required("type")?;
        if kind.text()? != "text" {
            return Err(kind.not_allowed("must be text"));
        }
        texts.push(block.required_text("text")?);
    }
    Ok(texts.join("\n\n"))
}

/// Results of tools are messages of their own, and come before the rest of what is said.
fn by_user(content: &Placed<'_>, said: &mut Vec<Value>) -> Result<(), InvalidInput> {
    let (mut parts, mut is_said) = (Vec::new(), false);
    for block in content.list()? {
        if block.required_text("type")? != "tool_result" {
            is_said = true;
            parts.extend(parts_of(&block)?);
            continue;
        }
        if is_said {
            return Err(block.malformed("must come before what isn't a tool_result"));
        }
        let id = block.required_text("tool_use_id")?;
        let (mut texts, mut media) = (Vec::new(), Vec::new());
        match block.get("content") {
            None => {}
            Some(Placed { value: Value::String(text), .. }) => texts.push(text.clone()),
            Some(content) => {
                for part in content.list()?.iter().map(parts_of).collect::<Result<Vec<_>, _>>()?.concat() {
                    match part["text"].as_str() {
                        Some(text) => texts.push(text.to_owned()),
                        None => media.push(part),
                    }
                }
            }
        }
        let is_error = block.get("is_error").map(|is_error| is_error.flag()).transpose()?;
        let mut text = texts.join("\n\n");
        if is_error == Some(true) {
            text.insert_str(0, "Error: ");
        }
        said.push(json!({"role": "tool", "tool_call_id": id, "content": text}));
        // Only a user can show a picture.
        parts.extend(media);
    }
    if !parts.is_empty() {
        said.push(json!({"role": "user", "content": parts}));
    }
    Ok(())
}

fn parts_of(block: &Placed<'_>) -> Result<Vec<Value>, InvalidInput> {
    let kind = block.required("type")?;
    match kind.text()? {
        "text" => Ok(vec![json!({"type": "text", "text": block.required_text("text")?})]),
        "image" => {
            let url = medium(&block.required("source")?)?;
            Ok(vec![json!({"type": "image_url", "image_url": {"url": url}})])
        }
        "document" => document(block),
        _ => Err(kind.not_allowed("must be one of text, image, document, tool_result")),
    }
}

fn document(block: &Placed<'_>) -> Result<Vec<Value>, InvalidInput> {
    let source = block.required("source")?;
    match source.required_text("type")? {
        "text" => Ok(vec![json!({"type": "text", "text": source.required_text("data")?})]),
        "content" => {
            let content = source.required("content")?;
            match content.value {
                Value::String(text) => Ok(vec![json!({"type": "text", "text": text})]),
                _ => Ok(content.list()?.iter().map(parts_of).collect::<Result<Vec<_>, _>>()?.concat()),
            }
        }
        _ => {
            let mut file = json!({"file_data": medium(&source)?});
            if let Some(title) = block.get("title") {
                file["filename"] = title.text()?.into();
            }
            Ok(vec![json!({"type": "file", "file": file})])
        }
    }
}

/// A source, as everywhere in our inputs.
fn medium(source: &Placed<'_>) -> Result<String, InvalidInput> {
    let kind = source.required("type")?;
    match kind.text()? {
        "base64" => {
            let (media_type, data) = (source.required_text("media_type")?, source.required("data")?);
            data.medium(format!("data:{media_type};base64,{}", data.text()?))
        }
        "url" => {
            let url = source.required("url")?;
            url.medium(url.text()?.to_owned())
        }
        _ => Err(kind.not_allowed("must be one of base64, url")),
    }
}

/// What a model has said; nothing where it only thought.
fn by_model(content: &Placed<'_>) -> Result<Option<Value>, InvalidInput> {
    let (mut texts, mut calls) = (Vec::new(), Vec::new());
    for block in content.list()? {
        let kind = block.required("type")?;
        match kind.text()? {
            "text" => texts.push(block.required_text("text")?),
            "tool_use" => {
                let arguments = block.required("input")?.value.to_string();
                let function = json!({"name": block.required_text("name")?, "arguments": arguments});
                let id = block.required_text("id")?;
                calls.push(json!({"id": id, "type": "function", "function": function}));
            }
            "thinking" | "redacted_thinking" => {}
            _ => {
                return Err(kind.not_allowed("must be one of text, tool_use, thinking, redacted_thinking"));
            }
        }
    }
    let mut message = json!({"role": "assistant"});
    if !texts.is_empty() {
        message["content"] = texts.concat().into();
    }
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    Ok(message.as_object().is_some_and(|message| message.len() > 1).then_some(message))
}
