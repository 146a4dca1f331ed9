//! Messages and their answers.

use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse as _, Response};
use fourfold_domain::ExternalId;
use fourfold_service::Idempotency;
use fourfold_service::calls::CallReply;
use fourfold_service::chats::{Ask, NewTurn, TurnWriter};
use http::request::Parts;
use http::{HeaderMap, Method, Uri, header};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::bodies::ChatReply;
use super::query::{Asked, UserIdQuery, WaitQuery};
use super::writers::{EVENTS, Stream, Whole};
use crate::AppState;
use crate::description::{BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{
    Body, BodyOrNone, ConversationPath, IdempotencyHeader, NamedCaller, Object, Places, UserHeader,
    idempotency,
};
use crate::served;
use crate::shapes::StreamEvent;
use crate::text::{StreamWire, stream, whole};

/// A message to a conversation.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewChatMessage {
    /// The end user, in place of `Fourfold-User`; for service and admin keys.
    #[schema(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    user_id: Option<String>,
    /// What the user says; not white space only.
    #[schema(min_length = 1, pattern = r"\S")]
    message: String,
    /// Who is to answer; left out, who did last without failing; where there is none, or it is gone,
    /// `chats.default_model`.
    model: Option<String>,
    /// Whether the answer comes as events while it is written; `Accept: text/event-stream` says so too.
    stream: Option<bool>,
    /// What the model is told before all messages, from now on; an empty text takes that back, and white space only
    /// is refused.
    system: Option<String>,
    /// Words of your own, shown with the conversation from now on.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

/// The last answer is wanted again.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewChatAnswer {
    /// The end user, in place of `Fourfold-User`; for service and admin keys.
    #[schema(pattern = r"^[A-Za-z0-9._:@|-]{1,128}$")]
    user_id: Option<String>,
    /// Who is to answer; left out, who did last.
    model: Option<String>,
    /// Whether the answer comes as events while it is written; `Accept: text/event-stream` says so too.
    stream: Option<bool>,
}

/// Answers a message.
///
/// The conversation is made with its first message and belongs to its user. The model is told the history, as much of
/// it as it has room for. Message and answer are kept, and the answer is charged, in one step, after which the last of
/// the answer goes out: as JSON, or as the event `done` behind a `delta` for each piece; a stream that breaks off ends
/// with the event `error`. Messages to one conversation are answered one after the other, in the order in which they
/// came. Who leaves has what he was sent in the history, marked partial, and the same request with the same
/// `Idempotency-Key` is given it again. Where nothing was answered that is charged, the message is kept, and the same request
/// has it answered in place.
#[utoipa::path(post, path = "/api/chat/{conversation_id}", tag = "chats", operation_id = "send_message",
    request_body = NewChatMessage,
    params(UserHeader, IdempotencyHeader, WaitQuery, ConversationPath),
    responses(
        (status = 200, description = "the answer, or a stream of `delta` events that ends with `done` or `error`",
            content((ChatReply = "application/json"), (StreamEvent = "text/event-stream"))),
        KeyErrors,
        BodyErrors,
        (status = 402, body = ErrorBody, description = "the account can't pay for any answer"),
        (status = 404, body = ErrorBody, description = "no such model"),
        (status = 409, body = ErrorBody, description = "earlier messages of the conversation are still being answered, or the first request with this key is, or its answer was too long to be kept"),
        (status = 500, body = ErrorBody, description = "the model failed or took too long; the message is kept"),
        (status = 502, body = ErrorBody, description = "the first request with this key was cut off")))]
pub(crate) async fn send(
    State(state): State<AppState>,
    turn: TurnRequest,
    body: Body,
) -> Result<Response, ApiError> {
    let idempotency = turn.idempotency(&body).await?;
    let Body { bytes, mut object } = body;
    let (model, is_stream) = (model(&mut object)?, turn.is_stream(&mut object)?);
    let TurnRequest { caller, conversation, may_wait, .. } = turn;
    let user = caller.user(&state, object.text("user_id")?).await?;
    let message = storable("message", not_blank("message", object.required_text("message")?)?)?;
    let system = object.text("system")?.map(system_text).transpose()?;
    let metadata = object.object("metadata")?.map(|_| metadata(&bytes)).transpose()?;
    object.nothing_else("user_id, message, model, stream, system and metadata")?;
    let writer = writer(&conversation, is_stream);
    let turn = NewTurn {
        subject: user.subject,
        key: user.key,
        conversation,
        ask: Ask::Message(message),
        model,
        system,
        metadata,
        may_wait,
        idempotency,
        admission: user.admission,
    };
    answer(&state, turn, writer).await
}

