//! What was said.

use axum::Json;
use axum::extract::State;
use fourfold_domain::ExternalId;
use fourfold_service::ports::MessagePage;

use super::bodies::MessageBody;
use super::query::{Asked, OrderQuery, UserIdQuery};
use crate::AppState;
use crate::description::KeyErrors;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{ConversationPath, NamedCaller, Page, PageQuery, Paged, Places, UserHeader};

/// Shows the messages of a conversation, the oldest or the newest first.
#[utoipa::path(get, path = "/api/chat/{conversation_id}/history", tag = "chats", operation_id = "show_history",
    params(UserHeader, UserIdQuery, OrderQuery, PageQuery, ConversationPath),
    responses((status = 200, body = Paged<MessageBody>, description = "the messages"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such conversation")))]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: NamedCaller,
    places: Places,
    Asked(named): Asked<UserIdQuery>,
    Asked(order): Asked<OrderQuery>,
    page: Page<u64>,
) -> Result<Json<Paged<MessageBody>>, ApiError> {
    let conversation = places.read::<ExternalId>("conversation_id")?;
    let is_newest_first = order.is_newest_first()?;
    let user = caller.user(&state, named.user_id).await?;
    let known = state.chats.conversation(&user.subject, conversation).await?;
    let asked = MessagePage { after: page.after, is_newest_first, limit: page.limit_and_one() };
    let messages = state.chats.messages(known.id, asked).await?;
    Ok(Json(page.of(messages, |message| message.number.to_string(), MessageBody::new)))
}
