//! The blocks of an answer as events. One block is open at a time, so what comes of others while a tool is called
//! waits for the end of the answer.

use fourfold_domain::{AnswerPiece, FinishReason};
use serde_json::{Value, json};

use super::message::stop_reason;

/// The blocks so far.
#[derive(Default)]
pub(super) struct Blocks {
    /// How many were begun.
    count: u32,
    open: Option<Block>,
    later: Vec<Later>,
    calls_tools: bool,
    finish_reason: Option<FinishReason>,
}

/// What a block holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Thinking,
    Text,
    /// The call of a tool, by the vendor's number.
    Tool(u32),
}

/// A block that waits.
struct Later {
    block: Block,
    id: Option<String>,
    name: Option<String>,
    text: String,
}

impl Blocks {
    /// Writes what is added to the answer.
    pub(super) fn add(&mut self, piece: &AnswerPiece, events: &mut String) {
        match piece {
            AnswerPiece::Reasoning(text) => self.put(Block::Thinking, None, None, text, events),
            AnswerPiece::Text(text) | AnswerPiece::Refusal(text) => {
                self.put(Block::Text, None, None, text, events);
            }
            AnswerPiece::ToolCall { index, id, name, arguments } => {
                self.calls_tools = true;
                self.put(Block::Tool(*index), id.as_deref(), name.as_deref(), arguments, events);
            }
            AnswerPiece::Finish(reason) => {
                self.finish_reason = Some(reason.clone());
                self.end(events);
            }
            AnswerPiece::Extras(_) => {}
        }
    }

    /// Writes all that waits, and ends the last block.
    pub(super) fn end(&mut self, events: &mut String) {
        self.close(events);
        for Later { block, id, name, text } in std::mem::take(&mut self.later) {
            self.put(block, id.as_deref(), name.as_deref(), &text, events);
            self.close(events);
        }
    }

    pub(super) fn stop_reason(&self) -> &str {
        let reason = self.finish_reason.as_ref().unwrap_or(&FinishReason::Stop);
        stop_reason(reason, self.calls_tools)
    }

    fn put(&mut self, block: Block, id: Option<&str>, name: Option<&str>, text: &str, events: &mut String) {
        match self.open {
            Some(open) if open == block => {}
            Some(Block::Tool(_)) => return self.keep(block, id, name, text),
            _ if text.is_empty() && !matches!(block, Block::Tool(_)) => return,
            _ => {
                self.close(events);
                let begun = match block {
                    Block::Thinking => json!({"type": "thinking", "thinking": "", "signature": ""}),
                    Block::Text => json!({"type": "text", "text": ""}),
                    Block::Tool(_) => json!({
                        "type": "tool_use",
                        "id": id.unwrap_or_default(),
                        "name": name.unwrap_or_default(),
                        "input": {},
                    }),
                };
                self.open = Some(block);
                self.count += 1;
                let start =
                    json!({"type": "content_block_start", "index": self.index(), "content_block": begun});
                events.push_str(&event("content_block_start", &start));
            }
        }
        if text.is_empty() {
            return;
        }
        let delta = match block {
            Block::Thinking => json!({"type": "thinking_delta", "thinking": text}),
            Block::Text => json!({"type": "text_delta", "text": text}),
            Block::Tool(_) => json!({"type": "input_json_delta", "partial_json": text}),
        };
        let delta = json!({"type": "content_block_delta", "index": self.index(), "delta": delta});
        events.push_str(&event("content_block_delta", &delta));
    }

    fn keep(&mut self, block: Block, id: Option<&str>, name: Option<&str>, text: &str) {
        match self.later.iter_mut().find(|later| later.block == block) {
            Some(later) => later.text.push_str(text),
            None => {
                let (id, name) = (id.map(str::to_owned), name.map(str::to_owned));
                self.later.push(Later { block, id, name, text: text.to_owned() });
            }
        }
    }

    fn close(&mut self, events: &mut String) {
        if self.open.take().is_some() {
            let stop = json!({"type": "content_block_stop", "index": self.index()});
            events.push_str(&event("content_block_stop", &stop));
        }
    }

    /// Of the block that was begun last.
    fn index(&self) -> u32 {
        self.count.saturating_sub(1)
    }
}

/// An event of this name.
pub(super) fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
