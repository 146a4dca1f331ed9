//! What an interaction is given: a text, a piece of content or several, or steps.

use serde_json::{Value, json};

use super::super::files;
use super::super::shape::{self, Shape};
use super::super::tokens::{OF_MEDIA, Tokens, modality};
use super::shapes::CONTENT;
use crate::call::Call;
use crate::content::count_tokens;
use crate::refusal::Refusal;

/// The input as steps.
pub(super) fn steps(call: &Call<'_>, input: Option<&Value>) -> Result<Vec<Value>, Refusal> {
    match input {
        None => Err(Refusal::missing("input")),
        Some(Value::String(text)) => Ok(vec![by_user(vec![json!({"type": "text", "text": text})])]),
        Some(content @ Value::Object(_)) => Ok(vec![by_user(vec![piece(call, content, "input")?])]),
        Some(Value::Array(items)) if items.is_empty() => Err(Refusal::missing("input")),
        Some(Value::Array(items)) => {
            let mut steps: Vec<Value> = Vec::new();
            let mut contents = Vec::new();
            for (index, item) in items.iter().enumerate() {
                let at = format!("input[{index}]");
                if is_content(item) {
                    contents.push(piece(call, item, &at)?);
                } else {
                    steps.push(step(call, item, &at)?);
                }
            }
            if !contents.is_empty() {
                steps.push(by_user(contents));
            }
            Ok(steps)
        }
        Some(other) => Err(Refusal::wrong_type("input", "a string, an object or an array", other)),
    }
}

/// The newest words of the user, if there are any.
pub(super) fn asked(steps: &[Value]) -> Option<String> {
    let newest = steps.iter().rev().find(|step| step["type"] == "user_input")?;
    let texts = contents(newest).iter().filter_map(|content| content["text"].as_str());
    Some(texts.collect::<Vec<_>>().join(" "))
}

/// What steps cost.
pub(super) fn tokens(steps: &[Value]) -> Tokens {
    let mut tokens = Tokens::default();
    for step in steps {
        if contents(step).is_empty() {
            let said = step.get("result").or(step.get("arguments"));
            tokens.add("TEXT", said.map_or(0, |said| count_tokens(&said.to_string())));
        }
        for content in contents(step) {
            match content["text"].as_str() {
                Some(text) => tokens.add("TEXT", count_tokens(text)),
                None => tokens.add(modality(content["type"].as_str().unwrap_or_default()), OF_MEDIA),
            }
        }
    }
    tokens
}

fn by_user(contents: Vec<Value>) -> Value {
    json!({"type": "user_input", "content": contents})
}

fn contents(step: &Value) -> &[Value] {
    step["content"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn is_content(item: &Value) -> bool {
    ["text", "image", "audio", "video", "document"].iter().any(|kind| item["type"] == *kind)
}

/// A step that was said before, or what a function gave.
fn step(call: &Call<'_>, item: &Value, at: &str) -> Result<Value, Refusal> {
    let kind = item["type"].as_str().unwrap_or_default();
    let needed: &[&str] = match kind {
        "user_input" | "model_output" => &[],
        "function_call" => &["id", "name", "arguments"],
        "function_result" => &["call_id", "result"],
        "thought" => &[],
        // What tools of the vendor's own did; it leaves no trace in an answer.
        other if other.ends_with("_call") || other.ends_with("_result") => &[],
        other => {
            let allowed = "the type of a content or a step";
            return Err(Refusal::not_allowed(format!("{at}.type"), other, allowed));
        }
    };
    if let Some(missing) = needed.iter().find(|field| item.get(**field).is_none()) {
        return Err(Refusal::missing(format!("{at}.{missing}")));
    }
    for (index, content) in contents(item).iter().enumerate() {
        piece(call, content, &format!("{at}.content[{index}]"))?;
    }
    Ok(item.clone())
}

/// A piece of content: words, or media by their bytes or a link.
fn piece(call: &Call<'_>, content: &Value, at: &str) -> Result<Value, Refusal> {
    let piece = shape::read(&Shape::Message(CONTENT), content, at)?;
    let missing = |field: &str| Err(Refusal::missing(format!("{at}.{field}")));
    match (piece["type"].as_str(), piece.get("data"), piece["uri"].as_str()) {
        (None, ..) => missing("type"),
        (Some("text"), ..) if !piece["text"].is_string() => missing("text"),
        (Some("text"), ..) => Ok(piece),
        (Some(_), None, None) => missing("data"),
        (Some(_), Some(_), None) if piece.get("mime_type").is_none() => missing("mime_type"),
        (Some(_), Some(_), None) => Ok(piece),
        (Some(_), _, Some(uri)) => files::check_uri(call, uri).map(|()| piece.clone()),
    }
}
