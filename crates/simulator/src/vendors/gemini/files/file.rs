//! A file as the vendor describes it. It is processed for a while. What clients upload isn't kept, since nobody can
//! download it.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::time;
use crate::call::Call;
use crate::media::Media;
use crate::refusal::Refusal;
use crate::world::{Outcome, Stand, Task};

/// Keeps what a model makes as a file, ready when a task that begins now is. Returns where it can be downloaded.
pub(in super::super) fn add_made(call: &Call<'_>, media: Media) -> String {
    let details = json!({
        "object": "file",
        "source": "GENERATED",
        "mimeType": media.media_type,
        "sizeBytes": media.bytes.len().to_string(),
    });
    let mut task = call.add_task(call.new_id("", 12), details);
    task.details["kept"] = json!(call.keep(media, task.expires_at()));
    call.world.tasks.lock().change(task.clone());
    download_uri(call, &task.id)
}

/// Refuses a file of ours that this key doesn't have, or that can't be used yet. Other links may be anything.
pub(in super::super) fn check_uri(call: &Call<'_>, uri: &str) -> Result<(), Refusal> {
    let is_link = ["https://", "http://"].iter().any(|scheme| uri.starts_with(scheme));
    let Some((_, name)) = uri.split_once("files/").filter(|(before, _)| is_ours(before)) else {
        let reason = format!("Invalid or unsupported file uri: {uri}");
        return if is_link { Ok(()) } else { Err(Refusal::unsupported("file_data.file_uri", reason)) };
    };
    let id = name.split([':', '?', '/']).next().unwrap_or_default();
    let file = task(call, id)?;
    if matches!(file.stand(call.now()), Stand::Done(_)) {
        return Ok(());
    }
    let message = format!("The File {id} is not in an ACTIVE state and usage is not allowed.");
    Err(Refusal::own(StatusCode::BAD_REQUEST, "FAILED_PRECONDITION", message))
}

/// The task of a file that this key has.
pub(super) fn task(call: &Call<'_>, id: &str) -> Result<Task, Refusal> {
    let not_found = || Refusal::NotFound { what: "file", id: id.to_owned() };
    call.task("file", id).and_then(|task| if is_file(&task) { Ok(task) } else { Err(not_found()) })
}

pub(super) fn is_file(task: &Task) -> bool {
    task.details["object"] == "file"
}

/// Under which name the bytes of a file are kept that a model made; none where a client uploaded it.
pub(super) fn kept(file: &Task) -> Option<&str> {
    file.details["kept"].as_str()
}

/// How the file stands now.
pub(super) fn described(call: &Call<'_>, file: &Task) -> Value {
    let (state, updated_at) = match file.stand(call.now()) {
        Stand::Queued | Stand::Running(_) => ("PROCESSING", file.accepted_at),
        Stand::Done(at) => ("ACTIVE", at),
        Stand::Failed(at) => ("FAILED", at),
    };
    let mut described = json!({
        "name": format!("files/{}", file.id),
        "mimeType": file.details["mimeType"],
        "sizeBytes": file.details["sizeBytes"],
        "createTime": time::written(file.accepted_at),
        "updateTime": time::written(updated_at),
        "expirationTime": time::written(file.expires_at()),
        "uri": uri(call, &file.id),
        "state": state,
        "source": file.details["source"],
    });
    if let Some(name) = file.details.get("displayName") {
        described["displayName"] = name.clone();
    }
    if kept(file).is_some() {
        described["downloadUri"] = json!(download_uri(call, &file.id));
    }
    if let (Outcome::Failed { message, .. }, "FAILED") = (&file.outcome, state) {
        let message = message.as_deref().unwrap_or("The file could not be processed.");
        described["error"] = json!({"code": 13, "message": message});
    }
    described
}

fn download_uri(call: &Call<'_>, id: &str) -> String {
    format!("{}:download?alt=media", uri(call, id))
}

/// With `https`, whatever the simulator speaks: the vendor's clients read the id out of such a link only, and ask
/// for it at their own base URL.
fn uri(call: &Call<'_>, id: &str) -> String {
    let host = call.origin.split_once("://").map_or(call.origin, |(_, host)| host);
    format!("https://{host}/{}/v1beta/files/{id}", call.vendor.name())
}

fn is_ours(before: &str) -> bool {
    before.is_empty() || before.ends_with("/v1beta/") || before.ends_with("/v1/")
}
