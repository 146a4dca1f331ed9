//! `POST /v1/messages/count_tokens`.

use axum::Json;
use axum::extract::State;
use fourfold_domain::{Dialect, InvalidInput, Modality, WireAsked, WireFields};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::errors::MessageErrors;
use crate::AppState;
use crate::error::ApiError;
use crate::extract::UserHeader;
use crate::shapes::TextOrItems;
use crate::text::Sent;

/// A chat whose tokens are to be counted, in Anthropic's shape.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read as it comes, this documents it")]
pub(crate) struct NewCount {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// What was said so far, the oldest first.
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Value>,
    /// What holds for the whole chat: a text or a list of blocks of text.
    #[schema(value_type = Option<TextOrItems>)]
    system: Option<Value>,
    /// What the model may call.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
}

/// How many tokens a chat would send.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenCount {
    /// Our estimate.
    input_tokens: u64,
}

/// Estimates how many tokens a chat would send.
///
/// By the length of its texts and a size for each medium, for every model alike: no vendor is asked, and it is free. What
/// a model uses may differ by a third and more.
#[utoipa::path(post, path = "/v1/messages/count_tokens", tag = "anthropic", operation_id = "count_message_tokens",
    request_body = NewCount, params(UserHeader),
    responses((status = 200, body = TokenCount, description = "the estimate"), MessageErrors))]
pub(crate) async fn count(State(state): State<AppState>, sent: Sent) -> Result<Json<TokenCount>, ApiError> {
    let asked = sent.read(asked).await?;
    if state.catalog.current().model(&asked.model)?.modality != Modality::Chat {
        return Err(ApiError::invalid("model", "model must be a model that chats"));
    }
    Ok(Json(TokenCount { input_tokens: asked.input_tokens() }))
}

fn asked(body: &[u8]) -> Result<WireAsked, InvalidInput> {
    let asked = WireAsked::read(Dialect::AnthropicMessages, body)?;
    match WireFields::scan(body)?.get("messages").filter(|messages| *messages != "null") {
        Some(messages) if messages.starts_with('[') => Ok(asked),
        Some(_) => Err(InvalidInput::malformed("messages", "must be a list")),
        None => Err(InvalidInput::malformed("messages", "is required")),
    }
}
