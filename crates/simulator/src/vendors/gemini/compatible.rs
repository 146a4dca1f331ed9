//! `/v1beta/openai/…`: OpenAI's wire over Google's models.

use serde_json::Value;

use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::refusal::Refusal;
use crate::route::Handler;
use crate::vendors::gemini::models::plain;
use crate::vendors::openai;

/// What its paths begin with; errors come in an array there.
pub(super) const PATH: &str = "/v1beta/openai/";

/// `POST /v1beta/openai/chat/completions`.
pub(super) fn complete(call: &Call<'_>) -> Result<Answer, Refusal> {
    as_openai(call, openai::chat::complete)
}

/// `POST /v1beta/openai/embeddings`.
pub(super) fn embed(call: &Call<'_>) -> Result<Answer, Refusal> {
    as_openai(call, openai::embeddings::embed)
}

/// `POST /v1beta/openai/images/generations`.
pub(super) fn generate_images(call: &Call<'_>) -> Result<Answer, Refusal> {
    as_openai(call, openai::images::generate)
}

/// Answers as OpenAI does, with what only Google takes: `models/` before a name, and the one response format that
/// it has for pictures.
fn as_openai(call: &Call<'_>, handler: Handler) -> Result<Answer, Refusal> {
    let Fields::Json(mut fields) = call.json_fields()? else {
        return Err(Refusal::Unreadable("the body must be a JSON object".into()));
    };
    if let Some(name) = fields.get("model").and_then(Value::as_str).map(|name| plain(name).to_owned()) {
        fields.insert("model".into(), name.into());
    }
    if fields.get("response_format").is_some_and(|format| format == "b64_json") {
        fields.remove("response_format");
    }
    let body = Value::Object(fields).to_string().into();
    handler(&Call {
        body: &body,
        params: call.params.clone(),
        query: call.query.clone(),
        form: None,
        ..*call
    })
}
