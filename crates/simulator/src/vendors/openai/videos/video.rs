//! A video as the vendor describes it.

use serde_json::{Value, json};

use crate::call::Call;
use crate::refusal::Refusal;
use crate::world::{Outcome, Stand, Task, unix_seconds};

/// The task of a video that this key made.
pub(in super::super::super) fn task(call: &Call<'_>, id: &str) -> Result<Task, Refusal> {
    call.task("Video", id).and_then(|task| match is_video(&task) {
        true => Ok(task),
        false => Err(Refusal::NotFound { what: "Video", id: id.to_owned() }),
    })
}

pub(super) fn is_video(task: &Task) -> bool {
    task.details["object"] == "video"
}

/// What the video looks like when it stands so.
pub(in super::super::super) fn video(task: &Task, stand: Stand) -> Value {
    let mut video = task.details.clone();
    let (status, progress, ended_at) = match stand {
        Stand::Queued => ("queued", 0, None),
        Stand::Running(done) => ("in_progress", percent(done), None),
        Stand::Done(at) => ("completed", 100, Some(at)),
        Stand::Failed(at) => ("failed", 0, Some(at)),
    };
    video["id"] = json!(task.id);
    video["status"] = json!(status);
    video["progress"] = json!(progress);
    video["created_at"] = json!(unix_seconds(task.accepted_at));
    video["completed_at"] = json!(ended_at.map(unix_seconds));
    video["expires_at"] = json!(ended_at.map(|_| unix_seconds(task.expires_at())));
    video["error"] = error(task, status);
    video
}

fn error(task: &Task, status: &str) -> Value {
    match &task.outcome {
        Outcome::Failed { code, message } if status == "failed" => json!({
            "code": code.as_deref().unwrap_or("video_generation_failed"),
            "message": message.as_deref().unwrap_or("The video could not be generated."),
        }),
        _ => Value::Null,
    }
}

fn percent(done: f64) -> u8 {
    // From 0 to 1, so only the fraction is cut off.
    let percent = (done * 100.0) as u8;
    percent.min(99)
}
