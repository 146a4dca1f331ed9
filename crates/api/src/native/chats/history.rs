//! What was said.

use axum::Json;
use axum::extract::State;
use fourfold_service::ports::MessagePage;

use super::bodies::MessageBody;
use super::query::{Asked, OrderQuery, UserIdQuery};
use crate::AppState;
use crate::description::KeyErrors;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{ConversationPath, NamedCaller, Page, PageQuery, Paged, Places, UserHeader};

/// A page has no more than so many bytes of messages, and one message in any case.
const PAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Shows the messages of a conversation, the oldest or the newest first. A page of long messages has fewer of them than
/// were asked for.
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
    let conversation = places.conversation()?;
    let is_newest_first = order.is_newest_first()?;
    let user = caller.user(&state, named.user_id).await?;
    let known = state.chats.conversation(&user.subject, conversation).await?;
    let (after, limit) = (page.after, page.limit_and_one());
    let asked = MessagePage { after, is_newest_first, limit, bytes_max: PAGE_BYTES_MAX };
    let messages = state.chats.messages(known.id, asked).await?;
    let is_full = asked.is_full(&messages);
    Ok(Json(page.of_those(messages, is_full, |message| message.number.to_string(), MessageBody::new)))
}
