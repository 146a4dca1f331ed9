//! `POST /v1/chat/completions`.

use axum::extract::State;
use axum::response::Response;
use fourfold_domain::Dialect;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::ChatInterpreter;
use super::completion::ChatCompletion;
use crate::AppState;
use crate::description::{BodyErrors, KeyErrors, PassedOnErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{CacheHeader, IdempotencyHeader, UserHeader};
use crate::shapes::{StreamEvent, TextOrObject, TextOrTexts};
use crate::text::{self, Sent};

/// A chat, in OpenAI's shape. What else a model can be told is in its `parameters`; see `/api/v1/models`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewChatCompletion {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// What was said so far, the oldest first.
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Value>,
    /// Whether the answer comes as events while it is written.
    stream: Option<bool>,
    /// `include_usage`: an event before the last tells what was used.
    #[schema(value_type = Option<Object>)]
    stream_options: Option<Value>,
    /// The most tokens of the answer. Where the account can't pay for as many, fewer are asked for.
    max_completion_tokens: Option<u64>,
    /// The older name of `max_completion_tokens`.
    max_tokens: Option<u64>,
    /// How many answers.
    n: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    seed: Option<i64>,
    /// Texts at which the answer ends.
    #[schema(value_type = Option<TextOrTexts>)]
    stop: Option<Value>,
    /// What the model may call.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
    #[schema(value_type = Option<TextOrObject>)]
    tool_choice: Option<Value>,
    #[schema(value_type = Option<Object>)]
    response_format: Option<Value>,
    reasoning_effort: Option<String>,
    /// Taken and not passed on: who it is for is told by the key and `Fourfold-User`.
    user: Option<String>,
}

/// Answers a chat.
///
/// The credits that it could cost at most are held first; it is charged what was used, at most that. The last bytes
/// (`data: [DONE]` of a stream) come after it was charged; a stream that breaks off ends with an error and without
/// them. A client that leaves stops the vendor, and is charged the input and what was delivered. With
/// `Idempotency-Key` the same request sent again is given the same answer.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "openai", operation_id = "create_chat_completion",
    request_body = NewChatCompletion,
    params(UserHeader,
        CacheHeader,
        IdempotencyHeader),
    responses(
        (status = 200, description = "the answer, or a stream of `chat.completion.chunk` events",
            content((ChatCompletion = "application/json"), (StreamEvent = "text/event-stream"))),
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
    text::generate(&state, sent, Dialect::OpenAiChat, ChatInterpreter::of).await
}
