//! `POST /v1/messages`.

use axum::extract::State;
use axum::response::Response;
use fourfold_domain::Dialect;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::MessagesInterpreter;
use super::errors::{MessageErrorBody, MessageErrors};
use super::message::Message;
use crate::AppState;
use crate::error::ApiError;
use crate::extract::{CacheHeader, IdempotencyHeader, UserHeader};
use crate::shapes::{StreamEvent, TextOrItems};
use crate::text::{self, Sent};

/// A chat, in Anthropic's shape. What else a model can be told is in its `parameters`; see `/api/v1/models`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewMessage {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// The most tokens of the answer. Where the account can't pay for as many, fewer are asked for.
    max_tokens: u64,
    /// What was said so far, the oldest first.
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Value>,
    /// What holds for the whole chat: a text or a list of blocks of text.
    #[schema(value_type = Option<TextOrItems>)]
    system: Option<Value>,
    /// Whether the answer comes as events while it is written.
    stream: Option<bool>,
    /// Texts at which the answer ends.
    stop_sequences: Option<Vec<String>>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    /// What the model may call.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
    #[schema(value_type = Option<Object>)]
    tool_choice: Option<Value>,
    /// Whether and how much it thinks before it answers.
    #[schema(value_type = Option<Object>)]
    thinking: Option<Value>,
    /// `effort` and `format`: how much it thinks, and the JSON Schema of its answer.
    #[schema(value_type = Option<Object>)]
    output_config: Option<Value>,
    /// Taken and not passed on: who it is for is told by the key and `Fourfold-User`.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// Answers a chat.
///
/// The credits that it could cost at most are held first; it is charged what was used, at most that. The last events
/// of a stream (`message_delta` and `message_stop`) come after it was charged; a stream that breaks off ends with an
/// error and without them. A client that leaves stops the vendor, and is charged the input and what was delivered.
/// With `Idempotency-Key` the same request sent again is given the same answer.
#[utoipa::path(post, path = "/v1/messages", tag = "anthropic", operation_id = "create_message",
    request_body = NewMessage,
    params(UserHeader,
        ("anthropic-version" = Option<String>, Header, description = "passed on to vendors of this wire"),
        ("anthropic-beta" = Option<String>, Header, description = "passed on to vendors of this wire, but for betas that cost more than tokens"),
        CacheHeader,
        IdempotencyHeader),
    responses(
        (status = 200, description = "the answer, or a stream of its events",
            content((Message = "application/json"), (StreamEvent = "text/event-stream"))),
        MessageErrors,
        (status = 504, body = MessageErrorBody, description = "the vendor took too long")))]
pub(crate) async fn create(State(state): State<AppState>, sent: Sent) -> Result<Response, ApiError> {
    text::generate(&state, sent, Dialect::AnthropicMessages, MessagesInterpreter::of).await
}
