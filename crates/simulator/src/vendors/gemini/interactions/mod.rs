//! `interactions`: what a model does with an input; kept, unless asked not to be. The way to videos today.

mod answer;
mod format;
mod input;
mod request;
mod shapes;
mod stream;

use http::StatusCode;
use serde_json::{Value, json};

use super::time;
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::world::{Outcome, Stand, Task};
use answer::Interaction;
use request::InteractionRequest;

/// Whether this is a path of interactions.
pub(super) fn is_path(path: &str) -> bool {
    let rest = path.strip_prefix("/v1beta").or_else(|| path.strip_prefix("/v1"));
    rest.and_then(|rest| rest.strip_prefix("/interactions"))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `POST /v1beta/interactions`: whole, as events, or in the background.
pub(super) fn create(call: &Call<'_>) -> Result<Answer, Refusal> {
    let request = InteractionRequest::read(call)?;
    let interaction = Interaction::new(call, &request);
    let whole = interaction.whole();
    let id = interaction.id.clone();
    if request.is_stored {
        let details = json!({
            "object": "interaction",
            "asked": request.asked.prompt.text,
            "is_background": request.is_background,
            "whole": whole,
        });
        let mut task = call.add_task(id.clone(), details);
        if request.is_background && !request.is_streamed {
            return Ok(Answer::json(&shown(&task, Stand::Queued)).with_task_id(id));
        }
        (task.queued, task.running) = Default::default();
        call.world.tasks.lock().change(task);
    }
    let answer =
        if request.is_streamed { Answer::events(stream::events(&interaction)) } else { Answer::json(&whole) };
    Ok(answer.with_task_id(id))
}

/// `GET /v1beta/interactions/{id}`.
pub(super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    let task = task(call, call.params.get("id"))?;
    Ok(Answer::json(&shown(&task, task.stand(call.now()))))
}

/// `DELETE /v1beta/interactions/{id}`.
pub(super) fn delete(call: &Call<'_>) -> Result<Answer, Refusal> {
    let task = task(call, call.params.get("id"))?;
    call.world.tasks.lock().remove(call.vendor, &task.id);
    Ok(Answer::json(&json!({})))
}

/// `POST /v1beta/interactions/{id}/cancel`: one that still runs in the background.
pub(super) fn cancel(call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut task = task(call, call.params.get("id"))?;
    let stand = task.stand(call.now());
    let runs = matches!(stand, Stand::Queued | Stand::Running(_)) && task.details["is_cancelled"] != true;
    if task.details["is_background"] != true || !runs {
        let message = "Only interactions that still run in the background can be cancelled.";
        return Err(Refusal::own(StatusCode::BAD_REQUEST, "FAILED_PRECONDITION", message));
    }
    task.details["is_cancelled"] = json!(true);
    call.world.tasks.lock().change(task.clone());
    Ok(Answer::json(&shown(&task, stand)))
}

/// The task of an interaction that this key made.
fn task(call: &Call<'_>, id: &str) -> Result<Task, Refusal> {
    let not_found = || Refusal::NotFound { what: "interaction", id: id.to_owned() };
    call.task("interaction", id).and_then(|task| match task.details["object"] == "interaction" {
        true => Ok(task),
        false => Err(not_found()),
    })
}

/// The interaction as it is at that stage: with what the model made only once it is over.
fn shown(task: &Task, stand: Stand) -> Value {
    let mut shown = task.details["whole"].clone();
    let (status, updated_at) = match stand {
        _ if task.details["is_cancelled"] == true => ("cancelled", task.accepted_at),
        Stand::Queued => ("queued", task.accepted_at),
        Stand::Running(_) => ("in_progress", task.accepted_at + task.queued),
        Stand::Done(at) => {
            shown["updated"] = json!(time::written(at));
            return shown;
        }
        Stand::Failed(at) => ("failed", at),
    };
    shown["status"] = json!(status);
    shown["updated"] = json!(time::written(updated_at));
    if let Value::Object(fields) = &mut shown {
        fields.remove("usage");
        fields.remove("errors");
    }
    if let Some(steps) = shown["steps"].as_array_mut() {
        steps.retain(|step| step["type"] == "user_input");
    }
    if let (Outcome::Failed { code, message }, "failed") = (&task.outcome, status) {
        shown["errors"] = json!([{
            "code": code.as_deref().unwrap_or("internal"),
            "message": message.as_deref().unwrap_or("The interaction could not be completed."),
        }]);
    }
    shown
}
