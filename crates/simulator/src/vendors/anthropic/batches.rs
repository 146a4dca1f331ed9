//! `/v1/messages/batches…`: many messages, made together and had later.
//!
//! The page names the path alone; the shapes are those of the vendor's public reference.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::version::Version;
use super::{error, messages, page};
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::refusal::Refusal;
use crate::world::{Outcome, Stand, Task};

/// `POST /v1/messages/batches`. What is wrong with one of the messages is its own result.
pub(super) fn create(call: &Call<'_>) -> Result<Answer, Refusal> {
    let version = Version::of(call)?;
    let fields = call.json_fields()?;
    let requests = fields.list("requests")?;
    if requests.is_empty() {
        return Err(Refusal::missing("requests"));
    }
    let mut results = Vec::with_capacity(requests.len());
    for (index, request) in requests.iter().enumerate() {
        let at = |field: &str| format!("requests.{index}.{field}");
        let custom_id = request["custom_id"].as_str().ok_or_else(|| Refusal::missing(at("custom_id")))?;
        let Value::Object(params) = &request["params"] else { return Err(Refusal::missing(at("params"))) };
        if results.iter().any(|result: &Value| result["custom_id"] == custom_id) {
            return Err(Refusal::not_allowed(
                at("custom_id"),
                custom_id,
                "an id of its own for each request",
            ));
        }
        results.push(json!({"custom_id": custom_id, "result": result(call, version, params)}));
    }
    let id = call.new_id("msgbatch_", 24);
    let task = call.add_task(id.clone(), json!({"results": results}));
    Ok(Answer::json(&shown(call, &task)).with_task_id(id))
}

/// `GET /v1/messages/batches`, in pages, the newest first.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Refusal> {
    Version::of(call)?;
    let tasks = call.world.tasks.lock().list(call.vendor, call.credential, call.now());
    page::of(call, tasks.iter().rev().map(|task| shown(call, task)).collect(), "batch")
}

/// `GET /v1/messages/batches/{id}`.
pub(super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::json(&shown(call, &batch(call)?)))
}

/// `POST /v1/messages/batches/{id}/cancel`: what isn't made yet won't be.
pub(super) fn cancel(call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut task = batch(call)?;
    if ended_at(&task, call.now()).is_none() && task.details["cancel_initiated_at"].is_null() {
        task.details["cancel_initiated_at"] = json!(time(call.now()));
        call.world.tasks.lock().change(task.clone());
    }
    Ok(Answer::json(&shown(call, &task)))
}

/// `DELETE /v1/messages/batches/{id}`, once it has ended.
pub(super) fn delete(call: &Call<'_>) -> Result<Answer, Refusal> {
    let task = batch(call)?;
    if ended_at(&task, call.now()).is_none() {
        return Err(Refusal::own(
            StatusCode::BAD_REQUEST,
            "batch_in_progress",
            format!("The batch {} has not ended: cancel it before it is deleted.", task.id),
        ));
    }
    call.world.tasks.lock().remove(call.vendor, &task.id);
    Ok(Answer::json(&json!({"id": task.id, "type": "message_batch_deleted"})))
}

/// `GET /v1/messages/batches/{id}/results`, a line for each message, once it has ended.
pub(super) fn results(call: &Call<'_>) -> Result<Answer, Refusal> {
    let task = batch(call)?;
    if ended_at(&task, call.now()).is_none() {
        return Err(Refusal::NotFound { what: "results of the batch", id: task.id });
    }
    let lines = results_of(&task).into_iter().map(|result| format!("{result}\n"));
    Ok(Answer::pieces("application/x-jsonl", lines))
}

const KIND: &str = "message_batch";
const EXPIRES_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

fn batch(call: &Call<'_>) -> Result<Task, Refusal> {
    Version::of(call)?;
    call.task("batch", call.params.get("id"))
}

/// What becomes of a message.
fn result(call: &Call<'_>, version: Version, params: &Map<String, Value>) -> Value {
    match messages::whole(call, version, &Fields::Json(params.clone())) {
        Ok(message) => json!({"type": "succeeded", "message": message}),
        Err(refusal) => {
            let request_id = call.new_id("", 24);
            json!({"type": "errored", "error": error::body(&refusal, "/v1/messages", &request_id)})
        }
    }
}

/// The results, as the batch ended.
fn results_of(task: &Task) -> Vec<Value> {
    let mut results = task.details["results"].as_array().cloned().unwrap_or_default();
    let instead = match &task.outcome {
        _ if !task.details["cancel_initiated_at"].is_null() => json!({"type": "canceled"}),
        Outcome::Failed { .. } => json!({"type": "expired"}),
        _ => return results,
    };
    for result in &mut results {
        result["result"] = instead.clone();
    }
    results
}

fn ended_at(task: &Task, now: SystemTime) -> Option<SystemTime> {
    match task.stand(now) {
        Stand::Queued | Stand::Running(_) => None,
        Stand::Done(at) | Stand::Failed(at) => Some(at),
    }
}

fn shown(call: &Call<'_>, task: &Task) -> Value {
    let ended_at = ended_at(task, call.now());
    let is_cancelled = !task.details["cancel_initiated_at"].is_null();
    let status = match (ended_at, is_cancelled) {
        (Some(_), _) => "ended",
        (None, true) => "canceling",
        (None, false) => "in_progress",
    };
    let results = results_of(task);
    let count = |kind: &str| match ended_at {
        Some(_) => results.iter().filter(|result| result["result"]["type"] == kind).count(),
        None => 0,
    };
    let url = format!("{}/{}/v1/messages/batches/{}/results", call.origin, call.vendor.name(), task.id);
    json!({
        "id": task.id,
        "type": KIND,
        "processing_status": status,
        "request_counts": {
            "processing": if ended_at.is_some() { 0 } else { results.len() },
            "succeeded": count("succeeded"),
            "errored": count("errored"),
            "canceled": count("canceled"),
            "expired": count("expired"),
        },
        "created_at": time(task.accepted_at),
        "expires_at": time(task.accepted_at + EXPIRES_AFTER),
        "ended_at": ended_at.map(time),
        "archived_at": null,
        "cancel_initiated_at": task.details["cancel_initiated_at"],
        "results_url": ended_at.map(|_| url),
    })
}

fn time(at: SystemTime) -> String {
    humantime::format_rfc3339_seconds(at).to_string()
}
