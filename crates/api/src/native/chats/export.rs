//! A whole conversation as one document. It may be long, and is never held as a whole.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use fourfold_domain::Subject;
use fourfold_service::ServiceError;
use fourfold_service::chats::{ChatsService, Conversation, Message};
use fourfold_service::ports::MessagePage;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::header;
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::{ConversationBody, MessageBody};
use super::query::{Asked, UserIdQuery};
use crate::AppState;
use crate::description::KeyErrors;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{ConversationPath, NamedCaller, Places, UserHeader};

/// How many messages are read at a time, of so many bytes.
const PAGE: MessagePage =
    MessagePage { after: None, is_newest_first: false, limit: 256, bytes_max: 1024 * 1024 };

/// A conversation with all its messages, the oldest first. Written page by page; this documents it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConversationExport {
    conversation: ConversationBody,
    messages: Vec<MessageBody>,
}

/// Gives a whole conversation with its messages, the oldest first.
#[utoipa::path(get, path = "/api/chat/{conversation_id}/export", tag = "chats", operation_id = "export_conversation",
    params(UserHeader, UserIdQuery, ConversationPath),
    responses((status = 200, body = ConversationExport, description = "the conversation"), KeyErrors,
        (status = 404, body = ErrorBody, description = "no such conversation")))]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: NamedCaller,
    places: Places,
    Asked(named): Asked<UserIdQuery>,
) -> Result<Response, ApiError> {
    let conversation = places.conversation()?;
    let user = caller.user(&state, named.user_id).await?;
    let known = state.chats.conversation(&user.subject, conversation).await?;
    let messages = messages(state.chats.clone(), user.subject, known.clone());
    let head = format!("{{\"conversation\":{},\"messages\":[", json(&ConversationBody::new(known)));
    let (head, tail) = (Bytes::from(head), Bytes::from_static(b"]}"));
    // It counts as under way to its end.
    let admission = user.admission;
    let parts = stream::iter([Ok(head)]).chain(messages).chain(stream::iter([Ok(tail)]));
    let parts = parts.inspect(move |_part| _ = &admission);
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"conversation.json\""),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// The messages as the parts of a JSON list. One that can't be read breaks the answer off, and so does a conversation that
/// was deleted on the way: what is left of it isn't all.
fn messages(
    chats: ChatsService,
    subject: Subject,
    known: Conversation,
) -> impl Stream<Item = Result<Bytes, ServiceError>> + Send + 'static {
    let asked = Arc::new((chats, subject, known));
    stream::try_unfold(Some(None), move |after: Option<Option<u64>>| {
        let asked = asked.clone();
        async move {
            let (chats, subject, known) = asked.as_ref();
            let Some(after) = after else { return Ok(None) };
            let page = MessagePage { after, ..PAGE };
            let messages = chats.messages(known.id, page).await?;
            let next = messages.last().filter(|_| page.is_full(&messages)).map(|last| Some(last.number));
            if next.is_none()
                && chats.conversation(subject, known.name.external_id.clone()).await?.id != known.id
            {
                return Err(ServiceError::NotFound("conversation"));
            }
            Ok(Some((written(messages, after.is_none()), next)))
        }
    })
    .inspect_err(|error| {
        tracing::warn!(error = error as &dyn std::error::Error, "an export of a conversation broke off");
    })
}

fn written(messages: Vec<Message>, is_first: bool) -> Bytes {
    let mut text = String::new();
    for message in messages {
        if !(is_first && text.is_empty()) {
            text.push(',');
        }
        text.push_str(&json(&MessageBody::new(message)));
    }
    text.into()
}

fn json(value: &impl Serialize) -> String {
    // Only maps with keys that aren't texts can't be written as JSON, and there are none.
    serde_json::to_string(value).unwrap_or_default()
}