/// Answers the last message again.
///
/// What comes takes the place of the last answer, once it is whole; of what breaks off nothing is kept. A message that
/// wasn't answered since its model failed is answered.
#[utoipa::path(post, path = "/api/chat/{conversation_id}/regenerate", tag = "chats", operation_id = "regenerate_answer",
    request_body = Option<NewChatAnswer>,
    params(UserHeader, UserIdQuery, IdempotencyHeader, WaitQuery, ConversationPath),
    responses(
        (status = 200, description = "the answer, or a stream of `delta` events that ends with `done` or `error`",
            content((ChatReply = "application/json"), (StreamEvent = "text/event-stream"))),
        KeyErrors,
        BodyErrors,
        (status = 402, body = ErrorBody, description = "the account can't pay for any answer"),
        (status = 404, body = ErrorBody, description = "no such conversation or model"),
        (status = 409, body = ErrorBody, description = "earlier messages of the conversation are still being answered, or the first request with this key is, or its answer was too long to be kept"),
        (status = 500, body = ErrorBody, description = "the model failed or took too long; the answer stays as it was"),
        (status = 502, body = ErrorBody, description = "the first request with this key was cut off")))]
pub(crate) async fn regenerate(
    State(state): State<AppState>,
    turn: TurnRequest,
    Asked(named): Asked<UserIdQuery>,
    BodyOrNone(body): BodyOrNone,
) -> Result<Response, ApiError> {
    let idempotency = turn.idempotency(&body).await?;
    let mut object = body.object;
    let (model, is_stream) = (model(&mut object)?, turn.is_stream(&mut object)?);
    let TurnRequest { caller, conversation, may_wait, .. } = turn;
    let user = caller.also(named.user_id)?.user(&state, object.text("user_id")?).await?;
    object.nothing_else("user_id, model and stream")?;
    let writer = writer(&conversation, is_stream);
    let turn = NewTurn {
        subject: user.subject,
        key: user.key,
        conversation,
        ask: Ask::Again,
        model,
        system: None,
        metadata: None,
        may_wait,
        idempotency,
        admission: user.admission,
    };
    answer(&state, turn, writer).await
}

/// What a request for a turn says besides its body.
pub(crate) struct TurnRequest {
    caller: NamedCaller,
    conversation: ExternalId,
    may_wait: bool,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl FromRequestParts<AppState> for TurnRequest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let caller = NamedCaller::from_request_parts(parts, state).await?;
        let conversation = Places::from_request_parts(parts, state).await?.conversation()?;
        let Asked(wait) = Asked::<WaitQuery>::from_request_parts(parts, state).await?;
        let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
        Ok(Self { caller, conversation, may_wait: wait.may_wait()?, method, uri, headers })
    }
}

impl TurnRequest {
    async fn idempotency(&self, body: &Body) -> Result<Option<Idempotency>, ApiError> {
        idempotency(&self.headers, &self.method, &self.uri, body).await
    }

    /// As the body says, else as the header does.
    fn is_stream(&self, object: &mut Object) -> Result<bool, ApiError> {
        let accepted = self.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let accepts_events = accepted.map(str::to_ascii_lowercase).any(|accepted| accepted.contains(EVENTS));
        Ok(object.flag("stream")?.unwrap_or(accepts_events))
    }
}

async fn answer(state: &AppState, turn: NewTurn, writer: Box<dyn TurnWriter>) -> Result<Response, ApiError> {
    let is_kept_anew = turn.idempotency.is_none() && matches!(turn.ask, Ask::Message(_));
    let failed = |error| ApiError::of_turn(error, is_kept_anew);
    let reply = state.chats.take_turn(turn, writer).await.map_err(failed)?;
    let CallReply { provider, media_type, body, .. } = reply;
    // An answer that is given again is what it was the first time.
    let mut response = match media_type.as_deref() {
        Some(EVENTS) => stream(body, StreamWire::Conversation),
        _ => whole(body).await.map_err(failed)?.into_response(),
    };
    served::tell(&mut response, &provider, None);
    Ok(response)
}

fn writer(conversation: &ExternalId, is_stream: bool) -> Box<dyn TurnWriter> {
    let conversation_id = conversation.to_string();
    if is_stream { Box::new(Stream { conversation_id }) } else { Box::new(Whole { conversation_id }) }
}

fn model(object: &mut Object) -> Result<Option<String>, ApiError> {
    match object.text("model")? {
        Some(model) if model.is_empty() => Err(ApiError::malformed("model", "model must not be empty")),
        model => Ok(model),
    }
}

/// The metadata of a body, as it was written: numbers too, of which a value keeps as many digits as a float has.
fn metadata(body: &[u8]) -> Result<String, ApiError> {
    #[derive(Deserialize)]
    struct Written<'b> {
        #[serde(borrow)]
        metadata: &'b RawValue,
    }
    let written = serde_json::from_slice::<Written<'_>>(body);
    let written = written.map_err(|_| ApiError::malformed("metadata", "metadata can't be read"))?;
    Ok(written.metadata.get().to_owned())
}

/// What the model is told before all messages; an empty text takes that back.
fn system_text(text: String) -> Result<String, ApiError> {
    if text.is_empty() { Ok(text) } else { storable("system", not_blank("system", text)?) }
}

/// A text of more than white space, which vendors refuse.
fn not_blank(name: &'static str, text: String) -> Result<String, ApiError> {
    match text.trim().is_empty() {
        true => Err(ApiError::malformed(name, format!("{name} must not be blank"))),
        false => Ok(text),
    }
}

/// A text that every database takes.
fn storable(name: &'static str, text: String) -> Result<String, ApiError> {
    match text.contains('\0') {
        true => Err(ApiError::invalid(name, format!("{name} must have no NUL characters"))),
        false => Ok(text),
    }
}
