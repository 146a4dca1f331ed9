//! Gemini's wire.

mod compatible;
mod conversations;
mod embeddings;
mod errors;
mod files;
mod functions;
mod generate;
mod images;
mod interaction_media;
mod interaction_rules;
mod interactions;
mod models;
mod pictures;
mod speech;
mod streams;
mod thoughts;
mod videos;

use fourfold_simulator::Simulator;
use serde_json::{Value, json};

use crate::support::{Answered, post};

const TEXT: &str = "gemini-3.8-flash";

/// Where a model is asked to do this.
fn path(model: &str, verb: &str) -> String {
    format!("/gemini/v1beta/models/{model}:{verb}")
}

/// A request to generate, with these fields besides or instead.
fn hi(extra: Value) -> Value {
    merged(json!({"contents": [{"role": "user", "parts": [{"text": "Say hi"}]}]}), extra)
}

fn merged(mut body: Value, extra: Value) -> Value {
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

async fn generate(simulator: &Simulator, model: &str, body: &Value) -> Answered {
    post(simulator, &path(model, "generateContent"), body).await
}

/// The field that a refusal names.
fn field(error: &Value) -> &str {
    error["error"]["details"][0]["fieldViolations"][0]["field"].as_str().unwrap_or_default()
}
