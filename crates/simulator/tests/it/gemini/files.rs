//! Files that are uploaded.

use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::Simulator;
use http::{Method, Request};
use serde_json::{Value, json};

use super::{TEXT, field, generate};
use crate::support::{Answered, delete, get, request, send, simulator, slow_simulator};

const FILES: &str = "/gemini/v1beta/files";
const UPLOAD: &str = "/gemini/upload/v1beta/files";
const PART_BYTES: usize = 256 << 10;

/// Begins an upload of so many bytes.
async fn start(simulator: &Simulator, size_bytes: usize, file: Value) -> Answered {
    let request = request(Method::POST, UPLOAD)
        .header("x-goog-upload-protocol", "resumable")
        .header("x-goog-upload-command", "start")
        .header("x-goog-upload-header-content-length", size_bytes)
        .header("x-goog-upload-header-content-type", "image/png");
    send(simulator, request.body(json!({"file": file}).to_string().into()).unwrap()).await
}

/// The path that the upload goes to, of an answer to its beginning.
fn url(started: &Answered) -> String {
    assert_eq!((started.status.as_u16(), started.header("x-goog-upload-status")), (200, "active"));
    started.header("x-goog-upload-url").strip_prefix("http://simulator.test").unwrap().to_owned()
}

/// Sends a part, without a key.
async fn go_on(
    simulator: &Simulator,
    url: &str,
    command: &str,
    offset: usize,
    size_bytes: usize,
) -> Answered {
    let request = Request::post(url)
        .header("host", "simulator.test")
        .header("x-goog-upload-command", command)
        .header("x-goog-upload-offset", offset);
    send(simulator, request.body(Body::from(vec![7; size_bytes])).unwrap()).await
}

/// Uploads a small file.
async fn upload(simulator: &Simulator, file: Value) -> Value {
    let url = url(&start(simulator, 5, file).await);
    let answer = go_on(simulator, &url, "upload, finalize", 0, 5).await;
    assert_eq!(answer.header("x-goog-upload-status"), "final");
    answer.json()["file"].clone()
}

fn path(file: &Value) -> String {
    format!("/gemini/v1beta/{}", file["name"].as_str().unwrap())
}

#[tokio::test]
async fn a_file_is_uploaded_in_parts_without_the_key() {
    let simulator = simulator();
    let size_bytes = PART_BYTES * 2 + 3;
    let url = url(&start(&simulator, size_bytes, json!({"displayName": "A fox"})).await);
    for part in [0, 1] {
        let answer = go_on(&simulator, &url, "upload", part * PART_BYTES, PART_BYTES).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-goog-upload-status")), (200, "active"));
    }
    let queried = go_on(&simulator, &url, "query", 0, 0).await;
    assert_eq!(queried.header("x-goog-upload-size-received"), (PART_BYTES * 2).to_string());
    let answer = go_on(&simulator, &url, "upload, finalize", PART_BYTES * 2, 3).await;
    assert_eq!(answer.header("x-goog-upload-status"), "final");
    let file = answer.json()["file"].clone();
    assert_eq!((&file["displayName"], &file["mimeType"]), (&json!("A fox"), &json!("image/png")));
    assert_eq!((&file["sizeBytes"], &file["state"]), (&json!(size_bytes.to_string()), &json!("ACTIVE")));
    assert_eq!(file["source"], "UPLOADED");
    let name = file["name"].as_str().unwrap();
    assert_eq!(file["uri"], format!("https://simulator.test/gemini/v1beta/{name}"));
    assert_eq!(get(&simulator, &path(&file)).await.json(), file);
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn an_upload_is_begun_with_a_key() {
    let simulator = simulator();
    let bare = Request::post(UPLOAD)
        .header("x-goog-upload-protocol", "resumable")
        .header("x-goog-upload-command", "start")
        .body(Body::empty())
        .unwrap();
    send(&simulator, bare).await.refusal(403);
}

#[tokio::test]
async fn an_upload_goes_on_where_it_stopped_and_ends_where_it_said() {
    let simulator = simulator();
    let url = url(&start(&simulator, PART_BYTES + 5, json!({})).await);
    for (command, offset, size_bytes, at) in [
        ("upload", 0, 5, "Content-Length"),
        ("upload", 5, PART_BYTES, "X-Goog-Upload-Offset"),
        ("upload, finalize", 0, 5, "Content-Length"),
        ("upload, finalize", 0, PART_BYTES + 6, "Content-Length"),
        ("finalize", 0, 0, "Content-Length"),
        ("cancel", 0, 0, "X-Goog-Upload-Command"),
    ] {
        let error = go_on(&simulator, &url, command, offset, size_bytes).await.refusal(400);
        assert_eq!(field(&error), at, "{command} {offset} {size_bytes}");
    }
    go_on(&simulator, &url, "upload, finalize", 0, PART_BYTES + 5).await.json();
    // It is over, and its URL with it.
    go_on(&simulator, &url, "upload, finalize", 0, PART_BYTES + 5).await.refusal(404);
    go_on(&simulator, &format!("{UPLOAD}?upload_id=nothing"), "upload", 0, 0).await.refusal(404);
    let error = go_on(&simulator, UPLOAD, "upload", 0, 0).await.refusal(400);
    assert_eq!(field(&error), "upload_id");
}

#[tokio::test]
async fn an_upload_may_end_without_a_last_part() {
    let simulator = simulator();
    let url = url(&start(&simulator, PART_BYTES, json!({})).await);
    go_on(&simulator, &url, "upload", 0, PART_BYTES).await;
    let file = go_on(&simulator, &url, "finalize", 0, 0).await.json();
    assert_eq!(file["file"]["sizeBytes"], PART_BYTES.to_string());
}

#[tokio::test]
async fn a_beginning_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    for (name, value, at) in [
        ("x-goog-upload-protocol", "raw", "X-Goog-Upload-Protocol"),
        ("x-goog-upload-header-content-length", "long", "x-goog-upload-header-content-length"),
    ] {
        let request =
            request(Method::POST, UPLOAD).header("x-goog-upload-command", "start").header(name, value);
        let request = if name == "x-goog-upload-protocol" {
            request
        } else {
            request
                .header("x-goog-upload-protocol", "resumable")
                .header("x-goog-upload-header-content-type", "a/b")
        };
        let error = send(&simulator, request.body(Body::empty()).unwrap()).await.refusal(400);
        assert_eq!(field(&error), at);
    }
    let untyped = request(Method::POST, UPLOAD)
        .header("x-goog-upload-command", "start")
        .header("x-goog-upload-protocol", "resumable");
    let error = send(&simulator, untyped.body(Body::empty()).unwrap()).await.refusal(400);
    assert_eq!(field(&error), "X-Goog-Upload-Header-Content-Type");
    for file in [json!({"name": "files/A"}), json!({"name": "files/-a"}), json!({"name": "files/"})] {
        assert_eq!(field(&start(&simulator, 5, file).await.refusal(400)), "file.name");
    }
    assert_eq!(field(&start(&simulator, 5, json!({"path": "a"})).await.refusal(400)), "file");
}

