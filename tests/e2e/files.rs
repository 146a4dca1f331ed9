//! Files that callers hand in: kept over restarts, seen by their owner alone, gone when nobody needs them.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Home, cancel, ended, eventually, fast, reached, sha256, slow};

/// How long a sweep may take to come by.
const SOON: Duration = Duration::from_secs(30);

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and what follows";

/// Sends a file.
async fn upload(api: &Api, bytes: &[u8]) -> Answer {
    let head = "--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\ncontent-type: text/html\r\n\r\n";
    let body = [head.as_bytes(), bytes, b"\r\n--limit--\r\n"].concat();
    api.ask("POST", "/api/v1/files").bytes("multipart/form-data; boundary=limit", body).send().await
}

fn path(file: &Value) -> String {
    format!("/api/v1/files/{}", file["id"].as_str().unwrap())
}

/// How many files there are below a folder.
fn objects(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { objects(&path) } else { 1 }).sum()
}

#[tokio::test]
async fn a_file_outlives_its_server() {
    let home = Home::new();
    let server = home.start().await;
    let file = upload(&server.admin.user("u1"), PNG).await.json(201);
    assert_eq!((&file["media_type"], &file["sha256"]), (&json!("image/png"), &json!(sha256(PNG))));
    server.kill().await;

    let server = home.start().await;
    let owner = server.admin.user("u1");
    assert_eq!(owner.read(&path(&file)).await, file);
    assert_eq!(owner.read_all("/api/v1/files").await, std::slice::from_ref(&file));
    assert_eq!(owner.ask("DELETE", &path(&file)).send().await.status, 204);
    owner.get(&path(&file)).send().await.refuses(404, "not_found");
    assert_eq!(objects(&home.data_dir().join("artifacts")), 0);
}

#[tokio::test]
async fn another_accounts_file_is_not_there() {
    let home = Home::new();
    let server = home.start().await;
    let (owner, stranger) = (server.admin.user("owner"), server.admin.user("stranger"));
    let file = upload(&owner, PNG).await.json(201);
    upload(&stranger, PNG).await.json(201);
    let unknown = "/api/v1/files/0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d";
    for method in ["GET", "DELETE"] {
        for other in [&stranger, &server.admin.user("never-seen")] {
            let asked = other.ask(method, &path(&file)).send().await.refuses(404, "not_found");
            assert_eq!(asked, other.ask(method, unknown).send().await.refuses(404, "not_found"));
        }
    }
    assert_eq!(stranger.read_all("/api/v1/files").await.len(), 1);
    assert_eq!(owner.read_all("/api/v1/files").await, [file]);
}

/// A request that works from this medium.
fn from(mut request: Value, image: &str) -> Value {
    request["input"]["image"] = json!(image);
    request
}

#[tokio::test]
async fn a_picture_is_made_from_an_upload_and_from_a_data_uri() {
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let owner = server.admin.user("u1");
    let done = ended(&owner, &owner.submitted(&fast("a fox")).await).await;
    let token = done["artifacts"][0]["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let picture = owner.get(&format!("/files/{token}")).send().await.bytes;
    let file = upload(&owner, &picture).await.json(201);
    let name = format!("file:{}", file["id"].as_str().unwrap());
    let done = ended(&owner, &owner.submitted(&from(fast("a red fox"), &name)).await).await;
    assert_eq!((&done["state"], &done["input"]["image"]), (&json!("succeeded"), &json!(name)), "{done}");

    let uri = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(&picture));
    let done = ended(&owner, &owner.submitted(&from(fast("a white fox"), &uri)).await).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    let files = owner.read_all("/api/v1/files").await;
    assert_eq!((files.len(), &files[0]["sha256"]), (2, &file["sha256"]));
    assert_eq!(done["input"]["image"], format!("file:{}", files[0]["id"].as_str().unwrap()));
    assert_eq!(server.admin.read("/api/v1/admin/ledger/verify").await["clean"], true);
}

