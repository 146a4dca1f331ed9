//! An interaction as events: named, numbered, and without `[DONE]`.
//!
//! ```text
//! interaction.created interaction.status_update (step.start step.delta* step.stop)* interaction.completed
//! ```
//!
//! One that the filter catches ends with `error` instead.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::Interaction;
use crate::content::tokens;
use crate::events;

/// Every event from `interaction.created` to the last one.
pub(super) fn events(interaction: &Interaction) -> Vec<Bytes> {
    let mut steps = vec![
        json!({"event_type": "interaction.created", "interaction": interaction.begun()}),
        json!({
            "event_type": "interaction.status_update",
            "interaction_id": interaction.id,
            "status": "in_progress",
        }),
    ];
    for (place, step) in interaction.made.iter().enumerate() {
        let index = interaction.given.len() + place;
        let (begun, deltas) = parts(step);
        steps.push(json!({"event_type": "step.start", "index": index, "step": begun}));
        let delta = |delta| json!({"event_type": "step.delta", "index": index, "delta": delta});
        steps.extend(deltas.into_iter().map(delta));
        steps.push(json!({"event_type": "step.stop", "index": index}));
    }
    steps.push(match interaction.errors.first() {
        Some(error) => json!({"event_type": "error", "error": error}),
        None => json!({"event_type": "interaction.completed", "interaction": interaction.whole()}),
    });
    let event = |(number, mut step): (usize, Value)| {
        step["event_id"] = json!(number.to_string());
        events::named(step["event_type"].as_str().unwrap_or_default(), &step)
    };
    steps.into_iter().enumerate().map(event).collect()
}

/// A step as it is announced, and what is added to it.
fn parts(step: &Value) -> (Value, Vec<Value>) {
    match step["type"].as_str().unwrap_or_default() {
        "thought" => {
            let summary = step["summary"].as_array().into_iter().flatten();
            let summary = summary.map(|content| json!({"type": "thought_summary", "content": content}));
            let signature = json!({"type": "thought_signature", "signature": step["signature"]});
            (json!({"type": "thought"}), summary.chain([signature]).collect())
        }
        "function_call" => {
            let arguments = step["arguments"].to_string();
            let middle = arguments.char_indices().nth(arguments.chars().count() / 2).map_or(0, |(at, _)| at);
            let (start, end) = arguments.split_at(middle);
            let mut begun = step.clone();
            begun["arguments"] = json!({});
            (begun, [start, end].map(|part| json!({"type": "arguments_delta", "arguments": part})).into())
        }
        _ => {
            let contents = step["content"].as_array().into_iter().flatten();
            (json!({"type": "model_output", "content": []}), contents.flat_map(deltas).collect())
        }
    }
}

/// Words come one by one, media whole.
fn deltas(content: &Value) -> Vec<Value> {
    match content["text"].as_str() {
        Some(text) => tokens(text).into_iter().map(|token| json!({"type": "text", "text": token})).collect(),
        None => vec![content.clone()],
    }
}
