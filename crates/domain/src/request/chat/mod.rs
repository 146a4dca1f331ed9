//! Chats: an answer to messages.

mod format;
mod message;
mod tool;

use serde_json::{Map, Value};

pub use format::ResponseFormat;
pub use message::{ChatMessage, ChatPart, ChatRole};
pub use tool::{Tool, ToolCall, ToolChoice};

use super::fields::{Fields, malformed};
use super::tokens_max;
use crate::{InvalidInput, Quantity, TokenCeilings, Unit};

/// A request for an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct ChatRequest {
    /// The messages, oldest first.
    pub messages: Vec<ChatMessage>,
    /// The most tokens of an answer, thoughts included.
    pub max_tokens: u64,
    /// How many answers.
    pub n: u32,
    /// How freely it answers, 0 to 2.
    pub temperature: Option<f64>,
    /// The share of likely words that are drawn from, 0 to 1.
    pub top_p: Option<f64>,
    /// The same seed makes the same answer, as far as the model can.
    pub seed: Option<u64>,
    /// Texts at which the answer ends.
    pub stop: Vec<String>,
    /// Tools that it may want called.
    pub tools: Vec<Tool>,
    /// Whether it may or must call them.
    pub tool_choice: Option<ToolChoice>,
    /// How much it thinks before, in the model's own words.
    pub reasoning_effort: Option<String>,
    /// What the answer must look like.
    pub response_format: Option<ResponseFormat>,
    /// Parameters of single models.
    pub extras: Map<String, Value>,
}

impl ChatRequest {
    /// The answer's limit where none is asked for.
    pub const MAX_TOKENS_DEFAULT: u64 = 4096;

    /// Reads OpenAI's shape, in which media are texts as everywhere in an `input`.
    pub(super) fn parse(mut fields: Fields) -> Result<Self, InvalidInput> {
        let n = fields.whole_number("n")?.unwrap_or(1);
        Ok(Self {
            messages: message::parse_all(fields.take("messages"))?,
            max_tokens: fields.whole_number("max_tokens")?.unwrap_or(Self::MAX_TOKENS_DEFAULT),
            n: u32::try_from(n)
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(|| InvalidInput::not_allowed("input.n", "must be 1 or more"))?,
            temperature: fields.number("temperature")?,
            top_p: fields.number("top_p")?,
            seed: fields.whole_number("seed")?,
            stop: parse_stop(fields.take("stop"))?,
            tools: tool::parse_all(fields.take("tools"))?,
            tool_choice: fields.take("tool_choice").map(ToolChoice::parse).transpose()?,
            reasoning_effort: fields.text("reasoning_effort")?,
            response_format: fields.take("response_format").map(ResponseFormat::parse).transpose()?,
            extras: fields.rest(),
        })
    }

    /// The most that it can come to: every byte of text in, a ceiling for everything else in, the limit out.
    pub fn quantities_max(&self, ceilings: &TokenCeilings) -> Vec<Quantity> {
        let messages: u64 = self.messages.iter().map(|message| message.tokens_max(ceilings)).sum();
        let tools: u64 = self.tools.iter().map(|tool| tool.tokens_max(ceilings)).sum();
        let format = self.response_format.as_ref().map_or(0, ResponseFormat::tokens_max);
        let extras: u64 = self.extras.values().map(|value| tokens_max(&value.to_string())).sum();
        let output = self.max_tokens.saturating_mul(u64::from(self.n));
        vec![
            Quantity::new(Unit::InputToken, messages + tools + format + extras),
            Quantity::new(Unit::OutputToken, output),
        ]
    }
}

