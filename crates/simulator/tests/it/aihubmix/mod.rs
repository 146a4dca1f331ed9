//! AIHubMix's wire.

mod audio;
mod catalog;
mod chat;
mod errors;
mod images;
mod messages;
mod predictions;
mod tasks;
mod text;
mod video_rules;
mod videos;

use serde_json::{Value, json};

const CHAT: &str = "/aihubmix/v1/chat/completions";
const VIDEOS: &str = "/aihubmix/v1/videos";

/// A request for a chat, with these fields besides or instead.
fn chat(extra: Value) -> Value {
    with(json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hi"}]}), extra)
}

fn with(mut fields: Value, extra: Value) -> Value {
    fields.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    fields
}

fn message(error: &Value) -> &str {
    error["error"]["message"].as_str().unwrap()
}
