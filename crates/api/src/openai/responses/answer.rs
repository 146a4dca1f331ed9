//! A response on OpenAI's wire, for models whose vendors don't speak it.

use bytes::Bytes;
use fourfold_domain::{
    AnswerPiece, ChatAnswer, GenerationResult, InvalidInput, StreamChunk, ToolCall, Usage, WireAsked,
};
use fourfold_service::calls::{CallHead, Interpreter, PartWriter};
use serde_json::{Map, Value, json};

use super::body::{Echo, ResponseBody, ResponseUsage, incomplete};
use super::items::Items;
use super::request;

/// Reads one request, and writes its response, whole or as events.
pub(super) struct ResponsesInterpreter {
    model: String,
    echo: Echo,
    id: String,
    created_at: i64,
    is_begun: bool,
    items: Items,
    usage: Usage,
}

impl ResponsesInterpreter {
    pub(super) fn of(asked: &WireAsked) -> Box<dyn Interpreter> {
        Box::new(Self {
            model: asked.model.clone(),
            echo: Echo::of(&Map::new()),
            id: String::new(),
            created_at: 0,
            is_begun: false,
            items: Items::default(),
            usage: Usage::default(),
        })
    }

    fn body(&self, status: &'static str) -> ResponseBody {
        ResponseBody {
            id: format!("resp_{}", self.id),
            object: "response",
            created_at: self.created_at,
            model: self.model.clone(),
            status,
            error: Value::Null,
            incomplete_details: Value::Null,
            output: Vec::new(),
            usage: None,
            store: false,
            background: false,
            previous_response_id: None,
            echo: self.echo.clone(),
        }
    }

    /// The response at its end.
    fn ended(&self) -> ResponseBody {
        let reason = incomplete(self.items.finish_reason());
        let status = if reason.is_some() { "incomplete" } else { "completed" };
        ResponseBody {
            incomplete_details: reason.map_or(Value::Null, |reason| json!({"reason": reason})),
            output: self.items.output(),
            usage: Some(ResponseUsage::new(&self.usage)),
            ..self.body(status)
        }
    }

    /// The events with which a stream begins, if it has not.
    fn begun(&mut self) -> String {
        let mut events = String::new();
        if !std::mem::replace(&mut self.is_begun, true) {
            let response = json!(self.body("in_progress"));
            self.items.event("response.created", json!({"response": response}), &mut events);
            self.items.event("response.in_progress", json!({"response": response}), &mut events);
        }
        events
    }
}

impl Interpreter for ResponsesInterpreter {
    fn input(&mut self, body: &Bytes) -> Result<Map<String, Value>, InvalidInput> {
        let (input, echo) = request::input(body)?;
        self.echo = echo;
        Ok(input)
    }

    fn whole(&mut self, result: GenerationResult) -> Bytes {
        let GenerationResult::Chat(result) = result else { return Bytes::new() };
        self.usage = result.usage;
        let mut events = String::new();
        let pieces = result.answers.into_iter().next().into_iter().flat_map(pieces);
        pieces.for_each(|piece| self.items.add(&piece, &mut events));
        // Only maps with keys that aren't texts can't be written as JSON, and there are none.
        serde_json::to_vec(&self.ended()).unwrap_or_default().into()
    }
}

impl PartWriter for ResponsesInterpreter {
    fn begin(&mut self, call: &CallHead) {
        self.id = call.id.uuid().simple().to_string();
        self.created_at = call.created_at.millis().div_euclid(1000);
        self.items = Items::new(self.id.clone());
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
        self.items.add(piece, &mut events);
        events.into()
    }

    fn last(&mut self) -> Bytes {
        let mut events = self.begun();
        self.items.end(&mut events);
        let response = self.ended();
        let name = format!("response.{}", response.status);
        self.items.event(&name, json!({"response": response}), &mut events);
        events.into()
    }
}

/// A whole answer as what was added to it.
fn pieces(answer: ChatAnswer) -> Vec<AnswerPiece> {
    let ChatAnswer { text, reasoning, refusal, tool_calls, finish_reason, .. } = answer;
    let call = |(index, ToolCall { id, name, arguments })| AnswerPiece::ToolCall {
        index,
        id: Some(id),
        name: Some(name),
        arguments,
    };
    let said = [
        reasoning.map(AnswerPiece::Reasoning),
        Some(AnswerPiece::Text(text)),
        refusal.map(AnswerPiece::Refusal),
    ];
    let calls = (0..).zip(tool_calls).map(call);
    said.into_iter().flatten().chain(calls).chain([AnswerPiece::Finish(finish_reason)]).collect()
}
