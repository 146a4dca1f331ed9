//! Videos that were asked for.

use serde_json::json;

use super::super::super::openai::videos::task;
use super::channel::Channel;
use super::family::Family;
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;

/// `GET /v1/videos/{id}`.
pub(in super::super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut task = task(call, call.params.get("id"))?;
    let channel = Channel::of(Family::of(task.details["model"].as_str().unwrap_or_default()));
    let stand = task.stand(call.now());
    Ok(Answer::json(&channel.video(call, &mut task, stand)))
}

/// `DELETE /v1/videos/{id}`: at any stage. What runs is paid nevertheless.
pub(in super::super) fn delete(call: &Call<'_>) -> Result<Answer, Refusal> {
    let task = task(call, call.params.get("id"))?;
    call.world.tasks.lock().remove(call.vendor, &task.id);
    Ok(Answer::json(&json!({"id": task.id, "object": "video.deleted", "deleted": true})))
}
