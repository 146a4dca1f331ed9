//! What was said, in items, as messages of our chats.

use fourfold_domain::InvalidInput;
use serde_json::{Value, json};

use crate::text::Placed;

/// All that was said. Thoughts of another model are left out: they say nothing to this one.
pub(super) fn messages(
    instructions: Option<Placed<'_>>,
    input: &Placed<'_>,
) -> Result<Vec<Value>, InvalidInput> {
    let mut said = Vec::new();
    if let Some(instructions) = instructions {
        said.push(json!({"role": "system", "content": instructions.text()?}));
    }
    if let Value::String(text) = input.value {
        said.push(json!({"role": "user", "content": text}));
        return Ok(said);
    }
    let items = match input.value {
        Value::Array(items) if !items.is_empty() => input.list()?,
        _ => return Err(input.malformed("must be a text or a list with at least one item")),
    };
    for item in items {
        let kind = item.get("type");
        match kind.as_ref().map(Placed::text).transpose()? {
            None | Some("message") => said.push(message(&item)?),
            Some("function_call") => call(&item, &mut said)?,
            Some("function_call_output") => results(&item, &mut said)?,
            Some("reasoning") => {}
            Some(_) => {
                let allowed = "must be one of message, function_call, function_call_output, reasoning";
                return Err(kind.unwrap_or(item).not_allowed(allowed));
            }
        }
    }
    Ok(said)
}

fn message(item: &Placed<'_>) -> Result<Value, InvalidInput> {
    let (role, content) = (item.required("role")?, item.required("content")?);
    if !matches!(role.text()?, "user" | "assistant" | "system" | "developer") {
        return Err(role.not_allowed("must be one of user, assistant, system, developer"));
    }
    let content = match content.value {
        Value::String(text) => Value::String(text.clone()),
        _ => content.list()?.iter().map(part).collect::<Result<Vec<_>, _>>()?.into(),
    };
    Ok(json!({"role": role.value, "content": content}))
}

fn part(part: &Placed<'_>) -> Result<Value, InvalidInput> {
    let kind = part.required("type")?;
    match kind.text()? {
        "input_text" | "output_text" | "text" => {
            Ok(json!({"type": "text", "text": part.required_text("text")?}))
        }
        "refusal" => Ok(json!({"type": "text", "text": part.required_text("refusal")?})),
        "input_image" => {
            let url = part.required("image_url")?;
            let mut image = json!({"url": url.medium(url.text()?.to_owned())?});
            if let Some(detail) = part.get("detail") {
                image["detail"] = detail.text()?.into();
            }
            Ok(json!({"type": "image_url", "image_url": image}))
        }
        "input_file" => {
            let data = part.get("file_url").map_or_else(|| part.required("file_data"), Ok)?;
            let mut file = json!({"file_data": data.medium(data.text()?.to_owned())?});
            if let Some(name) = part.get("filename") {
                file["filename"] = name.text()?.into();
            }
            Ok(json!({"type": "file", "file": file}))
        }
        "input_audio" => {
            Ok(json!({"type": "input_audio", "input_audio": part.required("input_audio")?.value}))
        }
        _ => {
            let allowed =
                "must be one of input_text, output_text, refusal, input_image, input_file, input_audio";
            Err(kind.not_allowed(allowed))
        }
    }
}

/// A call belongs to what the model said before it.
fn call(item: &Placed<'_>, said: &mut Vec<Value>) -> Result<(), InvalidInput> {
    let function =
        json!({"name": item.required_text("name")?, "arguments": item.required_text("arguments")?});
    let call = json!({"id": item.required_text("call_id")?, "type": "function", "function": function});
    let is_models = |message: &&mut Value| message["role"] == "assistant";
    match said.last_mut().filter(is_models) {
        Some(message) => match message.get_mut("tool_calls").and_then(Value::as_array_mut) {
            Some(calls) => calls.push(call),
            None => message["tool_calls"] = json!([call]),
        },
        None => said.push(json!({"role": "assistant", "tool_calls": [call]})),
    }
    Ok(())
}

/// What a call came to. Only a user can show a picture, so media are his.
fn results(item: &Placed<'_>, said: &mut Vec<Value>) -> Result<(), InvalidInput> {
    let (id, output) = (item.required_text("call_id")?, item.required("output")?);
    if let Value::String(text) = output.value {
        said.push(json!({"role": "tool", "tool_call_id": id, "content": text}));
        return Ok(());
    }
    let (mut texts, mut media) = (Vec::new(), Vec::new());
    for part in output.list()?.iter().map(part) {
        let part = part?;
        match part["text"].as_str() {
            Some(text) => texts.push(text.to_owned()),
            None => media.push(part),
        }
    }
    said.push(json!({"role": "tool", "tool_call_id": id, "content": texts.join("\n\n")}));
    if !media.is_empty() {
        said.push(json!({"role": "user", "content": media}));
    }
    Ok(())
}
