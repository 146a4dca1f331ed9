//! Videos that are asked for: from words, and from other videos.

use serde_json::{Value, json};

use super::video::{task, video};
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::content::is_filtered;
use crate::refusal::Refusal;
use crate::vendors::ModelKind;
use crate::world::{Outcome, Stand, Task};

const SIZES: [&str; 4] = ["720x1280", "1280x720", "1024x1792", "1792x1024"];

/// `POST /v1/videos`, as a form or as JSON.
pub(in super::super::super) fn create(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.fields()?;
    let prompt = prompt(&fields)?;
    let model = fields.text("model")?.unwrap_or("sora-2");
    call.model(model, |kind| kind == ModelKind::Video)?;
    check_reference(&fields)?;
    let seconds = fields.one_of("seconds", &["4", "8", "12"])?.unwrap_or("4");
    let size = fields.one_of("size", &SIZES)?.unwrap_or(SIZES[0]);
    Ok(start(call, json!({"model": model, "prompt": prompt, "seconds": seconds, "size": size})))
}

/// `POST /v1/videos/{id}/remix`: the same video with other words.
pub(in super::super::super) fn remix(call: &Call<'_>) -> Result<Answer, Refusal> {
    let original = finished(call, call.params.get("id"))?;
    let prompt = prompt(&call.fields()?)?;
    Ok(start(call, derived(&original, &prompt, None)))
}

/// `POST /v1/videos/edits`.
pub(in super::super::super) fn edit(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.fields()?;
    let prompt = prompt(&fields)?;
    Ok(match brought(call, &fields)? {
        Some(original) => start(call, derived(&original, &prompt, None)),
        None => start(call, json!({"model": "sora-2", "prompt": prompt, "seconds": "4", "size": SIZES[0]})),
    })
}

/// `POST /v1/videos/extensions`.
pub(in super::super::super) fn extend(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.fields()?;
    let prompt = prompt(&fields)?;
    let seconds = fields.one_of("seconds", &["4", "8", "12", "16", "20"])?.unwrap_or("4");
    Ok(match brought(call, &fields)? {
        Some(original) => start(call, derived(&original, &prompt, Some(seconds))),
        None => {
            start(call, json!({"model": "sora-2", "prompt": prompt, "seconds": seconds, "size": SIZES[0]}))
        }
    })
}

fn start(call: &Call<'_>, mut details: Value) -> Answer {
    details["object"] = json!("video");
    if details.get("remixed_from_video_id").is_none() {
        details["remixed_from_video_id"] = Value::Null;
    }
    let mut task = call.add_task(call.new_id("video_", 32), details);
    if is_filtered(task.details["prompt"].as_str().unwrap_or_default()) {
        let code = Some("moderation_blocked".to_owned());
        task.outcome = Outcome::Failed { code, message: None };
        call.world.tasks.lock().change(task.clone());
    }
    // However soon it is over.
    Answer::json(&video(&task, Stand::Queued)).with_task_id(task.id)
}

fn derived(original: &Task, prompt: &str, seconds: Option<&str>) -> Value {
    let mut details = original.details.clone();
    details["prompt"] = json!(prompt);
    details["remixed_from_video_id"] = json!(original.id);
    if let Some(seconds) = seconds {
        details["seconds"] = json!(seconds);
    }
    details
}

/// The video that a request names by its id; none where it brings a file.
fn brought(call: &Call<'_>, fields: &Fields) -> Result<Option<Task>, Refusal> {
    if !fields.files("video").is_empty() {
        return Ok(None);
    }
    let named = fields.value("video").and_then(|video| video.get("id")).and_then(Value::as_str);
    let named = named.or(fields.text("video[id]").ok().flatten());
    named.map_or_else(|| Err(Refusal::missing("video")), |id| finished(call, id).map(Some))
}

fn finished(call: &Call<'_>, id: &str) -> Result<Task, Refusal> {
    let original = task(call, id)?;
    match original.stand(call.now()) {
        Stand::Done(_) => Ok(original),
        _ => Err(Refusal::not_allowed("video", id, "videos that are completed")),
    }
}

fn prompt(fields: &Fields) -> Result<String, Refusal> {
    fields.bounded_text("prompt", 32_000).map(str::to_owned)
}

/// A picture or a video that comes as a file, or in JSON as a link.
fn check_reference(fields: &Fields) -> Result<(), Refusal> {
    if let Some(link) = fields.value("input_reference")
        && !["image_url", "file_id"].iter().any(|key| link.get(key).is_some_and(Value::is_string))
    {
        return Err(Refusal::wrong_type("input_reference", "an object with image_url or file_id", link));
    }
    let kinds = ["image/jpeg", "image/png", "image/webp", "video/mp4"];
    for file in fields.files("input_reference") {
        let kind = file.media_type.as_deref().unwrap_or("application/octet-stream");
        if !kinds.contains(&kind) {
            return Err(Refusal::not_allowed("input_reference", kind, kinds.join(", ")));
        }
    }
    Ok(())
}
