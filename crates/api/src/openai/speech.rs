//! `POST /v1/audio/speech`.

use axum::body::Body as ResponseBody;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fourfold_domain::Modality;
use fourfold_service::calls::{CallReply, SpeechCall};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::asked::Asked;
use crate::AppState;
use crate::description::{BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{
    Body, CacheHeader, IdempotencyHeader, Object, User, UserHeader, aside, cache_use, idempotency_of,
};
use crate::served;
use crate::shapes::{Bytes, TextOrObject};

/// Ours, then OpenAI's.
const NAMES: &[(&str, &str)] = &[("text", "input"), ("format", "response_format")];

/// A text to be spoken, in OpenAI's shape. What else a model can be told is in its `parameters`; see `/api/v1/models`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewSpeech {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// What to say.
    #[schema(min_length = 1)]
    input: String,
    /// Who says it: a name, or an object with the `id` of a voice.
    #[schema(value_type = Option<TextOrObject>)]
    voice: Option<Value>,
    /// The format of the sound; left out, the model's own.
    response_format: Option<String>,
    speed: Option<f64>,
    /// How to say it.
    instructions: Option<String>,
    /// `audio`; there are no events, since vendors don't tell the tokens that their last one is to name.
    #[schema(pattern = "^audio$")]
    stream_format: Option<String>,
    /// Taken and not passed on: who it is for is told by the key and `Fourfold-User`.
    user: Option<String>,
}

/// Speaks a text.
///
/// The sound comes as it is spoken. It is charged by what is said, which is held first; its last byte comes after it was
/// charged, and an answer that breaks off isn't charged. A client that leaves stops the vendor, and is charged all that
/// was to be said. With `Idempotency-Key` the same request sent again is given the same sound.
#[utoipa::path(post, path = "/v1/audio/speech", tag = "openai", operation_id = "create_speech",
    request_body = NewSpeech,
    params(UserHeader,
        CacheHeader,
        IdempotencyHeader),
    responses(
        (status = 200, content_type = "audio/*", body = Bytes,
            description = "the sound, of the media type that its header says"),
        KeyErrors,
        BodyErrors,
        (status = 402, body = ErrorBody, description = "the account can't pay for it"),
        (status = 404, body = ErrorBody, description = "no such model"),
        (status = 409, body = ErrorBody, description = "the first request with this key is still worked on, or its sound was too long to be kept"),
        (status = 502, body = ErrorBody, description = "the vendor failed, or the first request with this key was cut off"),
        (status = 503, body = ErrorBody, description = "no vendor can be asked now, or there is no room left"),
        (status = 504, body = ErrorBody, description = "the vendor took too long")))]
pub(crate) async fn create(
    State(state): State<AppState>,
    user: User,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fingerprint = aside(&body.bytes, |bytes| Sha256::digest(bytes).into()).await?;
    let idempotency = idempotency_of(&headers, &method, &uri, fingerprint)?;
    let mut asked = read(&state, body.object)?;
    let call = SpeechCall {
        subject: user.subject,
        key: user.key,
        model: asked.model.name.to_string(),
        input: std::mem::take(&mut asked.input),
        fingerprint,
        is_repeat: is_repeat(&headers),
        idempotency,
        cache: cache_use(&headers),
        admission: user.admission,
    };
    let reply = state.calls.speak(call).await.map_err(|error| asked.error(error))?;
    Ok(answer(reply))
}

/// Whether an SDK of OpenAI's sends a request once more by itself.
fn is_repeat(headers: &HeaderMap) -> bool {
    let count = headers.get("x-stainless-retry-count").and_then(|count| count.to_str().ok()?.parse().ok());
    count.is_some_and(|count: u32| count > 0)
}

/// Reads the fields that are OpenAI's own.
fn read(state: &AppState, mut object: Object) -> Result<Asked, ApiError> {
    match object.text("stream_format")?.as_deref() {
        None | Some("audio") => {}
        Some("sse") => {
            let message = "speech doesn't come as events here; leave stream_format out";
            return Err(ApiError::invalid("stream_format", message));
        }
        Some(_) => return Err(ApiError::invalid("stream_format", "stream_format must be audio")),
    }
    let voice = voice(object.take("voice"))?;
    let mut asked = Asked::read(state, Modality::Speech, object, NAMES)?;
    asked.input.extend(voice.map(|voice| ("voice".to_owned(), voice)));
    Ok(asked)
}

fn voice(written: Option<Value>) -> Result<Option<Value>, ApiError> {
    let wrong = || ApiError::malformed("voice", "voice must be a name, or an object with an id");
    match written {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.into())),
        Some(Value::Object(mut object)) if object.len() == 1 => match object.remove("id") {
            Some(Value::String(id)) => Ok(Some(id.into())),
            _ => Err(wrong()),
        },
        Some(_) => Err(wrong()),
    }
}

/// The sound as it comes. One that breaks off ends its connection, so that nobody takes it for whole.
fn answer(reply: CallReply) -> Response {
    let media_type = reply.media_type.and_then(|media_type| HeaderValue::from_str(&media_type).ok());
    let unknown = HeaderValue::from_static("application/octet-stream");
    let headers = [
        (header::CONTENT_TYPE, media_type.unwrap_or(unknown)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Proxies that buffer would hold the sound back.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    let mut response = (headers, ResponseBody::from_stream(reply.body)).into_response();
    served::tell(&mut response, &reply.provider, reply.from_cache);
    response
}
