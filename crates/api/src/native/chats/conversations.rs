//! The conversations of a user: list, change and delete them.

use axum::Json;
use axum::extract::State;
use fourfold_service::chats::{Conversation, ConversationCursor};
use http::StatusCode;
use utoipa::ToSchema;

use super::bodies::{ConversationBody, ListedConversation};
use super::query::{ArchivedQuery, Asked, UserIdQuery};
use crate::AppState;
use crate::description::{BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{
    Body, ConversationPath, NamedCaller, Object, Page, PageQuery, Paged, Places, UserHeader,
};

/// What changes of a conversation; what is left out stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct ConversationChange {
    /// The end user, in place of `Fourfold-User`; for service and admin keys.
    #[schema(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    user_id: Option<String>,
    /// What it is about; null takes that back.
    #[schema(max_length = 1000)]
    title: Option<String>,
    /// Whether it is put away; null is as left out. New messages leave it so.
    archived: Option<bool>,
}

/// Lists the user's conversations, those with the newest messages first.
#[utoipa::path(get, path = "/api/chat", tag = "chats", operation_id = "list_conversations",
    params(UserHeader, UserIdQuery, ArchivedQuery, PageQuery),
    responses((status = 200, body = Paged<ListedConversation>, description = "the conversations"), KeyErrors))]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: NamedCaller,
    Asked(named): Asked<UserIdQuery>,
    Asked(archived): Asked<ArchivedQuery>,
    page: Page<ConversationCursor>,
) -> Result<Json<Paged<ListedConversation>>, ApiError> {
    let (is_archived, limit) = (archived.is_archived()?, page.limit_and_one());
    let user = caller.user(&state, named.user_id).await?;
    let known = state.chats.conversations(&user.subject, is_archived, page.after, limit).await?;
    let cursor = |known: &Conversation| known.cursor().to_string();
    Ok(Json(page.of(known, cursor, ListedConversation::new)))
}

/// Changes a conversation's title, or puts it away.
#[utoipa::path(patch, path = "/api/chat/{conversation_id}", tag = "chats", operation_id = "change_conversation",
    request_body = ConversationChange,
    params(UserHeader, ConversationPath),
    responses((status = 200, body = ConversationBody, description = "the conversation as it is now"), KeyErrors, BodyErrors,
        (status = 404, body = ErrorBody, description = "no such conversation")))]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: NamedCaller,
    places: Places,
    body: Body,
) -> Result<Json<ConversationBody>, ApiError> {
    let conversation = places.conversation()?;
    let mut object = body.object;
    let user_id = object.text("user_id")?;
    let title = object.given("title", Object::short_text)?;
    let is_archived = object.flag("archived")?;
    object.nothing_else("user_id, title and archived")?;
    let user = caller.user(&state, user_id).await?;
    let known = state.chats.change(&user.subject, conversation, title, is_archived).await?;
    Ok(Json(ConversationBody::new(known)))
}

/// Deletes a conversation with all its messages.
///
/// What is being written then is answered and charged, and not kept.
#[utoipa::path(delete, path = "/api/chat/{conversation_id}", tag = "chats", operation_id = "delete_conversation",
    params(UserHeader, UserIdQuery, ConversationPath),
    responses((status = 204, description = "the conversation is gone"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such conversation")))]
pub(crate) async fn delete(
    State(state): State<AppState>,
    caller: NamedCaller,
    places: Places,
    Asked(named): Asked<UserIdQuery>,
) -> Result<StatusCode, ApiError> {
    let conversation = places.conversation()?;
    let user = caller.user(&state, named.user_id).await?;
    state.chats.delete(&user.subject, conversation).await?;
    Ok(StatusCode::NO_CONTENT)
}
