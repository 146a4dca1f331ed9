//! The items of a response, as events while they are written and as they are at the end.

use fourfold_domain::{AnswerPiece, FinishReason};
use serde_json::{Value, json};

use super::body::incomplete;

/// The items so far.
#[derive(Default)]
pub(super) struct Items {
    /// What the ids of all end with.
    id: String,
    items: Vec<Item>,
    finish_reason: Option<FinishReason>,
    sequence_number: u64,
}

struct Item {
    kind: Kind,
    is_done: bool,
}

enum Kind {
    Reasoning(String),
    Message(Vec<Part>),
    /// The call of a tool, by the vendor's number.
    Call {
        number: u32,
        call_id: String,
        name: String,
        arguments: String,
    },
}

/// A part of a message.
struct Part {
    is_refusal: bool,
    text: String,
}

impl Items {
    pub(super) fn new(id: String) -> Self {
        Self { id, ..Self::default() }
    }

    /// Writes what is added to the answer.
    pub(super) fn add(&mut self, piece: &AnswerPiece, events: &mut String) {
        match piece {
            AnswerPiece::Reasoning(text) => self.add_thought(text, events),
            AnswerPiece::Text(text) => self.add_text(false, text, events),
            AnswerPiece::Refusal(text) => self.add_text(true, text, events),
            AnswerPiece::ToolCall { index, id, name, arguments } => {
                let (id, name) = (id.as_deref().unwrap_or_default(), name.as_deref().unwrap_or_default());
                self.add_call(*index, id, name, arguments, events);
            }
            AnswerPiece::Finish(reason) => {
                self.finish_reason = Some(reason.clone());
                self.end(events);
            }
            AnswerPiece::Extras(_) => {}
        }
    }

    /// Ends what is still open.
    pub(super) fn end(&mut self, events: &mut String) {
        self.close_all(|_| true, events);
    }

    pub(super) fn finish_reason(&self) -> Option<&FinishReason> {
        self.finish_reason.as_ref()
    }

    pub(super) fn output(&self) -> Vec<Value> {
        (0..self.items.len()).map(|index| self.shape(index)).collect()
    }

    /// Writes an event with its number.
    pub(super) fn event(&mut self, name: &str, mut data: Value, events: &mut String) {
        data["type"] = name.into();
        data["sequence_number"] = self.sequence_number.into();
        self.sequence_number += 1;
        events.push_str(&format!("event: {name}\ndata: {data}\n\n"));
    }

    fn add_thought(&mut self, text: &str, events: &mut String) {
        if text.is_empty() {
            return;
        }
        let open = self.open(|kind| matches!(kind, Kind::Reasoning(_)));
        let index = open.unwrap_or_else(|| {
            let index = self.begin(Kind::Reasoning(String::new()), events);
            let part = json!({"type": "reasoning_text", "text": ""});
            self.at_part("response.content_part.added", index, 0, json!({"part": part}), events);
            index
        });
        if let Kind::Reasoning(thoughts) = &mut self.items[index].kind {
            thoughts.push_str(text);
        }
        self.at_part("response.reasoning_text.delta", index, 0, json!({"delta": text}), events);
    }

    fn add_text(&mut self, is_refusal: bool, text: &str, events: &mut String) {
        if text.is_empty() {
            return;
        }
        self.close_all(|kind| matches!(kind, Kind::Reasoning(_)), events);
        let open = self.open(|kind| matches!(kind, Kind::Message(_)));
        let index = open.unwrap_or_else(|| self.begin(Kind::Message(Vec::new()), events));
        let Kind::Message(parts) = &mut self.items[index].kind else { return };
        let is_other = parts.last().is_none_or(|part| part.is_refusal != is_refusal);
        if is_other {
            parts.push(Part { is_refusal, text: String::new() });
        }
        let at = parts.len() - 1;
        if is_other {
            if let Some(before) = at.checked_sub(1) {
                self.close_part(index, before, events);
            }
            let part = self.part_shape(index, at);
            self.at_part("response.content_part.added", index, at, json!({"part": part}), events);
        }
        if let Kind::Message(parts) = &mut self.items[index].kind {
            parts[at].text.push_str(text);
        }
        let (name, delta) = match is_refusal {
            true => ("response.refusal.delta", json!({"delta": text})),
            false => ("response.output_text.delta", json!({"delta": text, "logprobs": []})),
        };
        self.at_part(name, index, at, delta, events);
    }

