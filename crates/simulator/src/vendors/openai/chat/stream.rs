//! A chat's answer in chunks.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Choice, Completion, Said};
use super::request::StreamOptions;
use crate::content::{hash, hex, tokens};
use crate::events;

/// Every chunk, then usage where it was asked for, then `[DONE]`.
pub(super) fn chunks(completion: &Completion, options: &StreamOptions) -> Vec<Bytes> {
    let mut written = Vec::new();
    for (index, choice) in completion.choices.iter().enumerate() {
        for (delta, finish_reason) in deltas(choice) {
            let choice = json!({"index": index, "delta": delta, "finish_reason": finish_reason});
            let mut chunk = chunk(completion, json!([choice]));
            if options.include_usage {
                chunk["usage"] = Value::Null;
            }
            if options.include_obfuscation {
                chunk["obfuscation"] = json!(hex(hash(&delta.to_string()), 8));
            }
            written.push(events::data(&chunk));
        }
    }
    if options.include_usage {
        let mut last = chunk(completion, json!([]));
        last["usage"] = completion.usage.clone();
        written.push(events::data(&last));
    }
    written.push(events::done());
    written
}

fn chunk(completion: &Completion, choices: Value) -> Value {
    json!({
        "id": completion.id,
        "object": "chat.completion.chunk",
        "created": completion.created,
        "model": completion.model,
        "service_tier": completion.service_tier,
        "system_fingerprint": "fp_simulated",
        "choices": choices,
    })
}

/// What each chunk adds, and the reason in the last one. The first one says who speaks.
fn deltas(choice: &Choice) -> Vec<(Value, Option<&'static str>)> {
    let thought = choice.thought.as_deref().map(tokens).unwrap_or_default();
    let mut deltas: Vec<Value> =
        thought.into_iter().map(|token| json!({"reasoning_content": token})).collect();
    match &choice.said {
        Said::Text(text) => {
            deltas.push(json!({"content": "", "refusal": null}));
            deltas.extend(tokens(text).into_iter().map(|token| json!({"content": token})));
        }
        Said::Call { id, name, arguments } => {
            let function = json!({"name": name, "arguments": ""});
            let begun = json!([{"index": 0, "id": id, "type": "function", "function": function}]);
            deltas.push(json!({"content": null, "tool_calls": begun}));
            for fragment in fragments(arguments) {
                deltas.push(json!({"tool_calls": [{"index": 0, "function": {"arguments": fragment}}]}));
            }
        }
    }
    if let Some(first) = deltas.first_mut() {
        first["role"] = json!("assistant");
    }
    let mut deltas: Vec<_> = deltas.into_iter().map(|delta| (delta, None)).collect();
    deltas.push((json!({}), Some(choice.finish_reason)));
    deltas
}

/// JSON in pieces that are none.
pub(in crate::vendors) fn fragments(arguments: &str) -> Vec<String> {
    let characters: Vec<char> = arguments.chars().collect();
    characters.chunks(8).map(|fragment| fragment.iter().collect()).collect()
}
