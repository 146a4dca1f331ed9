//! Files: handed in, named by jobs, deleted.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use fourfold_service::files::FileSettings;
use futures_util::{StreamExt as _, stream};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

use crate::support::{Ask, House, MULTIPART, Plan, part};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and what follows";

fn upload<'a>(house: &'a House, media_type: &str, bytes: &[u8]) -> Ask<'a> {
    house.ask(Method::POST, "/api/v1/files").file(media_type, bytes)
}

/// A file of a user.
async fn made(house: &House, user: &str) -> Value {
    upload(house, "image/png", PNG).by(user).ok(201).await
}

fn path(file: &Value) -> String {
    format!("/api/v1/files/{}", file["id"].as_str().unwrap())
}

/// A request for a picture after this one.
fn job_over(image: impl Into<Value>) -> Value {
    json!({"model": "picture", "input": {"prompt": "a fox", "image": image.into()}})
}

async fn files(house: &House, user: &str) -> Vec<Value> {
    house.get("/api/v1/files?limit=100").by(user).ok(200).await["data"].as_array().unwrap().clone()
}

/// How many objects the house's store has.
fn objects(house: &House) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
    }
    count(house.folder())
}

async fn with(files: FileSettings) -> House {
    House::with(Plan { files, ..Plan::default() }).await
}

