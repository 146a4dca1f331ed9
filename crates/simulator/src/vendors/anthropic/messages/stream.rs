//! A message as events: named, and without `[DONE]`.
//!
//! ```text
//! message_start (content_block_start content_block_delta* content_block_stop)* message_delta message_stop
//!                └ ping after the first
//! ```

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Block, Message, signature};
use crate::content::tokens;
use crate::events;

/// Every event from `message_start` to `message_stop`.
pub(super) fn events(message: &Message) -> Vec<Bytes> {
    let mut steps = vec![json!({"type": "message_start", "message": message.begun()})];
    for (index, block) in message.blocks.iter().enumerate() {
        steps.push(json!({"type": "content_block_start", "index": index, "content_block": block.begun()}));
        if index == 0 {
            steps.push(json!({"type": "ping"}));
        }
        let delta = |delta| json!({"type": "content_block_delta", "index": index, "delta": delta});
        steps.extend(deltas(block).into_iter().map(delta));
        steps.push(json!({"type": "content_block_stop", "index": index}));
    }
    steps.push(json!({
        "type": "message_delta",
        "delta": {
            "stop_reason": message.stop_reason,
            "stop_sequence": message.stop_sequence,
            "stop_details": message.stop_details(),
        },
        "usage": {"output_tokens": message.output_tokens},
    }));
    steps.push(json!({"type": "message_stop"}));
    steps.iter().map(|step| events::named(step["type"].as_str().unwrap_or_default(), step)).collect()
}

/// What each event adds to a block.
fn deltas(block: &Block) -> Vec<Value> {
    match block {
        Block::Text(text) => {
            tokens(text).into_iter().map(|token| json!({"type": "text_delta", "text": token})).collect()
        }
        Block::Thinking(thought) => {
            let said = tokens(thought).into_iter();
            let mut deltas: Vec<_> =
                said.map(|token| json!({"type": "thinking_delta", "thinking": token})).collect();
            deltas.push(json!({"type": "signature_delta", "signature": signature(thought)}));
            deltas
        }
        Block::ToolUse { input, .. } => {
            let input = input.to_string();
            let middle = input.char_indices().nth(input.chars().count() / 2).map_or(0, |(at, _)| at);
            let (start, end) = input.split_at(middle);
            ["", start, end].map(|part| json!({"type": "input_json_delta", "partial_json": part})).into()
        }
    }
}
