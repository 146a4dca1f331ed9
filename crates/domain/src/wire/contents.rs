//! What goes into a model, found in a body without making anything of it as long as it is text.

use memchr::memmem;
use serde_json::Value;

use super::readable::readable;
use super::{Dialect, WireFields};
use crate::estimate::Input;
use crate::{InvalidInput, MediaInput, TokenCeilings};

/// Types of parts that are text, or that are no parts.
const TEXTUAL: &[&str] = &[
    "text",
    "input_text",
    "output_text",
    "message",
    "function",
    "custom",
    "tool_use",
    "tool_result",
    "thinking",
    "redacted_thinking",
    "refusal",
    "reasoning",
    "reasoning_text",
    "summary_text",
    "function_call",
    "function_call_output",
    "ephemeral",
    "object",
    "string",
    "number",
    "integer",
    "boolean",
    "array",
    "null",
];

/// How much of what goes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Contents {
    /// Bytes of all that is or may be text.
    bytes: u64,
    messages: u64,
    tools: u64,
    images: u64,
    sounds: u64,
    files: u64,
    pub(super) names_files: bool,
    /// Whether any of it is marked to be cached by the vendor.
    pub(super) marks_cache: bool,
}

impl Contents {
    /// Looks into the fields of a body. What lies at the vendor can't be named: others may have laid it there.
    pub(super) fn read(dialect: Dialect, fields: &WireFields<'_>) -> Result<Self, InvalidInput> {
        let said = match dialect {
            Dialect::OpenAiChat | Dialect::AnthropicMessages => "messages",
            Dialect::OpenAiResponses | Dialect::OpenAiEmbeddings => "input",
        };
        let mut contents = Self::default();
        for name in fields.names() {
            let value = fields.get(name).unwrap_or_default();
            contents.marks_cache |= dialect == Dialect::AnthropicMessages && marks_cache(name, value)?;
            match name {
                "model" | "stream" | "stream_options" | "user" | "metadata" | "store" => {}
                _ if name == said && !is_text(value) => contents.look_into(said, value)?,
                _ => contents.bytes += value.len() as u64,
            }
            match name {
                // One that has no role is counted by the bytes of its JSON.
                _ if name == said => contents.messages += count(value, b"\"role\""),
                "tools" => contents.tools += count(value, b"\"name\""),
                _ => {}
            }
        }
        Ok(contents)
    }

    pub(super) fn tokens_max(&self, ceilings: &TokenCeilings) -> u64 {
        let counted = [
            (self.messages, ceilings.per_message),
            (self.tools, ceilings.per_tool),
            (self.images, ceilings.per_image),
            (self.sounds, ceilings.per_audio),
            (self.files, ceilings.per_file),
        ];
        let beside_text = counted.iter().map(|(count, ceiling)| count.saturating_mul(*ceiling));
        beside_text.fold(self.bytes, u64::saturating_add)
    }

    pub(super) fn tokens(&self) -> u64 {
        let Self { bytes, messages, images, sounds, files, .. } = *self;
        Input { bytes, messages, images, sounds, files }.tokens()
    }

    fn look_into(&mut self, field: &'static str, value: &str) -> Result<(), InvalidInput> {
        let value: Value = serde_json::from_str(value)
            .or_else(|_| serde_json::from_str(&readable(value)))
            .map_err(|_| InvalidInput::malformed(field, "must be JSON of at most 128 levels"))?;
        self.walk(field, &value)
    }

    fn walk(&mut self, field: &'static str, value: &Value) -> Result<(), InvalidInput> {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self.bytes += number.to_string().len() as u64,
            Value::String(text) => self.bytes += text.len() as u64,
            Value::Array(values) => values.iter().try_for_each(|value| self.walk(field, value))?,
            Value::Object(object) => {
                let counted = match value["type"].as_str() {
                    Some("image_url" | "input_image" | "image") => &mut self.images,
                    Some("input_audio" | "audio") => &mut self.sounds,
                    Some("file" | "input_file" | "document") => &mut self.files,
                    Some("item_reference" | "container_upload") => {
                        return Err(InvalidInput::not_allowed(field, STORED));
                    }
                    _ => return object.values().try_for_each(|value| self.walk(field, value)),
                };
                *counted += 1;
                if names(value, &|key, _| key == "file_id") {
                    return Err(InvalidInput::not_allowed(field, STORED));
                }
                self.names_files = self.names_files || names_a_file(value);
            }
        }
        Ok(())
    }
}

/// Whether a field marks something to be cached. It is read only where the name may be in it, perhaps with escapes.
fn marks_cache(field: &str, value: &str) -> Result<bool, InvalidInput> {
    if field == CACHE_CONTROL {
        return Ok(value != "null");
    }
    // The escapes are of letters, and of the line between them.
    let hints: [&[u8]; 4] = [b"\"cache_control\"", br"\u005", br"\u006", br"\u007"];
    if !hints.iter().any(|hint| memmem::find(value.as_bytes(), hint).is_some()) {
        return Ok(false);
    }
    let value: Value = serde_json::from_str(value)
        .or_else(|_| serde_json::from_str(&readable(value)))
        .map_err(|_| InvalidInput::malformed(field.to_owned(), "must be JSON of at most 128 levels"))?;
    Ok(has_mark(&value))
}

fn has_mark(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().any(has_mark),
        Value::Object(object) => {
            object.iter().any(|(key, value)| (key == CACHE_CONTROL && !value.is_null()) || has_mark(value))
        }
        _ => false,
    }
}

const CACHE_CONTROL: &str = "cache_control";

const STORED: &str = "must not name what is stored at the vendor";

