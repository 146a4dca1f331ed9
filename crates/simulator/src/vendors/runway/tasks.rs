//! Tasks: asked for until they are over, cancelled before, deleted after.

use http::StatusCode;
use serde_json::{Value, json};

use super::{account, outputs, throttle, version};
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::world::{Outcome, Stand, Task};

/// `GET /v1/tasks/{id}`: with fresh links each time.
pub(super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    version::check(call)?;
    let task = call.task("Task", call.params.get("id"))?;
    let mut view = json!({
        "id": task.id,
        "createdAt": humantime::format_rfc3339_millis(task.accepted_at).to_string(),
    });
    for (field, value) in stand(call, &task) {
        view[field] = value;
    }
    Ok(Answer::json(&view))
}

/// `DELETE /v1/tasks/{id}`: cancels what isn't over, and forgets what is. It is unknown from then on.
pub(super) fn delete(call: &Call<'_>) -> Result<Answer, Refusal> {
    version::check(call)?;
    let id = call.params.get("id");
    account::remove(call, id).map(|()| Answer::empty(StatusCode::NO_CONTENT))
}

/// What tells one state from another. A task whose fault has the code `CANCELLED` ends as if somebody had
/// cancelled it elsewhere.
fn stand(call: &Call<'_>, task: &Task) -> Vec<(&'static str, Value)> {
    let status = |status: &str| ("status", json!(status));
    let estimated = || ("estimatedCost", json!({"credits": task.details["estimated"]}));
    let cost = || ("cost", json!({"credits": account::charged(task, call.now())}));
    match (task.stand(call.now()), &task.outcome) {
        (Stand::Queued, _) if throttle::is_held_back(task, call.now()) => {
            vec![status("THROTTLED"), estimated()]
        }
        (Stand::Queued, _) => vec![status("PENDING"), estimated()],
        (Stand::Running(done), _) => vec![status("RUNNING"), ("progress", json!(done)), estimated()],
        (Stand::Failed(_), Outcome::Failed { code: Some(code), .. }) if code == "CANCELLED" => {
            vec![status("CANCELLED"), cost()]
        }
        (Stand::Failed(_), outcome) => {
            let (code, message) = failure(outcome);
            vec![status("FAILED"), ("failure", message), ("failureCode", code), cost()]
        }
        (Stand::Done(_), _) => {
            let words = task.details["words"].as_str().unwrap_or_default();
            let files = outputs::media(&task.details["output"], words);
            let links = files.into_iter().map(|file| call.link(file)).collect();
            vec![status("SUCCEEDED"), ("output", links), cost()]
        }
    }
}

fn failure(outcome: &Outcome) -> (Value, Value) {
    let (code, message) = match outcome {
        Outcome::Failed { code, message } => (code.as_deref(), message.as_deref()),
        _ => (None, None),
    };
    let code = code.unwrap_or("INTERNAL");
    let usual = match code {
        code if code.contains("SAFETY") => "The input did not pass content moderation.",
        "ASSET.INVALID" => "An input file could not be used.",
        _ => "An unexpected error occurred.",
    };
    (json!(code), json!(message.unwrap_or(usual)))
}
