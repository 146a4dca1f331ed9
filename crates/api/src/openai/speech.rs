//! `POST /v1/audio/speech`.

use axum::body::Body as ResponseBody;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fourfold_domain::Modality;
use fourfold_service::ServiceError;
use fourfold_service::jobs::{AttachedJob, JobView};
use http::{HeaderMap, Method, Uri, header};
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::{Asked, succeeded};
use crate::AppState;
use crate::description::{AttachedErrors, BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Body, Object, User, UserHeader, idempotency};
use crate::native::jobs::served_by;

/// Ours, then OpenAI's.
const NAMES: &[(&str, &str)] = &[("text", "input"), ("format", "response_format")];

/// A text to be spoken, in OpenAI's shape. What else a model can be told is in its `parameters`; see `/api/v1/models`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewSpeech {
    /// The model's name; see `/api/v1/models`.
    model: String,
    /// What to say.
    input: String,
    /// Who says it: a name, or an object with the `id` of a voice.
    #[schema(value_type = Option<Object>)]
    voice: Option<Value>,
    /// The format of the sound; left out, the model's own.
    response_format: Option<String>,
    speed: Option<f64>,
    /// How to say it.
    instructions: Option<String>,
    /// `audio`; there are no events.
    stream_format: Option<String>,
    /// Taken and not passed on: who it is for is told by the key and `Fourfold-User`.
    user: Option<String>,
}

/// Speaks a text.
///
/// It is a job for which the answer waits, for at most 10 minutes: the sound is stored, charged and listed like any
/// other result, and comes once it is whole. A client who leaves before a vendor is asked calls it off. With
/// `Idempotency-Key` the same request sent again is given the same sound.
#[utoipa::path(post, path = "/v1/audio/speech", tag = "openai", operation_id = "create_speech",
    request_body = NewSpeech,
    params(UserHeader,
        ("Idempotency-Key" = Option<String>, Header, description = "makes the request idempotent for 24 h")),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>, description = "the sound"),
        KeyErrors,
        BodyErrors,
        AttachedErrors,
        (status = 404, body = ErrorBody, description = "no such model, or the sound was removed since")))]
pub(crate) async fn create(
    State(state): State<AppState>,
    user: User,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let idempotency = idempotency(&headers, &method, &uri, &body).await?;
    let asked = read(&state, body.object)?;
    let AttachedJob { view, .. } = asked.wait(&state, user, idempotency).await?;
    answer(&state, &succeeded(view)?).await
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

async fn answer(state: &AppState, view: &JobView) -> Result<Response, ApiError> {
    let artifact = view.artifacts.first().ok_or_else(ApiError::internal)?;
    if artifact.removed_at.is_some() {
        return Err(ServiceError::Removed.into());
    }
    let sound = state.artifacts.read(artifact, 0, None).await?;
    let length = [(header::CONTENT_LENGTH, artifact.object.size_bytes)];
    let kind = [(header::CONTENT_TYPE, artifact.object.media_type.clone())];
    let nosniff = [(header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    let mut response = (length, kind, nosniff, ResponseBody::from_stream(sound.bytes)).into_response();
    response.headers_mut().extend(served_by(view));
    Ok(response)
}
