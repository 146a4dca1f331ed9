//! A chat on Anthropic's wire, for models whose vendors don't speak it.

use bytes::Bytes;
use fourfold_domain::{AnswerPiece, GenerationResult, InvalidInput, StreamChunk, Usage, WireAsked};
use fourfold_service::calls::{CallHead, Interpreter, PartWriter};
use serde_json::{Map, Value, json};

use super::blocks::{Blocks, event};
use super::message::{Message, MessageUsage};
use super::request;

/// Reads one chat, and writes its answer, whole or as events.
pub(super) struct MessagesInterpreter {
    model: String,
    id: String,
    is_begun: bool,
    blocks: Blocks,
    usage: Usage,
}

impl MessagesInterpreter {
    pub(super) fn of(asked: &WireAsked) -> Box<dyn Interpreter> {
        Box::new(Self {
            model: asked.model.clone(),
            id: String::new(),
            is_begun: false,
            blocks: Blocks::default(),
            usage: Usage::default(),
        })
    }

    /// The event with which a stream begins, if it has not.
    fn begun(&mut self) -> String {
        if std::mem::replace(&mut self.is_begun, true) {
            return String::new();
        }
        // What was used is told with the end: nobody knows it yet.
        let message = Message::begun(self.id.clone(), self.model.clone());
        event("message_start", &json!({"type": "message_start", "message": message}))
    }
}

impl Interpreter for MessagesInterpreter {
    fn input(&mut self, body: &Bytes) -> Result<Map<String, Value>, InvalidInput> {
        request::input(body)
    }

    fn whole(&mut self, result: GenerationResult) -> Bytes {
        let GenerationResult::Chat(result) = result else { return Bytes::new() };
        let answer = result.answers.into_iter().next();
        let message = Message::whole(self.id.clone(), self.model.clone(), answer, &result.usage);
        // Only maps with keys that aren't texts can't be written as JSON, and there are none.
        serde_json::to_vec(&message).unwrap_or_default().into()
    }
}

impl PartWriter for MessagesInterpreter {
    fn begin(&mut self, call: &CallHead) {
        self.id = format!("msg_{}", call.id.uuid().simple());
    }

    fn part(&mut self, chunk: &StreamChunk) -> Bytes {
        let piece = match chunk {
            StreamChunk::Answer { index: 0, piece } => piece,
            StreamChunk::Usage(usage) => {
                self.usage = *usage;
                return Bytes::new();
            }
            StreamChunk::Answer { .. } | StreamChunk::Vendor(_) => return Bytes::new(),
        };
        if matches!(piece, AnswerPiece::Extras(_)) {
            return Bytes::new();
        }
        let mut events = self.begun();
        self.blocks.add(piece, &mut events);
        events.into()
    }

    fn last(&mut self) -> Bytes {
        let mut events = self.begun();
        self.blocks.end(&mut events);
        let delta = json!({
            "type": "message_delta",
            "delta": {"stop_reason": self.blocks.stop_reason(), "stop_sequence": null},
            "usage": MessageUsage::new(&self.usage),
        });
        events.push_str(&event("message_delta", &delta));
        events.push_str(&event("message_stop", &json!({"type": "message_stop"})));
        events.into()
    }
}
