//! A message of the model.

use serde_json::{Value, json};

use super::request::MessageRequest;
use crate::call::Call;
use crate::content::{Turn, count_tokens, hash, hex, stopped};

/// A message before it is written.
pub(super) struct Message {
    pub(super) id: String,
    pub(super) blocks: Vec<Block>,
    pub(super) stop_reason: &'static str,
    /// The text at which it ended.
    pub(super) stop_sequence: Option<String>,
    pub(super) output_tokens: u64,
    model: String,
    input_tokens: u64,
}

/// A part of its content.
pub(super) enum Block {
    Thinking(String),
    Text(String),
    ToolUse { id: String, name: String, input: Value },
}

impl Message {
    pub(super) fn new(call: &Call<'_>, request: &MessageRequest) -> Self {
        let id = call.new_id("msg_", 24);
        let mut blocks = Vec::new();
        let mut prompt = request.prompt.clone();
        if request.thinks {
            blocks.extend(prompt.think().map(Block::Thinking));
        }
        let mut stop_sequence = None;
        let stop_reason = match prompt.turn() {
            Turn::Filtered => "refusal",
            Turn::Text(text, is_cut) => {
                let (text, stop) = stopped(text, &request.stop_sequences);
                stop_sequence = stop;
                if !text.is_empty() {
                    blocks.push(Block::Text(text));
                }
                match (&stop_sequence, is_cut) {
                    (Some(_), _) => "stop_sequence",
                    (None, true) => "max_tokens",
                    (None, false) => "end_turn",
                }
            }
            Turn::Call(name, input) => {
                blocks.push(Block::ToolUse { id: call.new_id("toolu_", 24), name, input });
                "tool_use"
            }
        };
        let output_tokens = blocks.iter().map(Block::tokens).sum();
        let (model, input_tokens) = (request.model.clone(), request.input_tokens);
        Self { id, blocks, stop_reason, stop_sequence, output_tokens, model, input_tokens }
    }

    /// As it is in the end.
    pub(super) fn whole(&self) -> Value {
        let mut whole = self.begun();
        whole["content"] = self.blocks.iter().map(Block::whole).collect();
        whole["stop_reason"] = json!(self.stop_reason);
        whole["stop_sequence"] = json!(self.stop_sequence);
        whole["stop_details"] = self.stop_details();
        whole["usage"]["output_tokens"] = json!(self.output_tokens);
        whole
    }

    /// What more there is to say about its end.
    pub(super) fn stop_details(&self) -> Value {
        match self.stop_reason {
            "refusal" => json!({"type": "refusal", "category": null, "explanation": null}),
            _ => Value::Null,
        }
    }

    /// As a stream announces it.
    pub(super) fn begun(&self) -> Value {
        json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "stop_details": null,
            "usage": {
                "input_tokens": self.input_tokens,
                "output_tokens": self.output_tokens.min(1),
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
                "service_tier": "standard",
            },
        })
    }
}

impl Block {
    pub(super) fn whole(&self) -> Value {
        match self {
            Self::Thinking(thought) => {
                json!({"type": "thinking", "thinking": thought, "signature": signature(thought)})
            }
            Self::Text(text) => json!({"type": "text", "text": text}),
            Self::ToolUse { id, name, input } => {
                json!({"type": "tool_use", "id": id, "name": name, "input": input})
            }
        }
    }

    /// As a stream announces it.
    pub(super) fn begun(&self) -> Value {
        match self {
            Self::Thinking(_) => json!({"type": "thinking", "thinking": "", "signature": ""}),
            Self::Text(_) => json!({"type": "text", "text": ""}),
            Self::ToolUse { id, name, .. } => {
                json!({"type": "tool_use", "id": id, "name": name, "input": {}})
            }
        }
    }

    fn tokens(&self) -> u64 {
        match self {
            Self::Thinking(text) | Self::Text(text) => count_tokens(text),
            Self::ToolUse { input, .. } => count_tokens(&input.to_string()),
        }
    }
}

/// What proves that the model thought this.
pub(super) fn signature(thought: &str) -> String {
    hex(hash(thought), 64)
}
