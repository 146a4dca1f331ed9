//! A chat's answer in chunks: what the model thinks, then what it says.

use serde_json::{Value, json};

use super::answer::{Completion, Said};
use crate::content::tokens;
use crate::vendors::openai::chat::fragments;

/// Every chunk, without usage.
pub(super) fn chunks(completion: &Completion) -> Vec<Value> {
    let choice = |(delta, reason)| {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason});
        chunk(completion, json!([choice]))
    };
    deltas(completion).into_iter().map(choice).collect()
}

fn chunk(completion: &Completion, choices: Value) -> Value {
    json!({
        "id": completion.id,
        "object": "chat.completion.chunk",
        "created": completion.created,
        "model": completion.model,
        "system_fingerprint": "fp_simulated",
        "choices": choices,
    })
}

/// What each chunk adds, and the reason in the last one. The first one says who speaks.
fn deltas(completion: &Completion) -> Vec<(Value, Option<&'static str>)> {
    let thought = completion.thought.as_deref().map(tokens).unwrap_or_default();
    let mut deltas: Vec<Value> =
        thought.into_iter().map(|token| json!({"content": null, "reasoning_content": token})).collect();
    match &completion.said {
        Said::Text(text) => deltas.extend(
            tokens(text).into_iter().map(|token| json!({"content": token, "reasoning_content": null})),
        ),
        Said::Call { id, name, arguments } => {
            let function = json!({"name": name, "arguments": ""});
            let begun = json!([{"index": 0, "id": id, "type": "function", "function": function}]);
            deltas.push(json!({"content": null, "reasoning_content": null, "tool_calls": begun}));
            for fragment in fragments(arguments) {
                let added = json!([{"index": 0, "function": {"arguments": fragment}}]);
                deltas.push(json!({"tool_calls": added}));
            }
        }
    }
    let mut deltas: Vec<_> = deltas.into_iter().map(|delta| (delta, None)).collect();
    deltas.push((json!({"content": "", "reasoning_content": null}), Some(completion.finish_reason)));
    if let Some((first, _)) = deltas.first_mut() {
        first["role"] = json!("assistant");
    }
    deltas
}
