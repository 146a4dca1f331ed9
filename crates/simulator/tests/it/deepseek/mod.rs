//! DeepSeek's wire.

mod account;
mod chat;
mod completions;
mod errors;
mod models;
mod rules;
mod streams;
mod tools;

use serde_json::{Value, json};

const CHAT: &str = "/deepseek/chat/completions";

/// A request for a chat, with these fields besides or instead.
fn chat(extra: Value) -> Value {
    let mut chat = json!({"model": "deepseek-flash", "messages": [{"role": "user", "content": "Say hi"}]});
    chat.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    chat
}

fn unthinking() -> Value {
    json!({"type": "disabled"})
}

fn weather() -> Value {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!([{"type": "function", "function": {"name": "weather", "parameters": parameters}}])
}
