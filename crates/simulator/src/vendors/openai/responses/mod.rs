//! `/v1/responses`: plain, streamed, in the background; kept, unless asked not to be.

mod answer;
mod request;
mod stream;

use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::world::{Outcome, Stand, Task};
use answer::Response;
use request::ResponseRequest;

/// `POST /v1/responses`.
pub(in super::super) fn create(call: &Call<'_>) -> Result<Answer, Refusal> {
    let request = ResponseRequest::read(call, &call.json_fields()?)?;
    let response = Response::new(call, &request);
    let whole = response.whole();
    if request.is_background {
        let task = call.add_task(response.id.clone(), whole);
        return Ok(Answer::json(&shown(&task, Stand::Queued)).with_task_id(response.id));
    }
    if request.is_stored {
        store(call, &response.id, whole.clone());
    }
    let answer =
        if request.is_streamed { Answer::events(stream::events(&response)) } else { Answer::json(&whole) };
    Ok(answer.with_task_id(response.id))
}

/// `GET /v1/responses/{id}`.
pub(in super::super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    let task = task(call, call.params.get("id"))?;
    Ok(Answer::json(&shown(&task, task.stand(call.now()))))
}

/// `DELETE /v1/responses/{id}`.
pub(in super::super) fn delete(call: &Call<'_>) -> Result<Answer, Refusal> {
    let task = task(call, call.params.get("id"))?;
    call.world.tasks.lock().remove(call.vendor, &task.id);
    Ok(Answer::json(&json!({"id": task.id, "object": "response", "deleted": true})))
}

/// `POST /v1/responses/{id}/cancel`: one that still runs in the background.
pub(in super::super) fn cancel(call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut task = task(call, call.params.get("id"))?;
    if task.details["background"] != true {
        let message = "Only responses that were created with 'background' can be cancelled.";
        return Err(Refusal::own(StatusCode::BAD_REQUEST, "invalid_request", message));
    }
    if matches!(task.stand(call.now()), Stand::Queued | Stand::Running(_)) {
        task.details["status"] = json!("cancelled");
        call.world.tasks.lock().change(task.clone());
    }
    Ok(Answer::json(&shown(&task, task.stand(call.now()))))
}

/// The task of a response that this key made.
pub(super) fn task(call: &Call<'_>, id: &str) -> Result<Task, Refusal> {
    let not_found = || Refusal::NotFound { what: "Response", id: id.to_owned() };
    call.task("Response", id).and_then(|task| match task.details["object"] == "response" {
        true => Ok(task),
        false => Err(not_found()),
    })
}

/// Keeps a response that is over already.
fn store(call: &Call<'_>, id: &str, whole: Value) {
    let mut task = call.add_task(id.to_owned(), whole);
    (task.queued, task.running) = Default::default();
    call.world.tasks.lock().change(task);
}

/// The response as it is at that stage: with output only once it is over.
fn shown(task: &Task, stand: Stand) -> Value {
    let mut shown = task.details.clone();
    let status = match stand {
        _ if shown["status"] == "cancelled" => "cancelled",
        Stand::Queued => "queued",
        Stand::Running(_) => "in_progress",
        Stand::Done(_) => return shown,
        Stand::Failed(_) => "failed",
    };
    shown["status"] = json!(status);
    shown["output"] = json!([]);
    shown["usage"] = Value::Null;
    if let (Outcome::Failed { code, message }, "failed") = (&task.outcome, status) {
        shown["error"] = json!({
            "code": code.as_deref().unwrap_or("server_error"),
            "message": message.as_deref().unwrap_or("The response could not be generated."),
        });
    }
    shown
}
