//! `POST /v1/audio/transcriptions`.

use axum::extract::{Request, State};
use axum::response::Response;
use fourfold_domain::Modality;
use fourfold_service::jobs::AttachedJob;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::{Asked, streams, succeeded};
use super::transcript::{Format, TranscriptionBody, answer};
use crate::AppState;
use crate::description::{AttachedErrors, BodyErrors, KeyErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Form, IdempotencyHeader, Object, User, UserHeader, idempotency_key, idempotency_of};

/// Ours, then OpenAI's.
const NAMES: &[(&str, &str)] = &[("audio", "file"), ("timestamps", "timestamp_granularities")];

/// A sound whose text is wanted, in OpenAI's shape. What else a model can be told is in its `parameters`; see
/// `/api/v1/models`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read as it comes, this documents it")]
pub(crate) struct NewTranscription {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// What to listen to.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The language that is spoken, as ISO 639-1.
    language: Option<String>,
    /// Words that may occur in it.
    prompt: Option<String>,
    temperature: Option<f64>,
    /// json, which holds where it is left out, text, srt, vtt, verbose_json or diarized_json. srt, vtt and verbose_json
    /// need a model that tells times, diarized_json one that tells speakers apart.
    #[schema(pattern = "^(json|text|srt|vtt|verbose_json|diarized_json)$")]
    response_format: Option<String>,
    /// Of verbose_json: what is told with its time, `segment`, `word` or both.
    #[schema(rename = "timestamp_granularities[]")]
    timestamp_granularities: Option<Vec<String>>,
    /// Taken and not passed on: who it is for is told by the key and `Fourfold-User`.
    user: Option<String>,
}

/// Writes down what is said in a sound.
///
/// It is a job for which the answer waits, for at most 10 minutes: the text is stored, charged and listed like any
/// other result, and the sound becomes a file of the account. A client who leaves before a vendor is asked calls it
/// off. With `Idempotency-Key` the same request sent again is given the same text.
#[utoipa::path(post, path = "/v1/audio/transcriptions", tag = "openai", operation_id = "create_transcription",
    request_body(content = NewTranscription, content_type = "multipart/form-data"),
    params(UserHeader,
        IdempotencyHeader),
    responses(
        (status = 200, description = "what is said",
            content((TranscriptionBody = "application/json"), (String = "text/plain"))),
        KeyErrors,
        BodyErrors,
        AttachedErrors,
        (status = 404, body = ErrorBody, description = "no such model, or the text was removed since")))]
pub(crate) async fn create(
    State(state): State<AppState>,
    user: User,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    idempotency_key(&headers)?;
    let form = Form::read(&state, &user.subject, request).await?;
    let heard = async {
        let idempotency = idempotency_of(&headers, &method, &uri, form.fingerprint)?;
        let (asked, format) = read(&state, form.object()?)?;
        Ok((asked.wait(&state, user, idempotency).await?, format))
    };
    let heard: Result<_, ApiError> = heard.await;
    if !heard.as_ref().is_ok_and(|(job, _)| job.is_new) {
        form.discard(&state).await;
    }
    let (AttachedJob { view, .. }, format) = heard?;
    answer(&state, &succeeded(view)?, format).await
}

/// Reads the fields that are OpenAI's own.
fn read(state: &AppState, mut object: Object) -> Result<(Asked, Format), ApiError> {
    if streams(&mut object)? {
        let message = "transcriptions don't come as events here; leave stream out";
        return Err(ApiError::invalid("stream", message));
    }
    let format = Format::read(object.text("response_format")?.as_deref())?;
    let granularities = granularities(object.take("timestamp_granularities"))?;
    let mut asked = Asked::read(state, Modality::Transcription, object, NAMES)?;
    asked.read_texts();
    let timestamps = match (format, granularities) {
        (Format::Verbose, Some(Granularity::Word)) => Some("word"),
        (Format::Verbose | Format::Srt | Format::Vtt, None | Some(Granularity::Segment)) => Some("segment"),
        (_, None) => None,
        (_, Some(_)) => {
            let message = "timestamp_granularities needs the response_format verbose_json";
            return Err(ApiError::invalid("timestamp_granularities", message));
        }
    };
    if format == Format::Diarized {
        if asked.parameter("speakers").is_none() {
            let message = format!(
                "response_format can't be diarized_json: {} tells no speakers apart",
                asked.model.name
            );
            return Err(ApiError::invalid("response_format", message));
        }
        asked.tell("speakers", "response_format", true.into());
        // Whatever is told apart, the vendor divides the sound by itself.
        if asked.input.get("chunking_strategy") == Some(&Value::from("auto")) {
            asked.input.remove("chunking_strategy");
        }
    }
    if let Some(timestamps) = timestamps {
        if asked.parameter("timestamps").is_none() {
            let message =
                format!("response_format must be json or text: {} tells no times", asked.model.name);
            return Err(ApiError::invalid("response_format", message));
        }
        asked.input.insert("timestamps".to_owned(), timestamps.into());
    }
    Ok((asked, format))
}

/// What is told with its time; words come with their segments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Granularity {
    Segment,
    Word,
}

fn granularities(written: Option<Value>) -> Result<Option<Granularity>, ApiError> {
    let written = match written {
        None => return Ok(None),
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
    };
    let mut finest = Granularity::Segment;
    for one in &written {
        match one.as_str() {
            Some("segment") => {}
            Some("word") => finest = Granularity::Word,
            _ => {
                let message = "timestamp_granularities must be segment, word or both";
                return Err(ApiError::invalid("timestamp_granularities", message));
            }
        }
    }
    Ok(Some(finest))
}
