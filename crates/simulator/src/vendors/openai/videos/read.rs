//! Videos that were made.

use std::time::Duration;

use http::StatusCode;
use http::header::LOCATION;
use serde_json::{Value, json};

use super::video::{is_video, task, video};
use crate::answer::Answer;
use crate::call::Call;
use crate::media::{Media, PictureFormat, Size, mp4};
use crate::refusal::Refusal;
use crate::world::{Stand, Task};

/// `GET /v1/videos/{id}`.
pub(in super::super::super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    let task = task(call, call.params.get("id"))?;
    Ok(Answer::json(&video(&task, task.stand(call.now()))))
}

/// `GET /v1/videos`, the newest first unless asked otherwise.
pub(in super::super::super) fn list(call: &Call<'_>) -> Result<Answer, Refusal> {
    let limit = query_number(call, "limit", 20)?;
    let mut tasks = call.world.tasks.lock().list(call.vendor, call.credential, call.now());
    tasks.retain(is_video);
    match call.query.get("order").map(String::as_str) {
        None | Some("desc") => tasks.reverse(),
        Some("asc") => {}
        Some(other) => return Err(Refusal::not_allowed("order", other, "'asc', 'desc'")),
    }
    if let Some(after) = call.query.get("after") {
        let place = tasks.iter().position(|task| task.id == *after);
        let place = place.ok_or_else(|| Refusal::NotFound { what: "Video", id: after.clone() })?;
        tasks.drain(..=place);
    }
    let has_more = tasks.len() > limit;
    tasks.truncate(limit);
    Ok(Answer::json(&json!({
        "object": "list",
        "data": tasks.iter().map(|task| video(task, task.stand(call.now()))).collect::<Vec<_>>(),
        "first_id": tasks.first().map(|task| &task.id),
        "last_id": tasks.last().map(|task| &task.id),
        "has_more": has_more,
    })))
}

/// `DELETE /v1/videos/{id}`: once it is over.
pub(in super::super::super) fn delete(call: &Call<'_>) -> Result<Answer, Refusal> {
    let task = task(call, call.params.get("id"))?;
    if matches!(task.stand(call.now()), Stand::Queued | Stand::Running(_)) {
        return Err(not_ready("Video is still being generated and can't be deleted yet."));
    }
    call.world.tasks.lock().remove(call.vendor, &task.id);
    Ok(Answer::json(&json!({"id": task.id, "object": "video.deleted", "deleted": true})))
}

/// `GET /v1/videos/{id}/content`: bytes, or a redirect to them where links are told to redirect.
pub(in super::super::super) fn content(call: &Call<'_>) -> Result<Answer, Refusal> {
    let task = task(call, call.params.get("id"))?;
    if !matches!(task.stand(call.now()), Stand::Done(_)) {
        return Err(not_ready("Video is not ready yet, use GET /v1/videos/{video_id} to check its status."));
    }
    let media = match call.query.get("variant").map(String::as_str) {
        None | Some("video") => film(&task),
        Some("thumbnail") => PictureFormat::Webp.draw(size(&task), prompt(&task)),
        Some("spritesheet") => PictureFormat::Webp.draw(Size::new(1024, 1024), prompt(&task)),
        Some(other) => {
            return Err(Refusal::not_allowed("variant", other, "'video', 'thumbnail', 'spritesheet'"));
        }
    };
    if call.world.timings().link_redirects > 0 {
        return Ok(Answer::empty(StatusCode::FOUND).with_header(LOCATION, &call.link(media)));
    }
    Ok(Answer::bytes(media.media_type, media.bytes))
}

/// The video of a task that is over.
pub(in super::super::super) fn film(task: &Task) -> Media {
    let seconds = task.details["seconds"].as_str().and_then(|seconds| seconds.parse().ok()).unwrap_or(4);
    mp4(size(task), Duration::from_secs(seconds), prompt(task))
}

fn size(task: &Task) -> Size {
    task.details["size"].as_str().and_then(Size::parse).unwrap_or(Size::new(720, 1280))
}

fn prompt(task: &Task) -> &str {
    task.details["prompt"].as_str().unwrap_or_default()
}

fn query_number(call: &Call<'_>, name: &str, default: usize) -> Result<usize, Refusal> {
    let Some(text) = call.query.get(name) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| (1..=100).contains(number));
    number
        .ok_or_else(|| Refusal::wrong_type(name, "an integer between 1 and 100", &Value::from(text.as_str())))
}

fn not_ready(message: &str) -> Refusal {
    Refusal::own(StatusCode::BAD_REQUEST, "video_not_ready", message)
}
