//! Anthropic's wire.

mod batches;
mod conversations;
mod errors;
mod messages;
mod models;
mod streams;
mod thinking;
mod tools;

use axum::body::Body;
use fourfold_simulator::Simulator;
use http::Method;
use serde_json::{Value, json};

use crate::support::{Answered, request, send};

const MESSAGES: &str = "/anthropic/v1/messages";
const COUNT: &str = "/anthropic/v1/messages/count_tokens";
/// A model that takes a budget for thinking, and goes on with what was begun for it.
const OLDER: &str = "claude-haiku-4-5-20251001";

/// A request for a message, with these fields besides or instead.
fn message(extra: Value) -> Value {
    let messages = json!([{"role": "user", "content": "Say hi"}]);
    let mut message = json!({"model": "claude-sonnet-5", "max_tokens": 100, "messages": messages});
    message.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    message
}

/// Sends it with the newer version.
async fn post(simulator: &Simulator, path: &str, body: &Value) -> Answered {
    post_as("2026-10-21", simulator, path, body).await
}

async fn post_as(version: &str, simulator: &Simulator, path: &str, body: &Value) -> Answered {
    let request = request(Method::POST, path).header("anthropic-version", version);
    send(simulator, request.body(body.to_string().into()).unwrap()).await
}

async fn get(simulator: &Simulator, path: &str) -> Answered {
    let request = request(Method::GET, path).header("anthropic-version", "2026-10-21");
    send(simulator, request.body(Body::empty()).unwrap()).await
}

fn weather() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!([{"name": "weather", "description": "How it is.", "input_schema": schema}])
}
