//! The route.

use axum::extract::State;
use axum::response::Response;
use fourfold_domain::Dialect;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::ResponsesInterpreter;
use super::body::ResponseBody;
use crate::AppState;
use crate::description::{BodyErrors, KeyErrors, PassedOnErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{CacheHeader, IdempotencyHeader, UserHeader};
use crate::shapes::{StreamEvent, TextOrItems, TextOrObject};
use crate::text::{self, Sent};

/// A chat, in the shape of OpenAI's responses. What else a model can be told is in its `parameters`; see
/// `/api/v1/models`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewResponse {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// A text, or a list of all that was said so far, the oldest first. Nothing is kept to be gone on from.
    #[schema(value_type = TextOrItems)]
    input: Value,
    /// What holds for the whole chat.
    instructions: Option<String>,
    /// Whether the answer comes as events while it is written.
    stream: Option<bool>,
    /// The most tokens of the answer. Where the account can't pay for as many, fewer are asked for.
    max_output_tokens: Option<u64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    /// What the model may call.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
    #[schema(value_type = Option<TextOrObject>)]
    tool_choice: Option<Value>,
    parallel_tool_calls: Option<bool>,
    /// `format`: what the answer looks like.
    #[schema(value_type = Option<Object>)]
    text: Option<Value>,
    /// `effort`: how much it thinks before it answers.
    #[schema(value_type = Option<Object>)]
    reasoning: Option<Value>,
    /// Comes back with the answer.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// Taken and without effect: nothing is stored.
    store: Option<bool>,
    /// Taken and not passed on: who it is for is told by the key and `Fourfold-User`.
    user: Option<String>,
}

/// Answers a chat.
///
/// The credits that it could cost at most are held first; it is charged what was used, at most that. The last event of
/// a stream (`response.completed` or `response.incomplete`) comes after it was charged; a stream that breaks off ends
/// with an error and without it. A client that leaves stops the vendor, and is charged the input and what was
/// delivered. Nothing is stored, here or at a vendor. With `Idempotency-Key` the same request sent again is given the
/// same answer.
#[utoipa::path(post, path = "/v1/responses", tag = "openai", operation_id = "create_response",
    request_body = NewResponse,
    params(UserHeader,
        CacheHeader,
        IdempotencyHeader),
    responses(
        (status = 200, description = "the answer, or a stream of its events",
            content((ResponseBody = "application/json"), (StreamEvent = "text/event-stream"))),
        KeyErrors,
        BodyErrors,
        PassedOnErrors,
        (status = 402, body = ErrorBody, description = "the account can't pay for any answer"),
        (status = 404, body = ErrorBody, description = "no such model"),
        (status = 409, body = ErrorBody, description = "the first request with this key is still worked on, or its answer was too long to be kept"),
        (status = 502, body = ErrorBody, description = "the vendor failed, or the first request with this key was cut off"),
        (status = 503, body = ErrorBody, description = "no vendor can be asked now, or there is no room left"),
        (status = 504, body = ErrorBody, description = "the vendor took too long")))]
pub(crate) async fn create(State(state): State<AppState>, sent: Sent) -> Result<Response, ApiError> {
    text::generate(&state, sent, Dialect::OpenAiResponses, ResponsesInterpreter::of).await
}