fn parse_stop(value: Option<Value>) -> Result<Vec<String>, InvalidInput> {
    let texts = match value {
        None => return Ok(Vec::new()),
        Some(Value::String(text)) => return Ok(vec![text]),
        Some(Value::Array(texts)) => texts,
        Some(_) => return Err(malformed("stop", "must be a text or a list of texts")),
    };
    let text = |value| match value {
        Value::String(text) => Ok(text),
        _ => Err(malformed("stop", "must be a text or a list of texts")),
    };
    texts.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::MediaInput;

    fn parse(input: Value) -> Result<ChatRequest, InvalidInput> {
        ChatRequest::parse(Fields::new(input.as_object().unwrap().clone()))
    }

    #[test]
    fn a_message_is_all_it_takes() {
        let chat = parse(json!({"messages": [{"role": "user", "content": "Hi"}]})).unwrap();
        assert_eq!(chat.messages, [ChatMessage::new(ChatRole::User, "Hi")]);
        assert_eq!((chat.max_tokens, chat.n), (4096, 1));
    }

    #[test]
    fn everything_that_openais_shape_has_is_read() {
        let chat = parse(json!({
            "messages": [
                {"role": "developer", "content": "Be brief."},
                {"role": "user", "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "low"}},
                    {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                ]},
                {"role": "assistant", "content": null, "reasoning_content": "Hm.", "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}},
                ]},
                {"role": "tool", "tool_call_id": "c1", "content": "A fox."},
            ],
            "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}, "strict": true}}],
            "tool_choice": {"type": "function", "function": {"name": "look"}},
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {}, "strict": true}},
            "stop": "END", "n": 2, "top_p": 0.5, "seed": 7, "reasoning_effort": "low", "novel": true,
        }))
        .unwrap();
        assert_eq!(chat.messages[0].role, ChatRole::System);
        let url = MediaInput::Url("https://x.test/a.png".into());
        assert_eq!(chat.messages[1].parts[1], ChatPart::Image { media: url, detail: Some("low".into()) });
        let sound = MediaInput::Data("data:audio/wav;base64,UklGRg==".into());
        assert_eq!(chat.messages[1].parts[2], ChatPart::Audio(sound));
        let call = ToolCall { id: "c1".into(), name: "look".into(), arguments: "{}".into() };
        assert_eq!(chat.messages[2].tool_calls, [call]);
        assert_eq!(chat.messages[2].extras["reasoning_content"], "Hm.");
        assert_eq!(chat.messages[3].tool_call_id.as_deref(), Some("c1"));
        assert_eq!((chat.tools[0].name.as_str(), chat.tools[0].is_strict), ("look", Some(true)));
        assert_eq!(chat.tool_choice, Some(ToolChoice::Tool("look".into())));
        let format =
            ResponseFormat::JsonSchema { name: "answer".into(), schema: json!({}), is_strict: Some(true) };
        assert_eq!(chat.response_format, Some(format));
        assert_eq!((chat.stop, chat.extras["novel"].clone()), (vec!["END".to_owned()], json!(true)));
    }

    #[test]
    fn mistakes_name_their_place() {
        let said = |message: Value| json!({"messages": [{"role": "user", "content": "Hi"}, message]});
        for (input, field) in [
            (json!({}), "input.messages"),
            (json!({"messages": []}), "input.messages"),
            (said(json!("Hi")), "input.messages[1]"),
            (said(json!({"content": "Hi"})), "input.messages[1].role"),
            (said(json!({"role": "boss", "content": "Hi"})), "input.messages[1].role"),
            (said(json!({"role": "user"})), "input.messages[1].content"),
            (
                said(json!({"role": "user", "content": [{"type": "smell"}]})),
                "input.messages[1].content[0].type",
            ),
            (
                said(
                    json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}),
                ),
                "input.messages[1].content[0].image_url",
            ),
            (said(json!({"role": "tool", "content": "x"})), "input.messages[1].tool_call_id"),
            (
                json!({"messages": [{"role": "user", "content": "Hi"}], "tools": [{"type": "function"}]}),
                "input.tools[0].function",
            ),
            (
                json!({"messages": [{"role": "user", "content": "Hi"}], "tool_choice": "sometimes"}),
                "input.tool_choice",
            ),
            (
                json!({"messages": [{"role": "user", "content": "Hi"}], "response_format": {"type": "xml"}}),
                "input.response_format",
            ),
        ] {
            assert_eq!(parse(input.clone()).unwrap_err().field, field, "{input}");
        }
    }

    #[test]
    fn what_is_not_text_has_a_ceiling() {
        let chat = parse(json!({
            "messages": [{"role": "user", "content": [
                {"type": "text", "text": "abc"},
                {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}},
            ]}],
            "max_tokens": 10, "n": 2,
        }))
        .unwrap();
        let ceilings = TokenCeilings { per_message: 5, per_image: 100, ..TokenCeilings::default() };
        let counts: Vec<_> = chat.quantities_max(&ceilings).iter().map(|quantity| quantity.count).collect();
        assert_eq!(counts, [108, 20]);
    }
}