#[tokio::test]
async fn a_file_is_taken_shown_listed_and_deleted() {
    let house = House::new().await;
    let file = made(&house, "u1").await;
    let sha256: String = Sha256::digest(PNG).iter().map(|byte| format!("{byte:02x}")).collect();
    let id: Uuid = file["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(id.get_version_num(), 7);
    let expected = json!({
        "id": id.to_string(), "object": "file", "media_type": "image/png", "size_bytes": PNG.len(),
        "sha256": sha256, "created_at": "2026-01-01T00:00:00.000Z",
    });
    assert_eq!(file, expected);
    assert_eq!(house.get(&path(&file)).by("u1").ok(200).await, expected);
    assert_eq!(files(&house, "u1").await, [expected]);
    assert_eq!(objects(&house), 1);

    let deleted = house.delete(&path(&file)).by("u1").answer().await;
    assert_eq!((deleted.status, deleted.text().as_str()), (204, ""));
    house.get(&path(&file)).by("u1").check(404, "not_found", None).await;
    house.delete(&path(&file)).by("u1").check(404, "not_found", None).await;
    assert_eq!((files(&house, "u1").await.len(), objects(&house)), (0, 0));
}

#[tokio::test]
async fn the_list_comes_in_pages_the_newest_first() {
    let house = House::new().await;
    let mut made_files = Vec::new();
    for _ in 0..3 {
        made_files.push(made(&house, "u1").await);
    }
    made(&house, "u2").await;
    made_files.reverse();
    let first = house.get("/api/v1/files?limit=2").by("u1").ok(200).await;
    assert_eq!(first["data"].as_array().unwrap()[..], made_files[..2]);
    let next = format!("/api/v1/files?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
    let rest = house.get(&next).by("u1").ok(200).await;
    assert_eq!(rest, json!({"data": [made_files[2]], "next_cursor": null}));
    let never_seen = house.get("/api/v1/files").by("nobody").ok(200).await;
    assert_eq!(never_seen, json!({"data": [], "next_cursor": null}));
}

#[tokio::test]
async fn the_media_type_is_told_by_the_bytes_and_never_runs() {
    let house = House::new().await;
    for (declared, bytes, expected) in [
        ("text/html", PNG, "image/png"),
        ("text/html", b"<script>".as_slice(), "application/octet-stream"),
        ("image/svg+xml", b"<svg/>", "application/octet-stream"),
        ("text/plain; charset=utf-8", b"hello", "text/plain"),
    ] {
        let file = upload(&house, declared, bytes).by("u1").ok(201).await;
        assert_eq!(file["media_type"], expected, "{declared}");
    }
}

#[tokio::test]
async fn what_is_no_upload_is_refused_and_leaves_nothing() {
    let house = House::new().await;
    let multipart = |body: &str| {
        let ask = house.ask(Method::POST, "/api/v1/files").header("content-type", MULTIPART);
        ask.body(body.to_owned()).by("u1")
    };
    let file = part("file", "image/png", "abc");
    house.post("/api/v1/files", json!({})).by("u1").check(400, "malformed", Some("body")).await;
    multipart("").check(400, "malformed", Some("body")).await;
    multipart("--limit--\r\n").check(400, "malformed", Some("file")).await;
    multipart(&file).check(400, "malformed", Some("body")).await;
    let empty = format!("{}--limit--\r\n", part("file", "image/png", ""));
    multipart(&empty).check(400, "malformed", Some("file")).await;
    for wrong in [
        format!("{}{file}", part("purpose", "text/plain", "x")),
        format!("{file}{}", part("purpose", "text/plain", "x")),
    ] {
        let answer = multipart(&format!("{wrong}--limit--\r\n"));
        answer.check(422, "invalid_parameter", Some("purpose")).await;
    }
    for key in ["", "ü"] {
        let ask = upload(&house, "image/png", PNG).header("idempotency-key", key).by("u1");
        ask.check(400, "malformed", Some("Idempotency-Key")).await;
    }
    assert_eq!((files(&house, "u1").await.len(), objects(&house)), (0, 0));
}

#[tokio::test]
async fn each_limit_is_named() {
    let settings = FileSettings {
        file_bytes_max: 100,
        account_count_max: 2,
        account_bytes_max: 150,
        ..FileSettings::default()
    };
    let house = with(settings).await;
    let of = |bytes: usize| upload(&house, "text/plain", &vec![b'x'; bytes]).by("u1");
    let large = of(101).check(413, "too_large", Some("file")).await;
    assert!(large.message().contains("100"), "{}", large.message());
    // Past the frame's allowance too, where the rest isn't even read.
    of(200_000).check(413, "too_large", Some("file")).await;
    of(100).ok(201).await;
    let bytes = of(51).check(413, "too_many_files", Some("file")).await;
    assert!(bytes.message().contains("150"), "{}", bytes.message());
    of(50).ok(201).await;
    of(1).check(413, "too_many_files", Some("file")).await;
    upload(&house, "text/plain", b"x").by("u2").ok(201).await;
    assert_eq!((files(&house, "u1").await.len(), objects(&house)), (2, 3));
}

#[tokio::test]
async fn a_store_without_room_takes_no_file() {
    let house = House::with(Plan { has_room: false, ..Plan::default() }).await;
    upload(&house, "image/png", PNG).by("u1").check(503, "storage_full", None).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_that_does_not_come_is_not_waited_for() {
    let house =
        with(FileSettings { upload_timeout: Duration::from_secs(7), ..FileSettings::default() }).await;
    let began = Instant::now();
    let first = Ok::<_, Infallible>(Bytes::from(part("file", "image/png", "abc")));
    let body = Body::from_stream(stream::iter([first]).chain(stream::pending()));
    let ask = house.ask(Method::POST, "/api/v1/files").header("content-type", MULTIPART).body(body);
    ask.by("u1").check(408, "body_timeout", None).await;
    assert_eq!((began.elapsed().as_secs(), objects(&house)), (7, 0));
}

#[tokio::test]
async fn a_file_that_breaks_off_leaves_nothing() {
    let house = House::new().await;
    let parts =
        [Ok(Bytes::from(part("file", "image/png", &"x".repeat(1000)))), Err("the connection is gone")];
    let ask = house.ask(Method::POST, "/api/v1/files").header("content-type", MULTIPART);
    ask.body(Body::from_stream(stream::iter(parts))).by("u1").check(400, "malformed", Some("body")).await;
    assert_eq!((files(&house, "u1").await.len(), objects(&house)), (0, 0));
}

#[tokio::test]
async fn the_same_upload_again_is_the_same_file() {
    let house = House::new().await;
    let keyed = |bytes: &[u8]| upload(&house, "text/plain", bytes).header("idempotency-key", "k");
    let first = keyed(b"one").by("u1").ok(201).await;
    // Whatever the frame looks like.
    let other_frame = "--other\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\ncontent-type: text/plain\r\n\r\none\r\n--other--\r\n";
    let ask = house.ask(Method::POST, "/api/v1/files").header("idempotency-key", "k");
    let ask = ask.header("content-type", "multipart/form-data; boundary=other").body(other_frame);
    assert_eq!(ask.by("u1").ok(201).await, first);
    keyed(b"two").by("u1").check(422, "idempotency_mismatch", Some("Idempotency-Key")).await;
    assert_ne!(keyed(b"one").by("u2").ok(201).await["id"], first["id"]);
    assert_eq!((files(&house, "u1").await.len(), objects(&house)), (1, 2));

    house.delete(&path(&first)).by("u1").answer().await;
    let anew = keyed(b"one").by("u1").ok(201).await;
    assert_ne!(anew["id"], first["id"]);
    assert_eq!(keyed(b"one").by("u1").ok(201).await, anew);
}

#[tokio::test]
async fn a_file_is_in_use_until_its_job_is_final() {
    let house = House::new().await;
    let file = made(&house, "u1").await;
    let job = house.post("/api/v1/jobs", job_over(format!("file:{}", file["id"].as_str().unwrap())));
    let job = job.by("u1").ok(202).await;
    house.delete(&path(&file)).by("u1").check(409, "in_use", None).await;
    let cancel = format!("/api/v1/jobs/{}/cancel", job["id"].as_str().unwrap());
    house.post(&cancel, json!({})).by("u1").ok(202).await;
    assert_eq!(house.delete(&path(&file)).by("u1").answer().await.status, 204);
    // The job still shows what it was asked for.
    let job = house.get(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap())).by("u1").ok(200).await;
    assert_eq!(job["input"]["image"], format!("file:{}", file["id"].as_str().unwrap()));
}

#[tokio::test]
async fn a_data_uri_becomes_a_file_and_the_job_names_it() {
    let house = House::new().await;
    let job =
        house.post("/api/v1/jobs", job_over(["data:text/html;base64,iVBORw0KGgo=", "https://a.test/b.png"]));
    let job = job.by("u1").ok(202).await;
    let [file] = &files(&house, "u1").await[..] else { panic!("there is one file") };
    let name = format!("file:{}", file["id"].as_str().unwrap());
    assert_eq!(job["input"]["image"], json!([name, "https://a.test/b.png"]));
    assert_eq!((&file["media_type"], &file["size_bytes"]), (&json!("image/png"), &json!(8)));
    house.delete(&path(file)).by("u1").check(409, "in_use", None).await;
}

#[tokio::test]
async fn a_request_replayed_stores_nothing_twice() {
    let house = House::new().await;
    let create = || {
        let ask = house.post("/api/v1/jobs", job_over("data:image/png;base64,iVBORw0KGgo="));
        ask.header("idempotency-key", "k").by("u1")
    };
    let first = create().ok(202).await;
    assert_eq!(create().ok(202).await, first);
    let at_once = futures_util::future::join_all((0..10).map(|_| create().ok(202))).await;
    assert!(at_once.iter().all(|job| *job == first));
    let other = house.post("/api/v1/jobs", job_over("data:image/png;base64,iVBORw0KGgp="));
    let other = other.header("idempotency-key", "k").by("u1");
    other.check(422, "idempotency_mismatch", Some("Idempotency-Key")).await;
    assert_eq!((files(&house, "u1").await.len(), objects(&house)), (1, 1));
}

#[tokio::test]
async fn many_of_the_same_request_at_once_store_one_file() {
    let house = House::new().await;
    let create = || {
        let ask = house.post("/api/v1/jobs", job_over("data:image/png;base64,iVBORw0KGgo="));
        ask.header("idempotency-key", "k").by("u1").ok(202)
    };
    let jobs = futures_util::future::join_all((0..10).map(|_| create())).await;
    assert!(jobs.iter().all(|job| job["id"] == jobs[0]["id"]));
    assert_eq!((files(&house, "u1").await.len(), objects(&house)), (1, 1));
}

#[tokio::test]
async fn media_that_cannot_be_taken_are_refused_by_their_field() {
    let settings = FileSettings { file_bytes_max: 8, account_count_max: 1, ..FileSettings::default() };
    let house = with(settings).await;
    let theirs = made_small(&house, "u2").await;
    let check = async |image: Value, status: u16, code: &str, param: &str| {
        let ask = house.post("/api/v1/jobs", job_over(image)).by("u1");
        let answer = ask.check(status, code, Some(param)).await;
        (files(&house, "u1").await.len(), answer.message())
    };
    for missing in [theirs["id"].as_str().unwrap(), "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d"] {
        let image = json!(["https://a.test/b.png", format!("file:{missing}")]);
        let (_, message) = check(image, 422, "invalid_parameter", "input.image[1]").await;
        assert!(message.contains(missing), "{message}");
    }
    check(json!("file:x"), 422, "invalid_parameter", "input.image").await;
    check(json!("data:image/png,abc"), 422, "invalid_parameter", "input.image").await;
    check(json!("data:image/png;base64,%%"), 422, "invalid_parameter", "input.image").await;
    check(json!("data:image/png;base64,"), 422, "invalid_parameter", "input.image").await;
    check(json!("data:image/png;base64,iVBORw0KGgoA"), 413, "too_large", "input.image").await;
    let two = json!(["data:;base64,aGk=", "data:;base64,aGk="]);
    let (left, _) = check(two, 413, "too_many_files", "file").await;
    assert_eq!((left, objects(&house)), (0, 1));
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": "10", "held": "0"}));
}

async fn made_small(house: &House, user: &str) -> Value {
    upload(house, "text/plain", b"hi").by(user).ok(201).await
}

#[tokio::test]
async fn who_cannot_pay_stores_nothing() {
    let house = House::new().await;
    let ask = house.post("/api/v1/jobs", job_over("data:image/png;base64,iVBORw0KGgo="));
    ask.by("poor").check(402, "insufficient_credits", None).await;
    assert_eq!((files(&house, "poor").await.len(), objects(&house)), (0, 0));
}

#[tokio::test]
async fn media_do_not_count_towards_the_size_of_a_request() {
    let house = House::new().await;
    let mut large = job_over(format!("data:image/png;base64,{}", "A".repeat(400_000)));
    house.post("/api/v1/jobs", large.clone()).by("u1").ok(202).await;
    large["input"]["prompt"] = json!("x".repeat(70_000));
    house.post("/api/v1/jobs", large).by("u1").check(413, "too_large", Some("input")).await;
    assert_eq!((files(&house, "u1").await.len(), objects(&house)), (1, 1));
}

#[tokio::test]
async fn a_quote_takes_the_same_input_and_stores_nothing() {
    let house = House::new().await;
    let mut ask = job_over(["data:image/png;base64,iVBORw0KGgo=", "https://a.test/b.png"]);
    assert_eq!(house.post("/api/v1/quotes", ask.clone()).by("u1").ok(200).await["credits"], "0.04");
    ask["input"]["image"] = json!("data:image/png,abc");
    let refused = house.post("/api/v1/quotes", ask).by("u1");
    refused.check(422, "invalid_parameter", Some("input.image")).await;
    assert_eq!((files(&house, "u1").await.len(), objects(&house)), (0, 0));
}
