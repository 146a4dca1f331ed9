//! `models/{model}:generateContent`: whole, streamed, and how many tokens it would take.

mod answer;
mod conversation;
mod functions;
mod request;
mod shapes;
mod speech;
mod stream;

use serde_json::json;

use super::models::{self, Method};
use super::shape;
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use answer::Generated;
pub(super) use conversation::{content_tokens, text as content_text};
use request::GenerateRequest;
pub(super) use shapes::CONTENT;
pub(super) use speech::is_voice;

/// `POST /v1beta/models/{model}:generateContent`.
pub(super) fn generate(call: &Call<'_>) -> Result<Answer, Refusal> {
    let request = GenerateRequest::read(call, false)?;
    let generated = Generated::new(call, &request);
    Ok(Answer::json(&generated.whole()).with_task_id(generated.id))
}

/// `POST /v1beta/models/{model}:streamGenerateContent`: events where `alt=sse` asks for them, else one array.
pub(super) fn stream(call: &Call<'_>) -> Result<Answer, Refusal> {
    let request = GenerateRequest::read(call, true)?;
    let generated = Generated::new(call, &request);
    let answer = match call.query.get("alt").map(String::as_str) {
        Some("sse") => Answer::pieces("text/event-stream", stream::events(&generated)),
        None | Some("json") => Answer::pieces("application/json", stream::array(&generated)),
        Some(other) => return Err(Refusal::not_allowed("alt", other, "json or sse")),
    };
    Ok(answer.with_task_id(generated.id))
}

/// `POST /v1beta/models/{model}:countTokens`: of contents, or of a whole request.
pub(super) fn count_tokens(call: &Call<'_>) -> Result<Answer, Refusal> {
    models::known(call, call.params.get("model"), Method::CountTokens)?;
    let body = shape::body(call, shapes::COUNT_TOKENS)?;
    let (counted, at) = match (body.get("generateContentRequest"), body.get("contents")) {
        (Some(_), Some(_)) => {
            let reason = "only one of contents and generate_content_request may be set";
            return Err(Refusal::unsupported("contents", reason));
        }
        (Some(request), None) => (request, "generate_content_request."),
        (None, _) => (&body, ""),
    };
    let tokens = conversation::read(call, counted, at, false)?.tokens;
    Ok(Answer::json(&json!({"totalTokens": tokens.total(), "promptTokensDetails": tokens.details()})))
}
