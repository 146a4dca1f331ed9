//! Answers with what the vendor sends while a request waits for its turn: comments before events, an empty line before
//! JSON.

use bytes::Bytes;
use serde_json::{Value, json};

use super::settings::StreamUsage;
use crate::answer::Answer;
use crate::events;

/// An answer that comes whole.
pub(super) fn whole(value: &Value) -> Answer {
    Answer::pieces("application/json", ["\n".to_owned(), value.to_string()])
}

/// An answer that comes in chunks: a comment, every chunk, the usage where it was asked for, then `[DONE]`.
pub(super) fn streamed(mut chunks: Vec<Value>, usage: &Value, placed: StreamUsage) -> Answer {
    if placed == StreamUsage::Apart {
        for chunk in &mut chunks {
            chunk["usage"] = Value::Null;
        }
        let mut apart = chunks.last().cloned().unwrap_or_default();
        apart["choices"] = json!([]);
        chunks.push(apart);
    }
    if let Some(last) = chunks.last_mut() {
        last["usage"] = usage.clone();
    }
    let events = chunks.iter().map(events::data);
    Answer::events([KEEP_ALIVE].into_iter().chain(events).chain([events::done()]))
}

const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");