#[tokio::test]
async fn a_file_in_use_stays_until_its_job_ends_whatever_befalls_the_server() {
    let home = Home::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "10m");
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let owner = server.admin.user("u1");
    let done = ended(&owner, &owner.submitted(&fast("a fox")).await).await;
    let token = done["artifacts"][0]["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let picture = owner.get(&format!("/files/{token}")).send().await.bytes;
    let file = upload(&owner, &picture).await.json(201);
    let name = format!("file:{}", file["id"].as_str().unwrap());
    let job = owner.submitted(&from(slow("a red fox"), &name)).await;
    owner.ask("DELETE", &path(&file)).send().await.refuses(409, "in_use");
    // Killed before the vendor's task is known, the job would end as uncertain.
    reached(&owner, &job, 0, "job.running").await;
    server.kill().await;

    let server = home.start().await;
    let owner = server.admin.user("u1");
    owner.ask("DELETE", &path(&file)).send().await.refuses(409, "in_use");
    cancel(&owner, &job).await.json(202);
    ended(&owner, &job).await;
    assert_eq!(owner.ask("DELETE", &path(&file)).send().await.status, 204);
    assert_eq!(server.admin.read("/api/v1/admin/ledger/verify").await["clean"], true);
}

#[tokio::test]
async fn an_address_inside_the_network_is_not_followed() {
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let owner = server.admin.user("u1");
    // One that is written out is refused at once, a name when it is resolved.
    for url in [format!("http://{}/metrics", server.address), "https://169.254.169.254/metrics".to_owned()] {
        let refused = owner.submit(&from(fast("a fox"), &url)).await.refuses(422, "invalid_parameter");
        assert_eq!(refused["param"], "input.image", "{refused}");
    }
    let name = from(fast("a fox"), &format!("https://localhost:{}/metrics", server.address.port()));
    let done = ended(&owner, &owner.submitted(&name).await).await;
    assert_eq!(
        (&done["state"], &done["error"]["code"]),
        (&json!("failed"), &json!("invalid_request")),
        "{done}"
    );
    assert_eq!(done["credits"]["charged"], "0");
}

#[tokio::test]
async fn an_address_on_the_machine_itself_is_followed_where_the_operator_allows_it() {
    let home = Home::new().with("FOURFOLD__SECURITY__ALLOW_PRIVATE_URLS", "true");
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let owner = server.admin.user("u1");
    let done = ended(&owner, &owner.submitted(&fast("a fox")).await).await;
    let url = done["artifacts"][0]["url"].as_str().unwrap();
    let done = ended(&owner, &owner.submitted(&from(fast("a red fox"), url)).await).await;
    assert_eq!(done["state"], "succeeded", "{done}");
}

#[tokio::test]
async fn a_file_that_nobody_needs_goes_by_itself() {
    let home = Home::new().with("FOURFOLD__FILES__UNUSED_TTL", "200ms").with("FOURFOLD__JOBS__SWEEP", "50ms");
    let server = home.start().await;
    let owner = server.admin.user("u1");
    let file = upload(&owner, PNG).await.json(201);
    let gone = async || (owner.get(&path(&file)).send().await.status == 404).then_some(());
    eventually("the file goes", SOON, gone).await;
    let folder = home.data_dir().join("artifacts");
    eventually("its object goes", SOON, async || (objects(&folder) == 0).then_some(())).await;
}

#[tokio::test]
async fn limits_are_the_operators() {
    let home = Home::new()
        .with("FOURFOLD__FILES__FILE_BYTES_MAX", "1000")
        .with("FOURFOLD__FILES__ACCOUNT_COUNT_MAX", "2");
    let server = home.start().await;
    let owner = server.admin.user("u1");
    assert_eq!(upload(&owner, &[b'x'; 1001]).await.refuses(413, "too_large")["param"], "file");
    upload(&owner, &[b'x'; 1000]).await.json(201);
    upload(&owner, b"x").await.json(201);
    assert_eq!(upload(&owner, b"x").await.refuses(413, "too_many_files")["param"], "file");
    upload(&server.admin.user("u2"), b"x").await.json(201);
}