    fn add_call(&mut self, number: u32, id: &str, name: &str, more: &str, events: &mut String) {
        let is_it = |kind: &Kind| matches!(kind, Kind::Call { number: known, .. } if *known == number);
        let index = self.open(is_it).unwrap_or_else(|| {
            self.close_all(|kind| !matches!(kind, Kind::Call { .. }), events);
            let (call_id, name) = (id.to_owned(), name.to_owned());
            self.begin(Kind::Call { number, call_id, name, arguments: String::new() }, events)
        });
        if more.is_empty() {
            return;
        }
        if let Kind::Call { arguments, .. } = &mut self.items[index].kind {
            arguments.push_str(more);
        }
        self.at_item("response.function_call_arguments.delta", index, json!({"delta": more}), events);
    }

    /// The last open item of this kind.
    fn open(&self, is_kind: impl Fn(&Kind) -> bool) -> Option<usize> {
        self.items.iter().rposition(|item| !item.is_done && is_kind(&item.kind))
    }

    fn begin(&mut self, kind: Kind, events: &mut String) -> usize {
        let index = self.items.len();
        self.items.push(Item { kind, is_done: false });
        let added = json!({"output_index": index, "item": self.shape(index)});
        self.event("response.output_item.added", added, events);
        index
    }

    fn close_all(&mut self, is_kind: impl Fn(&Kind) -> bool, events: &mut String) {
        for index in 0..self.items.len() {
            if !self.items[index].is_done && is_kind(&self.items[index].kind) {
                self.close(index, events);
            }
        }
    }

    fn close(&mut self, index: usize, events: &mut String) {
        match &self.items[index].kind {
            Kind::Reasoning(_) => self.close_part(index, 0, events),
            Kind::Message(parts) => {
                if let Some(last) = parts.len().checked_sub(1) {
                    self.close_part(index, last, events);
                }
            }
            Kind::Call { name, arguments, .. } => {
                let done = json!({"name": name, "arguments": arguments});
                self.at_item("response.function_call_arguments.done", index, done, events);
            }
        }
        self.items[index].is_done = true;
        let done = json!({"output_index": index, "item": self.shape(index)});
        self.event("response.output_item.done", done, events);
    }

    fn close_part(&mut self, index: usize, at: usize, events: &mut String) {
        let part = self.part_shape(index, at);
        let (name, done) = match part["type"].as_str() {
            Some("refusal") => ("response.refusal.done", json!({"refusal": part["refusal"]})),
            Some("reasoning_text") => ("response.reasoning_text.done", json!({"text": part["text"]})),
            _ => ("response.output_text.done", json!({"text": part["text"], "logprobs": []})),
        };
        self.at_part(name, index, at, done, events);
        self.at_part("response.content_part.done", index, at, json!({"part": part}), events);
    }

    fn at_item(&mut self, name: &str, index: usize, mut data: Value, events: &mut String) {
        data["item_id"] = self.item_id(index).into();
        data["output_index"] = index.into();
        self.event(name, data, events);
    }

    fn at_part(&mut self, name: &str, index: usize, at: usize, mut data: Value, events: &mut String) {
        data["content_index"] = at.into();
        self.at_item(name, index, data, events);
    }

    fn item_id(&self, index: usize) -> String {
        let prefix = match self.items[index].kind {
            Kind::Reasoning(_) => "rs",
            Kind::Message(_) => "msg",
            Kind::Call { .. } => "fc",
        };
        format!("{prefix}_{}_{index}", self.id)
    }

    /// An item as it is now; of one that is open nothing that is still written.
    fn shape(&self, index: usize) -> Value {
        let (id, item) = (self.item_id(index), &self.items[index]);
        let is_last = index + 1 == self.items.len();
        let status = match (item.is_done, incomplete(self.finish_reason.as_ref())) {
            (false, _) => "in_progress",
            (true, Some(_)) if is_last => "incomplete",
            (true, _) => "completed",
        };
        let parts = |count: usize| -> Vec<Value> {
            let written = if item.is_done { count } else { 0 };
            (0..written).map(|at| self.part_shape(index, at)).collect()
        };
        match &item.kind {
            Kind::Reasoning(_) => {
                json!({"id": id, "type": "reasoning", "status": status, "summary": [], "content": parts(1)})
            }
            Kind::Message(said) => {
                json!({"id": id, "type": "message", "status": status, "role": "assistant", "content": parts(said.len())})
            }
            Kind::Call { call_id, name, arguments, .. } => {
                let arguments = if item.is_done { arguments.as_str() } else { "" };
                json!({"id": id, "type": "function_call", "status": status, "call_id": call_id, "name": name, "arguments": arguments})
            }
        }
    }

    fn part_shape(&self, index: usize, at: usize) -> Value {
        match &self.items[index].kind {
            Kind::Reasoning(text) => json!({"type": "reasoning_text", "text": text}),
            Kind::Message(parts) => match &parts[at] {
                Part { is_refusal: true, text } => json!({"type": "refusal", "refusal": text}),
                Part { text, .. } => {
                    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
                }
            },
            Kind::Call { .. } => Value::Null,
        }
    }
}
