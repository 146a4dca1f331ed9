//! `/upload/v1beta/files`: a resumable upload.
//!
//! ```text
//! start ─► upload, upload, … ─► upload, finalize
//!   └ x-goog-upload-url          └ {"file": …}
//! ```
//!
//! The first request brings the key and says what comes. All others go to the URL that it answers, which is
//! secret enough to need no key.

use http::{HeaderName, StatusCode};
use serde_json::json;

use super::super::shape::Shape::{Any, Message as Object, Text};
use super::super::shape::{self, Message};
use super::file::described;
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::world::Task;

const START: Message = &[("file", Object(FILE))];

const FILE: Message = &[
    ("name", Text),
    ("displayName", Text),
    ("mimeType", Text),
    ("sizeBytes", Any),
    ("source", Any),
    ("videoMetadata", Any),
];

/// `POST /upload/v1beta/files`.
pub(in super::super) fn upload(call: &Call<'_>) -> Result<Answer, Refusal> {
    let commands = header(call, "x-goog-upload-command").unwrap_or_default();
    let is_told = |command: &str| commands.split(',').any(|told| told.trim() == command);
    if is_told("start") {
        return start(call);
    }
    let task = begun(call)?;
    if is_told("query") {
        return Ok(standing(&task, "active"));
    }
    if !is_told("upload") && !is_told("finalize") {
        return Err(Refusal::not_allowed(
            "X-Goog-Upload-Command",
            commands,
            "start, upload, finalize or query",
        ));
    }
    go_on(call, task, is_told("upload"), is_told("finalize"))
}

const STATUS: HeaderName = HeaderName::from_static("x-goog-upload-status");
const URL: HeaderName = HeaderName::from_static("x-goog-upload-url");
const GRANULARITY: HeaderName = HeaderName::from_static("x-goog-upload-chunk-granularity");
const RECEIVED: HeaderName = HeaderName::from_static("x-goog-upload-size-received");

/// Parts of a file but the last are of a multiple of so many bytes.
const GRANULARITY_BYTES: u64 = 256 << 10;

fn start(call: &Call<'_>) -> Result<Answer, Refusal> {
    if call.credential.is_empty() {
        return Err(Refusal::NoKey);
    }
    if header(call, "x-goog-upload-protocol") != Some("resumable") {
        let given = header(call, "x-goog-upload-protocol").unwrap_or_default();
        return Err(Refusal::not_allowed("X-Goog-Upload-Protocol", given, "resumable"));
    }
    let file = if call.body.is_empty() { json!({}) } else { shape::body(call, START)?["file"].clone() };
    let media_type = header(call, "x-goog-upload-header-content-type").or(file["mimeType"].as_str());
    let media_type = media_type.ok_or_else(|| Refusal::missing("X-Goog-Upload-Header-Content-Type"))?;
    let mut details = json!({
        "object": "upload",
        "source": "UPLOADED",
        "mimeType": media_type,
        "received": 0,
        "announced": number(call, "x-goog-upload-header-content-length")?,
    });
    if let Some(name) = file.get("displayName") {
        details["displayName"] = name.clone();
    }
    let task = call.add_task(id(call, file["name"].as_str())?, details);
    let url = format!(
        "{}/{}/upload/v1beta/files?upload_id={}&upload_protocol=resumable",
        call.origin,
        call.vendor.name(),
        task.id
    );
    Ok(standing(&task, "active").with_header(URL, &url))
}

/// Takes a part in, or ends the upload, or both.
fn go_on(call: &Call<'_>, mut task: Task, brings: bool, ends: bool) -> Result<Answer, Refusal> {
    let received = task.details["received"].as_u64().unwrap_or_default();
    let part = if brings { u64::try_from(call.body.len()).unwrap_or(u64::MAX) } else { 0 };
    let offset = number(call, "x-goog-upload-offset")?;
    if brings && offset != Some(received) {
        let given = offset.map(|offset| offset.to_string()).unwrap_or_default();
        return Err(Refusal::not_allowed("X-Goog-Upload-Offset", given, received.to_string()));
    }
    if !ends && !part.is_multiple_of(GRANULARITY_BYTES) {
        let allowed = format!("a multiple of {GRANULARITY_BYTES} bytes but for the last part");
        return Err(Refusal::not_allowed("Content-Length", part, allowed));
    }
    let received = received + part;
    if let Some(announced) = task.details["announced"].as_u64()
        && (received > announced || ends && received != announced)
    {
        return Err(Refusal::not_allowed("Content-Length", received, format!("{announced} bytes in all")));
    }
    task.details["received"] = json!(received);
    if ends {
        task.details["object"] = json!("file");
        task.details["sizeBytes"] = json!(received.to_string());
        // From now on it is processed.
        task.accepted_at = call.now();
    }
    call.world.tasks.lock().change(task.clone());
    if !ends {
        return Ok(standing(&task, "active"));
    }
    Ok(Answer::json(&json!({"file": described(call, &task)})).with_header(STATUS, "final"))
}

/// The upload that the URL names, whoever began it.
fn begun(call: &Call<'_>) -> Result<Task, Refusal> {
    let id = call.query.get("upload_id").ok_or_else(|| Refusal::missing("upload_id"))?;
    let task = call.world.tasks.lock().of_anyone(call.vendor, id, call.now());
    task.filter(|task| task.details["object"] == "upload")
        .ok_or_else(|| Refusal::NotFound { what: "upload", id: id.to_owned() })
}

fn standing(task: &Task, status: &str) -> Answer {
    Answer::empty(StatusCode::OK)
        .with_header(STATUS, status)
        .with_header(RECEIVED, &task.details["received"].to_string())
        .with_header(GRANULARITY, &GRANULARITY_BYTES.to_string())
}

/// The id that the caller names, if it is one that nobody has; else a new one.
fn id(call: &Call<'_>, named: Option<&str>) -> Result<String, Refusal> {
    let Some(name) = named else { return Ok(call.new_id("", 12)) };
    let id = name.strip_prefix("files/").unwrap_or(name);
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let has_dash_outside = id.starts_with('-') || id.ends_with('-');
    if id.is_empty() || id.len() > 40 || has_dash_outside || !id.bytes().all(is_letter) {
        let allowed = "files/ and up to 40 lower-case letters, digits and dashes, with no dash at either end";
        return Err(Refusal::not_allowed("file.name", name, allowed));
    }
    match call.world.tasks.lock().of_anyone(call.vendor, id, call.now()) {
        None => Ok(id.to_owned()),
        Some(_) => {
            let message = format!("The file {id} already exists.");
            Err(Refusal::own(StatusCode::CONFLICT, "ALREADY_EXISTS", message))
        }
    }
}

fn header<'a>(call: &Call<'a>, name: &str) -> Option<&'a str> {
    call.headers.get(name)?.to_str().ok()
}

fn number(call: &Call<'_>, name: &'static str) -> Result<Option<u64>, Refusal> {
    let Some(text) = header(call, name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| Refusal::not_allowed(name, text, "a number of bytes"))
}
