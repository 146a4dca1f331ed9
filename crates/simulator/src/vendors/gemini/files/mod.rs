//! `files`: those that clients upload, and those that models make.

mod file;
mod upload;

use http::StatusCode;
use http::header::LOCATION;
use serde_json::json;

use super::pages::page;
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::world::Stand;
pub(super) use file::{add_made, check_uri};
use file::{described, is_file, kept, task};
pub(super) use upload::upload;

/// `GET /v1beta/files`, in pages.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut files = call.world.tasks.lock().list(call.vendor, call.credential, call.now());
    files.retain(is_file);
    let (files, next) = page(call, files, 10)?;
    let mut list = json!({"files": files.iter().map(|file| described(call, file)).collect::<Vec<_>>()});
    if let Some(next) = next {
        list["nextPageToken"] = json!(next);
    }
    Ok(Answer::json(&list))
}

/// `GET /v1beta/files/{id}`.
pub(super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    let file = task(call, call.params.get("id"))?;
    Ok(Answer::json(&described(call, &file)))
}

/// `DELETE /v1beta/files/{id}`.
pub(super) fn delete(call: &Call<'_>) -> Result<Answer, Refusal> {
    let file = task(call, call.params.get("id"))?;
    call.world.tasks.lock().remove(call.vendor, &file.id);
    Ok(Answer::json(&json!({})))
}

/// `GET /v1beta/files/{id}:download?alt=media`: what a model made, or a redirect to it where links are told to
/// redirect.
pub(super) fn download(call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = call.params.get("id");
    let file = task(call, id)?;
    if call.query.get("alt").map(String::as_str) != Some("media") {
        return Err(Refusal::not_allowed("alt", call.query.get("alt").map_or("", String::as_str), "media"));
    }
    let Some(name) = kept(&file) else {
        let message = format!("The file {id} was uploaded; only generated files can be downloaded.");
        return Err(Refusal::own(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message));
    };
    if !matches!(file.stand(call.now()), Stand::Done(_)) {
        let message = format!("The file {id} is not in an ACTIVE state.");
        return Err(Refusal::own(StatusCode::BAD_REQUEST, "FAILED_PRECONDITION", message));
    }
    if call.world.timings().link_redirects > 0 {
        return Ok(Answer::empty(StatusCode::FOUND).with_header(LOCATION, &call.link_to(name)));
    }
    Ok(call.world.links.lock().follow(name, call.now()))
}
