//! A chat on OpenAI's wire, for models whose vendors don't speak it.

use std::collections::BTreeSet;

use bytes::Bytes;
use fourfold_domain::{AnswerPiece, GenerationResult, InvalidInput, StreamChunk, WireAsked};
use fourfold_service::calls::{CallHead, Interpreter, PartWriter};
use serde_json::{Map, Value, json};

use super::completion::{ChatCompletion, UsageBody, finish_reason};
use super::request;

/// Reads one chat, and writes its answer, whole or as events.
pub(super) struct ChatInterpreter {
    model: String,
    includes_usage: bool,
    id: String,
    created: i64,
    /// The answers of which something was written.
    begun: BTreeSet<u32>,
}

impl ChatInterpreter {
    pub(super) fn of(asked: &WireAsked) -> Box<dyn Interpreter> {
        let (model, includes_usage) = (asked.model.clone(), asked.includes_usage);
        Box::new(Self { model, includes_usage, id: String::new(), created: 0, begun: BTreeSet::new() })
    }

    /// An event that adds this to one of the answers.
    fn delta(&self, index: u32, delta: Value, finish_reason: Option<&str>) -> String {
        let choice = json!({"index": index, "delta": delta, "finish_reason": finish_reason});
        self.event(json!([choice]), Value::Null)
    }

    fn event(&self, choices: Value, usage: Value) -> String {
        let mut chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        });
        if self.includes_usage {
            chunk["usage"] = usage;
        }
        format!("data: {chunk}\n\n")
    }
}

impl Interpreter for ChatInterpreter {
    fn input(&mut self, body: &Bytes) -> Result<Map<String, Value>, InvalidInput> {
        request::input(body)
    }

    fn whole(&mut self, result: GenerationResult) -> Bytes {
        let GenerationResult::Chat(result) = result else { return Bytes::new() };
        let completion = ChatCompletion::new(self.id.clone(), self.created, self.model.clone(), result);
        // Only maps with keys that aren't texts can't be written as JSON, and there are none.
        serde_json::to_vec(&completion).unwrap_or_default().into()
    }
}

impl PartWriter for ChatInterpreter {
    fn begin(&mut self, call: &CallHead) {
        self.id = format!("chatcmpl-{}", call.id.uuid().simple());
        self.created = call.created_at.millis().div_euclid(1000);
    }

    fn part(&mut self, chunk: &StreamChunk) -> Bytes {
        let (index, piece) = match chunk {
            StreamChunk::Answer { index, piece } => (*index, piece),
            StreamChunk::Usage(usage) if self.includes_usage => {
                return self.event(json!([]), json!(UsageBody::new(usage))).into();
            }
            StreamChunk::Usage(_) | StreamChunk::Vendor(_) => return Bytes::new(),
        };
        let mut events = String::new();
        if self.begun.insert(index) {
            events.push_str(&self.delta(index, json!({"role": "assistant", "content": ""}), None));
        }
        let (delta, reason) = match piece {
            AnswerPiece::Text(text) => (json!({"content": text}), None),
            AnswerPiece::Reasoning(text) => (json!({"reasoning_content": text}), None),
            AnswerPiece::Refusal(text) => (json!({"refusal": text}), None),
            AnswerPiece::ToolCall { index, id, name, arguments } => {
                (tool_call(*index, id.as_deref(), name.as_deref(), arguments), None)
            }
            AnswerPiece::Extras(extras) => (Value::Object(extras.clone()), None),
            AnswerPiece::Finish(reason) => (json!({}), Some(finish_reason(reason))),
        };
        events.push_str(&self.delta(index, delta, reason));
        events.into()
    }

    fn last(&mut self) -> Bytes {
        Bytes::from_static(b"data: [DONE]\n\n")
    }
}

/// More of a call of a tool; what comes only with its first piece is left out of the others.
fn tool_call(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> Value {
    let mut function = Map::new();
    function.extend(name.map(|name| ("name".to_owned(), json!(name))));
    function.insert("arguments".to_owned(), json!(arguments));
    let mut call = Map::from_iter([("index".to_owned(), json!(index))]);
    if let Some(id) = id {
        call.extend([("id".to_owned(), json!(id)), ("type".to_owned(), json!("function"))]);
    }
    call.insert("function".to_owned(), Value::Object(function));
    json!({"tool_calls": [call]})
}
