//! Text in the wires that clients speak: the body is read in passing, the answer goes out as it comes.

mod keep_alive;
mod names;
mod placed;
mod sent;
mod versions;

use axum::body::Body as ResponseBody;
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use fourfold_domain::{Dialect, InvalidInput, WireAsked};
use fourfold_service::ServiceError;
use fourfold_service::calls::{AnswerBody, CallRequest, Interpreter};
use futures_util::StreamExt as _;
use http::{HeaderName, header};

pub(crate) use keep_alive::StreamWire;
pub(crate) use placed::Placed;
pub(crate) use sent::Sent;

use crate::AppState;
use crate::error::ApiError;
use crate::extract::{User, aside, cache_use, idempotency_for};
use crate::served;
use keep_alive::KeptAlive;
use names::by_callers_name;

/// Has text generated. `interpreter` is for models whose vendors don't speak the dialect.
pub(crate) async fn generate(
    state: &AppState,
    sent: Sent,
    dialect: Dialect,
    interpreter: impl FnOnce(&WireAsked) -> Box<dyn Interpreter>,
) -> Result<Response, ApiError> {
    let Sent { user, parts, body } = sent;
    let idempotency = idempotency_for(&parts, &body).await?;
    let asked = aside(&body, move |body| WireAsked::read(dialect, body)).await??;
    let headers = match dialect {
        // Only that wire has a limit that must be there.
        Dialect::AnthropicMessages if asked.limit.is_none() => {
            return Err(InvalidInput::malformed("max_tokens", "is required").into());
        }
        Dialect::AnthropicMessages => versions::versions(&parts.headers)?,
        Dialect::OpenAiChat | Dialect::OpenAiResponses | Dialect::OpenAiEmbeddings => Vec::new(),
    };
    let (is_stream, limit_field) = (asked.is_stream, asked.limit_field);
    let interpreter = interpreter(&asked);
    let User { subject, key, admission, .. } = user;
    let sent = body.clone();
    let cache = cache_use(&parts.headers);
    let request = CallRequest { subject, key, asked, body, headers, idempotency, cache, admission };
    let reply = match state.calls.generate(request, interpreter).await {
        Err(ServiceError::Invalid(error)) => {
            return Err(by_callers_name(error, dialect, limit_field, &sent).into());
        }
        reply => reply?,
    };
    let (provider, from_cache) = (reply.provider.clone(), reply.from_cache);
    let mut response = match is_stream {
        true => stream(reply.body, StreamWire::Dialect(dialect)),
        false => whole(reply.body).await?.into_response(),
    };
    served::tell(&mut response, &provider, from_cache);
    Ok(response)
}

/// The whole of an answer that is JSON.
pub(crate) async fn whole(mut body: AnswerBody) -> Result<impl IntoResponse, ServiceError> {
    let first = body.next().await.transpose()?.unwrap_or_default();
    let bytes = match body.next().await.transpose()? {
        None => first,
        Some(second) => {
            let mut bytes = BytesMut::from(first.as_ref());
            bytes.extend_from_slice(&second);
            while let Some(part) = body.next().await {
                bytes.extend_from_slice(&part?);
            }
            bytes.freeze()
        }
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes))
}

/// Each part goes out as it comes. One that breaks off ends with the error, as an event.
pub(crate) fn stream(body: AnswerBody, wire: StreamWire) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        // Proxies that buffer would hold events back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, ResponseBody::from_stream(KeptAlive::new(body, wire))).into_response()
}
