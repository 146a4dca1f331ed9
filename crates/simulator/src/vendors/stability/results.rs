//! Results that take a while: asked for by their id until they are there.

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Accepted, Made};
use super::{audio, images, videos};
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::{OwnRefusal, Refusal};
use crate::world::{Outcome, Stand, Task};

/// `GET /v2beta/results/{id}`: of any kind.
pub(super) fn any(call: &Call<'_>) -> Result<Answer, Refusal> {
    result(call, None, "result")
}

/// `GET /v2beta/stable-image/upscale/creative/result/{id}`.
pub(super) fn picture(call: &Call<'_>) -> Result<Answer, Refusal> {
    result(call, Some("image"), "image")
}

/// `GET /v2beta/audio/results/{id}`.
pub(super) fn sound(call: &Call<'_>) -> Result<Answer, Refusal> {
    result(call, Some("audio"), "audio")
}

/// `GET /v2beta/image-to-video/result/{id}`.
pub(super) fn video(call: &Call<'_>) -> Result<Answer, Refusal> {
    result(call, Some("video"), "video")
}

fn result(call: &Call<'_>, wanted: Option<&str>, name: &str) -> Result<Answer, Refusal> {
    let id = call.params.get("id");
    if id.len() != 64 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refusal::not_allowed("id", id, "64 hexadecimal digits"));
    }
    let task = call.task("Result", id)?;
    let kind = task.details["kind"].as_str().unwrap_or_default();
    if wanted.is_some_and(|wanted| wanted != kind) {
        return Err(Refusal::NotFound { what: "Result", id: id.to_owned() });
    }
    let accepted = Accepted::read(call, &format!("{kind}/*"))?;
    match task.stand(call.now()) {
        Stand::Queued | Stand::Running(_) => {
            let body = json!({"id": task.id, "status": "in-progress"});
            Ok(Answer::json(&body).with_status(StatusCode::ACCEPTED))
        }
        Stand::Failed(_) => Err(failure(&task)),
        Stand::Done(_) => Ok(finished(kind, &task.details).answer(accepted, name)),
    }
}

fn finished(kind: &str, details: &Value) -> Made {
    match kind {
        "audio" => audio::finished(details),
        "video" => videos::finished(details),
        _ => images::finished(details),
    }
}

/// Moderated results are refused; all others failed inside.
fn failure(task: &Task) -> Refusal {
    let (code, message) = match &task.outcome {
        Outcome::Failed { code, message } => (code.as_deref(), message.as_deref()),
        _ => (None, None),
    };
    let (status, code, usual) = match code {
        Some("content_moderation") => (
            StatusCode::FORBIDDEN,
            "content_moderation",
            "Your request was flagged by our content moderation system.",
        ),
        _ => {
            (StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "An unexpected server error has occurred.")
        }
    };
    Refusal::Own(OwnRefusal { status, code, message: message.unwrap_or(usual).to_owned(), field: None })
}