#[tokio::test]
async fn a_name_is_taken_once_until_it_is_free_again() {
    let simulator = simulator();
    let file = upload(&simulator, json!({"name": "files/my-fox"})).await;
    assert_eq!(file["name"], "files/my-fox");
    let error = start(&simulator, 5, json!({"name": "my-fox"})).await.refusal(409);
    assert_eq!(error["error"]["status"], "ALREADY_EXISTS");
    delete(&simulator, &path(&file)).await.json();
    upload(&simulator, json!({"name": "files/my-fox"})).await;
    let files = get(&simulator, FILES).await.json();
    assert_eq!(files["files"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_belongs_to_its_key() {
    let simulator = simulator();
    let file = upload(&simulator, json!({})).await;
    for (method, path) in [(Method::GET, path(&file)), (Method::DELETE, path(&file))] {
        let other = Request::builder().method(method).uri(path).header("x-goog-api-key", "other");
        send(&simulator, other.body(Body::empty()).unwrap()).await.refusal(404);
    }
    assert_eq!(delete(&simulator, &path(&file)).await.json(), json!({}));
    get(&simulator, &path(&file)).await.refusal(404);
    delete(&simulator, &path(&file)).await.refusal(404);
}

#[tokio::test]
async fn a_file_is_used_once_it_is_processed() {
    let simulator = slow_simulator();
    let file = upload(&simulator, json!({})).await;
    assert_eq!(file["state"], "PROCESSING");
    let link = json!({"mimeType": "image/png", "fileUri": file["uri"]});
    let asked = json!({"contents": [{"parts": [{"text": "What is it?"}, {"fileData": link}]}]});
    let error = generate(&simulator, TEXT, &asked).await.refusal(400);
    assert_eq!(error["error"]["status"], "FAILED_PRECONDITION");
    simulator.advance(Duration::from_secs(6));
    assert_eq!(get(&simulator, &path(&file)).await.json()["state"], "ACTIVE");
    assert_eq!(generate(&simulator, TEXT, &asked).await.json()["usageMetadata"]["promptTokenCount"], 261);
    delete(&simulator, &path(&file)).await.json();
    generate(&simulator, TEXT, &asked).await.refusal(404);
}

#[tokio::test]
async fn a_file_that_can_not_be_processed_says_so() {
    let simulator = simulator();
    simulator.fault("POST /gemini/*", "task=fail; message=Broken; times=1").unwrap();
    let file = upload(&simulator, json!({})).await;
    assert_eq!(file["state"], "FAILED");
    assert_eq!(file["error"], json!({"code": 13, "message": "Broken"}));
}

#[tokio::test]
async fn what_was_uploaded_can_not_be_downloaded() {
    let simulator = simulator();
    let file = upload(&simulator, json!({})).await;
    let error = get(&simulator, &format!("{}:download?alt=media", path(&file))).await.refusal(400);
    assert_eq!(error["error"]["status"], "INVALID_ARGUMENT");
    assert_eq!(file.get("downloadUri"), None);
    get(&simulator, &format!("{}:download", path(&file))).await.refusal(400);
    get(&simulator, &format!("{FILES}/nothing:download?alt=media")).await.refusal(404);
}

#[tokio::test]
async fn files_are_listed_in_pages() {
    let simulator = simulator();
    for _ in 0..3 {
        upload(&simulator, json!({})).await;
    }
    let first = get(&simulator, &format!("{FILES}?pageSize=2")).await.json();
    let token = first["nextPageToken"].as_str().unwrap();
    let second = get(&simulator, &format!("{FILES}?pageSize=2&pageToken={token}")).await.json();
    assert_eq!(first["files"].as_array().unwrap().len(), 2);
    assert_eq!((second["files"].as_array().unwrap().len(), second.get("nextPageToken")), (1, None));
}
