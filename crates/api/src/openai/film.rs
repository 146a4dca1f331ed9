//! A video on OpenAI's wire: as it is asked for, and as it is shown.

use fourfold_domain::{JobState, Modality, Size};
use fourfold_service::jobs::JobView;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::asked::Asked;
use crate::AppState;
use crate::error::ApiError;
use crate::extract::Object;

/// A video to be made, in OpenAI's shape. What else a model can be told is in its `parameters`; see `/api/v1/models`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewVideo {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// What to show.
    #[schema(min_length = 1)]
    prompt: String,
    /// How long, such as `"8"`.
    seconds: Option<String>,
    /// `WIDTHxHEIGHT`. A model that chooses the size itself is told the ratio and the resolution that it has.
    size: Option<String>,
    /// A picture to begin with: an object with `image_url` or `file_id`.
    #[schema(value_type = Option<Object>)]
    input_reference: Option<Value>,
    /// Taken and not passed on: who it is for is told by the key and `Fourfold-User`.
    user: Option<String>,
}

/// A video to be made, with what it begins with.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read as it comes, this documents it")]
pub(crate) struct NewVideoForm {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// What to show.
    #[schema(min_length = 1)]
    prompt: String,
    /// How long.
    seconds: Option<String>,
    /// `WIDTHxHEIGHT`. A model that chooses the size itself is told the ratio and the resolution that it has.
    size: Option<String>,
    /// A picture to begin with.
    #[schema(value_type = Option<String>, format = Binary)]
    input_reference: Option<Vec<u8>>,
    /// Taken and not passed on: who it is for is told by the key and `Fourfold-User`.
    user: Option<String>,
}

/// A video, in OpenAI's shape.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiVideo)]
pub(crate) struct VideoBody {
    /// Its job's id.
    id: String,
    /// Always `video`.
    object: &'static str,
    model: String,
    /// queued, in_progress, completed or failed.
    status: &'static str,
    /// How far it is, 0 to 100, as far as the vendor tells.
    progress: u8,
    /// In seconds since 1970.
    created_at: i64,
    /// In seconds since 1970, once it is completed.
    completed_at: Option<i64>,
    /// Always null: `/api/v1/jobs/{id}` tells when a result was removed.
    expires_at: Option<i64>,
    #[schema(value_type = Option<String>)]
    prompt: Option<Value>,
    /// How long, where it is known.
    seconds: Option<String>,
    /// Where it is known.
    #[schema(value_type = Option<String>)]
    size: Option<Value>,
    /// Always null.
    remixed_from_video_id: Option<String>,
    /// Why it failed.
    error: Option<VideoError>,
}

/// Why a video failed.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiVideoError)]
struct VideoError {
    /// A word for programs.
    code: String,
    /// A sentence for people.
    message: String,
}

/// Reads a request for a video.
pub(super) fn read(state: &AppState, mut object: Object) -> Result<Asked, ApiError> {
    let reference = reference(object.take("input_reference"))?;
    let size = object.text("size")?;
    let mut asked = Asked::read(state, Modality::Video, object, &[])?;
    asked.read_texts();
    if let Some(size) = size {
        for (name, value) in sizes(&asked, &size)? {
            asked.tell(name, "size", value);
        }
    }
    if let Some(reference) = reference {
        match asked.parameter("image").is_none() && asked.parameter("references").is_some() {
            true => asked.tell("references", "input_reference", reference),
            false => asked.tell("image", "input_reference", reference),
        }
    }
    Ok(asked)
}

/// What a video begins with: a file of a form is named already.
fn reference(written: Option<Value>) -> Result<Option<Value>, ApiError> {
    let wrong = || {
        let message = "input_reference must be a file, or an object with image_url or file_id";
        ApiError::malformed("input_reference", message)
    };
    match written {
        None => Ok(None),
        Some(Value::String(media)) => Ok(Some(media.into())),
        Some(Value::Object(object)) if object.len() == 1 => match object.into_iter().next() {
            Some((name, Value::String(url))) if name == "image_url" => Ok(Some(url.into())),
            Some((name, Value::String(id))) if name == "file_id" => Ok(Some(format!("file:{id}").into())),
            _ => Err(wrong()),
        },
        Some(_) => Err(wrong()),
    }
}

/// The size in the words of the model: as it is, or as the ratio and the resolution that it comes to.
fn sizes(asked: &Asked, written: &str) -> Result<Vec<(&'static str, Value)>, ApiError> {
    let choosing = ["aspect_ratio", "resolution"].map(|name| asked.parameter(name).is_some());
    if asked.parameter("size").is_some() || choosing == [false, false] {
        return Ok(vec![("size", written.into())]);
    }
    let size: Size = written.parse().map_err(|error| ApiError::invalid("size", format!("{error}")))?;
    let divisor = greatest_common_divisor(size.width, size.height);
    let ratio = format!("{}:{}", size.width / divisor, size.height / divisor);
    let resolution = format!("{}p", size.width.min(size.height));
    let told = [("aspect_ratio", ratio), ("resolution", resolution)].into_iter().zip(choosing);
    Ok(told.filter(|(_, known)| *known).map(|((name, value), _)| (name, value.into())).collect())
}

/// Of two numbers that aren't 0.
fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

impl VideoBody {
    pub(super) fn new(view: &JobView) -> Self {
        let job = &view.job;
        // It was an object when it was stored.
        let mut known: Map<String, Value> = serde_json::from_str(&job.input).unwrap_or_default();
        for (name, default) in &job.terms.defaults {
            known.entry(name).or_insert_with(|| default.clone());
        }
        let status = status(job.state);
        let is_completed = job.state == JobState::Succeeded;
        let seconds = known.remove("seconds").map(|seconds| match seconds {
            Value::String(text) => text,
            number => number.to_string(),
        });
        let failed = job.error.as_ref().filter(|_| status == "failed");
        Self {
            id: job.id.to_string(),
            object: "video",
            model: job.model.to_string(),
            status,
            progress: if is_completed { 100 } else { job.progress.unwrap_or(0) },
            created_at: job.created_at.millis() / 1000,
            completed_at: is_completed.then(|| job.updated_at.millis() / 1000),
            expires_at: None,
            prompt: known.remove("prompt"),
            seconds,
            size: known.remove("size"),
            remixed_from_video_id: None,
            error: failed
                .map(|error| VideoError { code: error.code.clone(), message: error.message.clone() }),
        }
    }
}

fn status(state: JobState) -> &'static str {
    match state {
        JobState::Queued | JobState::Starting => "queued",
        JobState::Running | JobState::Storing => "in_progress",
        JobState::Succeeded => "completed",
        JobState::Failed | JobState::Cancelled | JobState::Expired => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_one_of_openais() {
        let all = JobState::ALL.map(status);
        let expected =
            ["queued", "queued", "in_progress", "in_progress", "completed", "failed", "failed", "failed"];
        assert_eq!(all, expected);
    }

    #[test]
    fn a_reference_is_named_in_one_way() {
        let read = |written: Value| reference(Some(written)).ok().flatten();
        let (url, id) = ("https://a.test/a.png", "0192");
        assert_eq!(read(serde_json::json!({"image_url": url})), Some(url.into()));
        assert_eq!(read(serde_json::json!({"file_id": id})), Some("file:0192".into()));
        for wrong in [
            serde_json::json!({}),
            serde_json::json!({"image_url": url, "file_id": id}),
            serde_json::json!({"image_url": 1}),
            serde_json::json!({"video": url}),
            serde_json::json!(7),
        ] {
            assert!(reference(Some(wrong.clone())).is_err(), "{wrong}");
        }
    }
}
