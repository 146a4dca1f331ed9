//! The blocks that a message is made of.

use serde_json::Value;

use super::super::version::Version;
use super::answer::signature;
use super::conversation::Role;
use crate::refusal::Refusal;

/// Refuses a block that this role can't say, or that lacks something.
pub(super) fn check(block: &Value, role: Role, version: Version, at: &str) -> Result<(), Refusal> {
    let Some(kind) = block.get("type") else { return Err(Refusal::missing(format!("{at}.type"))) };
    let kind = kind.as_str().unwrap_or_default();
    let (allowed, who): (&[&str], _) = match role {
        Role::User => (&["text", "image", "document", "tool_result"], "user"),
        Role::Assistant => {
            (&["text", "image", "document", "tool_use", "thinking", "redacted_thinking"], "assistant")
        }
    };
    if !allowed.contains(&kind) {
        let list = allowed.iter().map(|kind| format!("'{kind}'")).collect::<Vec<_>>().join(", ");
        let allowed = format!("one of {list} in a message of role '{who}'");
        return Err(Refusal::not_allowed(format!("{at}.type"), kind, allowed));
    }
    for (field, expected, is_right) in fields_of(kind) {
        let at = format!("{at}.{field}");
        match block.get(field) {
            None => return Err(Refusal::missing(at)),
            Some(value) if !is_right(value) => return Err(Refusal::wrong_type(at, expected, value)),
            Some(_) => {}
        }
    }
    match kind {
        "text" => check_text(block, role, version, at),
        "document" if role == Role::Assistant && version >= Version::V2026 => {
            let reason = "a `document` block must not be directly in an assistant message";
            Err(Refusal::unsupported(at, reason))
        }
        "image" | "document" => check_source(block, kind, at),
        "thinking" if block["signature"] != signature(words(block)) => {
            Err(Refusal::unsupported(at, "Invalid `signature` in `thinking` block"))
        }
        _ => Ok(()),
    }
}

/// The words in a block.
pub(super) fn words(block: &Value) -> &str {
    let words = ["text", "thinking"].iter().find_map(|field| block.get(field)?.as_str());
    words.unwrap_or_default()
}

/// A field that a block must have, what it must be in words, and whether it is.
type Required = (&'static str, &'static str, fn(&Value) -> bool);

fn fields_of(kind: &str) -> &'static [Required] {
    match kind {
        "text" => &[("text", "a string", Value::is_string)],
        "image" | "document" => &[("source", "an object", Value::is_object)],
        "tool_use" => &[
            ("id", "a string", Value::is_string),
            ("name", "a string", Value::is_string),
            ("input", "an object", Value::is_object),
        ],
        "tool_result" => &[("tool_use_id", "a string", Value::is_string)],
        "thinking" => {
            &[("thinking", "a string", Value::is_string), ("signature", "a string", Value::is_string)]
        }
        "redacted_thinking" => &[("data", "a string", Value::is_string)],
        _ => &[],
    }
}

fn check_text(block: &Value, role: Role, version: Version, at: &str) -> Result<(), Refusal> {
    if words(block).is_empty() {
        return Err(Refusal::unsupported(at, "text content blocks must be non-empty"));
    }
    let cites = block["citations"].as_array().is_some_and(|citations| !citations.is_empty());
    if cites && role == Role::User && version >= Version::V2026 {
        return Err(Refusal::unsupported(format!("{at}.citations"), "must be empty in a user message"));
    }
    Ok(())
}

/// A source has its content below a name that its type gives.
fn check_source(block: &Value, kind: &str, at: &str) -> Result<(), Refusal> {
    let source = &block["source"];
    let fields: &[&str] = match source["type"].as_str().unwrap_or_default() {
        "base64" => &["media_type", "data"],
        "url" => &["url"],
        "file" => &["file_id"],
        "text" if kind == "document" => &["media_type", "data"],
        "content" if kind == "document" => &["content"],
        other => {
            let allowed = "one of 'base64', 'url', 'file'";
            return Err(Refusal::not_allowed(format!("{at}.source.type"), other, allowed));
        }
    };
    match fields.iter().find(|field| source.get(field).is_none()) {
        Some(field) => Err(Refusal::missing(format!("{at}.source.{field}"))),
        None => Ok(()),
    }
}