/// Whether all parts of it are text. A name that is written with escapes may be anything.
fn is_text(value: &str) -> bool {
    let bytes = value.as_bytes();
    let textual = |at: usize| {
        let rest = value[at + TYPE.len()..].trim_ascii_start().strip_prefix(':').map(str::trim_ascii_start);
        let kind = rest.and_then(|rest| rest.strip_prefix('"')?.split('"').next());
        kind.is_none_or(|kind| TEXTUAL.contains(&kind))
    };
    memmem::find_iter(bytes, TYPE).all(textual) && memmem::find(bytes, b"\\u00").is_none()
}

const TYPE: &[u8] = b"\"type\"";

fn count(value: &str, name: &[u8]) -> u64 {
    memmem::find_iter(value.as_bytes(), name).count() as u64
}

/// Whether anything in it is a file of ours.
fn names_a_file(value: &Value) -> bool {
    names(value, &|_, text| text.starts_with("file:") && matches!(text.parse(), Ok(MediaInput::File(_))))
}

/// Whether there is such a field with a text in it.
fn names(value: &Value, is_one: &dyn Fn(&str, &str) -> bool) -> bool {
    let Value::Object(object) = value else { return false };
    object.iter().any(|(key, value)| match value {
        Value::String(text) => is_one(key, text),
        value => names(value, is_one),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contents(dialect: Dialect, body: Value) -> Result<Contents, InvalidInput> {
        let body = body.to_string();
        Contents::read(dialect, &WireFields::scan(body.as_bytes()).unwrap())
    }

    fn chat(content: Value) -> Result<Contents, InvalidInput> {
        contents(Dialect::OpenAiChat, json!({"messages": [{"role": "user", "content": content}]}))
    }

    const CEILINGS: TokenCeilings = TokenCeilings {
        per_message: 1,
        per_tool: 10,
        per_image: 1_000,
        per_audio: 100_000,
        per_file: 10_000_000,
    };

    #[test]
    fn text_comes_to_its_bytes_at_most() {
        let plain = chat(json!("foxes")).unwrap();
        let bytes = json!([{"role": "user", "content": "foxes"}]).to_string().len() as u64;
        assert_eq!(plain.tokens_max(&CEILINGS), bytes + 1);
        let parts = chat(json!([{"type": "text", "text": "foxes"}])).unwrap();
        assert_eq!((parts.images, parts.messages), (0, 1));
        assert!(parts.bytes > plain.bytes);
    }

    #[test]
    fn media_have_ceilings_whatever_they_weigh() {
        let data = format!("data:image/png;base64,{}", "A".repeat(10_000));
        let image = json!({"type": "image_url", "image_url": {"url": data}});
        let sound =
            json!({"type": "input_audio", "input_audio": {"data": "A".repeat(10_000), "format": "wav"}});
        let file = json!({"type": "file", "file": {"file_data": data}});
        let found = chat(json!([image, sound, file, {"type": "text", "text": "foxes"}])).unwrap();
        assert_eq!((found.images, found.sounds, found.files, found.messages), (1, 1, 1, 1));
        assert_eq!(found.bytes, "userfoxestext".len() as u64);
        assert_eq!(found.tokens_max(&CEILINGS), 13 + 1 + 1_000 + 100_000 + 10_000_000);
        let anthropic = json!({"messages": [{"role": "user", "content": [
            {"type": "image", "source": {"type": "base64", "data": data}},
            {"type": "tool_result", "content": [{"type": "document", "source": {"type": "base64", "data": data}}]}]}]});
        let found = contents(Dialect::AnthropicMessages, anthropic).unwrap();
        assert_eq!((found.images, found.files), (1, 1));
        let responses =
            json!({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": data}]}]});
        assert_eq!(contents(Dialect::OpenAiResponses, responses).unwrap().images, 1);
    }

    #[test]
    fn a_medium_cannot_hide_behind_escapes() {
        let body = br#"{"messages": [{"role": "user", "content": [{"typ\u0065": "image_url", "image_url": "https://x"}]}]}"#;
        let fields = WireFields::scan(body).unwrap();
        assert_eq!(Contents::read(Dialect::OpenAiChat, &fields).unwrap().images, 1);
    }

    #[test]
    fn what_no_value_of_ours_can_hold_may_be_said() {
        let body = br#"{"messages": [{"role": "user", "content": [{"type": "text", "text": "\u0041"}],
            "novel": [1e400, "\ud800"]}]}"#;
        let fields = WireFields::scan(body).unwrap();
        let found = Contents::read(Dialect::OpenAiChat, &fields).unwrap();
        assert_eq!(found.bytes, "usertextA1e400\u{fffd}".len() as u64);
    }

    #[test]
    fn what_lies_at_the_vendor_cannot_be_named() {
        for content in [
            json!([{"type": "file", "file": {"file_id": "file-1"}}]),
            json!([{"type": "input_image", "file_id": "file-1"}]),
            json!([{"type": "image", "source": {"type": "file", "file_id": "f"}}]),
            json!([{"type": "item_reference", "id": "msg_1"}]),
            json!([{"type": "container_upload", "file_id": "f"}]),
        ] {
            assert_eq!(chat(content.clone()).unwrap_err().field, "messages", "{content}");
        }
    }

    #[test]
    fn files_of_ours_are_known() {
        let named =
            |url: &str| chat(json!([{"type": "image_url", "image_url": {"url": url}}])).unwrap().names_files;
        assert!(named("file:0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d"));
        assert!(!named("https://x.test/a.png"));
    }

    #[test]
    fn an_estimate_is_a_quarter_of_the_text() {
        let embedding =
            contents(Dialect::OpenAiEmbeddings, json!({"model": "m", "input": "eight by"})).unwrap();
        assert_eq!((embedding.bytes, embedding.tokens()), (10, 3));
    }
}
