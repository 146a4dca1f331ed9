//! Pictures that take a while: accepted with a URL, which is asked until the picture is there.

use serde_json::{Value, json};

use super::super::link;
use super::request::ImageRequest;
use crate::answer::Answer;
use crate::call::Call;
use crate::content::{as_uuid, is_filtered};
use crate::media::{Media, PictureFormat, Size};
use crate::refusal::Refusal;
use crate::world::{Outcome, Stand, Task};

/// Accepts one picture, however many were asked for.
pub(super) fn start(call: &Call<'_>, request: &ImageRequest) -> Result<Answer, Refusal> {
    let details = json!({"object": OBJECT, "prompt": request.prompt, "size": request.size.to_string()});
    let mut task = call.add_task(as_uuid(&call.new_id("", 32)), details);
    if is_filtered(&request.prompt) {
        task.outcome = Outcome::Failed { code: Some("Request Moderated".to_owned()), message: None };
        call.world.tasks.lock().change(task.clone());
    }
    let polling_url = format!("{}/tasks/{}", call.vendor.base_url(call.origin), task.id);
    let accepted = json!({"output": [{"taskId": task.id, "polling_url": polling_url}]});
    Ok(Answer::json(&accepted).with_task_id(task.id))
}

/// `GET /v1/tasks/{id}`.
pub(in super::super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = call.params.get("id");
    let mut task = call.task("task", id)?;
    if task.details["object"] != OBJECT {
        return Err(Refusal::NotFound { what: "task", id: id.to_owned() });
    }
    let (status, result, detail) = match task.stand(call.now()) {
        Stand::Queued | Stand::Running(_) => ("Pending".to_owned(), Value::Null, None),
        Stand::Done(_) => {
            let sample = link::of_task(call, &mut task, picture);
            ("Ready".to_owned(), json!({"sample": sample, "prompt": task.details["prompt"]}), None)
        }
        Stand::Failed(_) => {
            let (status, detail) = failure(&task);
            (status, Value::Null, detail)
        }
    };
    let mut shown = json!({"id": task.id, "status": status, "result": result});
    if let Some(detail) = detail {
        shown["detail"] = json!(detail);
    }
    Ok(Answer::json(&shown))
}

/// What tells these tasks from videos.
const OBJECT: &str = "image";

fn picture(task: &Task) -> Media {
    let size = task.details["size"].as_str().and_then(Size::parse).unwrap_or(Size::new(1024, 1024));
    PictureFormat::Png.draw(size, task.details["prompt"].as_str().unwrap_or_default())
}

/// The status of a picture that can't be had, and what more there is to say.
fn failure(task: &Task) -> (String, Option<String>) {
    match &task.outcome {
        Outcome::Failed { code, message } => {
            (code.clone().unwrap_or_else(|| "Error".to_owned()), message.clone())
        }
        _ => ("Error".to_owned(), None),
    }
}
