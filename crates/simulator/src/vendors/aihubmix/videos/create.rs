//! Videos that are asked for: from words, and from other videos.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};

use super::super::super::openai::videos::task;
use super::super::link;
use super::channel::Channel;
use super::family::{Family, VideoRequest};
use super::fields::prompt;
use crate::answer::Answer;
use crate::call::Call;
use crate::content::is_filtered;
use crate::refusal::Refusal;
use crate::vendors::ModelKind;
use crate::world::{Outcome, Stand};

/// `POST /v1/videos`, as a form or as JSON.
pub(in super::super) fn create(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.fields()?;
    let model = fields.required_text("model")?;
    call.model(model, |kind| kind == ModelKind::Video)?;
    let VideoRequest { prompt, seconds, size } = Family::of(model).read(&fields)?;
    Ok(start(
        call,
        json!({
            "object": "video",
            "model": model,
            "prompt": prompt,
            "seconds": seconds.to_string(),
            "size": size.to_string(),
            "duration": seconds,
            "width": size.width,
            "height": size.height,
            "remixed_from_video_id": null,
        }),
    ))
}

/// `POST /v1/videos/{id}/remix`: the same video with other words.
pub(in super::super) fn remix(call: &Call<'_>) -> Result<Answer, Refusal> {
    let original = task(call, call.params.get("id"))?;
    if !matches!(original.stand(call.now()), Stand::Done(_)) {
        let message = "Only videos that are completed can be remixed.";
        return Err(Refusal::own(StatusCode::BAD_REQUEST, "video_not_ready", message));
    }
    let mut details = original.details;
    details["prompt"] = json!(prompt(&call.fields()?)?);
    details["remixed_from_video_id"] = json!(original.id);
    link::forget(&mut details);
    Ok(start(call, details))
}

fn start(call: &Call<'_>, details: Value) -> Answer {
    let model = details["model"].as_str().unwrap_or_default().to_owned();
    let mut task = call.add_task(id(call, &model), details);
    if is_filtered(task.details["prompt"].as_str().unwrap_or_default()) {
        task.outcome = Outcome::Failed {
            code: Some("moderation_blocked".to_owned()),
            message: Some("Your request was blocked by our moderation system.".to_owned()),
        };
        call.world.tasks.lock().change(task.clone());
    }
    // However soon it is over.
    let accepted = Channel::of(Family::of(&model)).video(call, &mut task, Stand::Queued);
    Answer::json(&accepted).with_task_id(task.id)
}

/// Long, and readable for the vendor only: the model, the id at its vendor, and the channel.
fn id(call: &Call<'_>, model: &str) -> String {
    let upstream = format!(r#"{{"model":{},"id":{}}}"#, json!(model), json!(call.new_id("video_", 48)));
    format!("{}channel12", BASE64_URL_SAFE_NO_PAD.encode(upstream))
}
