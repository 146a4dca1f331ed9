//! `/v1/files`: what an account has handed in.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::world::Task;

const PURPOSES: [&str; 6] = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];

/// The most files of a list, and as many where nobody says how many.
const FILES_MAX: usize = 10_000;

/// `POST /v1/files`.
pub(super) fn create(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.form_fields()?;
    let file = fields.required_file("file")?;
    let Some(purpose) = fields.one_of("purpose", &PURPOSES)? else {
        return Err(Refusal::missing("purpose"));
    };
    let id = call.new_id("file-", 24);
    let details = json!({
        "id": id,
        "object": "file",
        "bytes": file.bytes.len(),
        "created_at": call.now_seconds(),
        "expires_at": null,
        "filename": file.file_name.as_deref().unwrap_or("upload"),
        "purpose": purpose,
        "status": "processed",
        "status_details": null,
        CONTENT: BASE64_STANDARD.encode(&file.bytes),
    });
    let mut task = call.add_task(id, details);
    (task.queued, task.running) = Default::default();
    call.world.tasks.lock().change(task.clone());
    Ok(Answer::json(&shown(&task)))
}

/// `GET /v1/files`, the newest first unless asked otherwise.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Refusal> {
    let asked = |name| call.query.get(name).map(String::as_str);
    let limit = match asked("limit").map(str::parse) {
        None => FILES_MAX,
        Some(Ok(limit)) if (1..=FILES_MAX).contains(&limit) => limit,
        Some(_) => {
            return Err(Refusal::not_allowed("limit", asked("limit").unwrap_or_default(), "1 to 10000"));
        }
    };
    let mut tasks = call.world.tasks.lock().list(call.vendor, call.credential, call.now());
    tasks.retain(|task| {
        is_file(task) && asked("purpose").is_none_or(|purpose| task.details["purpose"] == purpose)
    });
    match asked("order") {
        None | Some("desc") => tasks.reverse(),
        Some("asc") => {}
        Some(other) => return Err(Refusal::not_allowed("order", other, "'asc', 'desc'")),
    }
    if let Some(after) = asked("after") {
        let place = tasks.iter().position(|task| task.id == after);
        let place = place.ok_or_else(|| Refusal::NotFound { what: "File", id: after.to_owned() })?;
        tasks.drain(..=place);
    }
    let has_more = tasks.len() > limit;
    tasks.truncate(limit);
    Ok(Answer::json(&json!({
        "object": "list",
        "data": tasks.iter().map(shown).collect::<Vec<_>>(),
        "first_id": tasks.first().map(|task| &task.id),
        "last_id": tasks.last().map(|task| &task.id),
        "has_more": has_more,
    })))
}

/// `GET /v1/files/{id}`.
pub(super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::json(&shown(&file(call)?)))
}

/// `GET /v1/files/{id}/content`.
pub(super) fn content(call: &Call<'_>) -> Result<Answer, Refusal> {
    let file = file(call)?;
    let content = BASE64_STANDARD.decode(file.details[CONTENT].as_str().unwrap_or_default());
    let content = content.expect("it was encoded when the file came in");
    Ok(Answer::bytes("application/octet-stream", content))
}

/// `DELETE /v1/files/{id}`.
pub(super) fn delete(call: &Call<'_>) -> Result<Answer, Refusal> {
    let file = file(call)?;
    call.world.tasks.lock().remove(call.vendor, &file.id);
    Ok(Answer::json(&json!({"id": file.id, "object": "file", "deleted": true})))
}

/// What is kept beside what is shown: any bytes, as text.
const CONTENT: &str = "content";

/// The file of this key that the path names.
fn file(call: &Call<'_>) -> Result<Task, Refusal> {
    let id = call.params.get("id");
    let task = call.task("File", id)?;
    if is_file(&task) { Ok(task) } else { Err(Refusal::NotFound { what: "File", id: id.to_owned() }) }
}

fn is_file(task: &Task) -> bool {
    task.details["object"] == "file"
}

fn shown(task: &Task) -> Value {
    let mut shown = task.details.clone();
    if let Some(fields) = shown.as_object_mut() {
        fields.remove(CONTENT);
    }
    shown
}
