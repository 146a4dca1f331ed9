//! A prompt comes in by HTTP, and its picture is downloaded and paid for.

use std::time::Instant;

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::support::{
    Answer, Api, Home, PRICE, cancel, ended, fast, picture, reached, read_books, sha256, slow, within,
};

/// How PNG files begin.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[tokio::test]
async fn a_prompt_becomes_a_picture_and_a_charge() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;

    let quote = caller.post("/api/v1/quotes", &slow("a red fox")).send().await.json(200);
    assert_eq!(quote["credits"], PRICE, "{quote}");
    assert_eq!(quote["factors"][0]["unit"], "image", "{quote}");

    let request = json!({"model": "mock-image-slow", "metadata": {"order": 7}, "max_credits": "0.04",
        "input": {"prompt": "a red fox", "size": "128x64"}});
    let submitted = caller.submitted(&request).await;
    assert_eq!(submitted["object"], "job");
    assert_eq!(submitted["input"], request["input"], "as it was sent");
    assert_eq!(submitted["metadata"], request["metadata"]);
    assert_eq!(submitted["credits"], json!({"held": PRICE, "charged": "0"}));
    let balance = caller.read("/api/v1/credits").await;
    assert_eq!(balance, json!({"account": "u1", "available": "9.96", "held": PRICE}));

    let job = followed(&caller, &submitted).await;
    assert_eq!(job["credits"], json!({"held": PRICE, "charged": PRICE}));
    let attempt = &job["attempts"][0];
    let told = [&attempt["number"], &attempt["provider"], &attempt["state"], &attempt["error"]];
    assert_eq!(told, [&json!(1), &json!("mock"), &json!("succeeded"), &Value::Null], "{attempt}");
    let balance = caller.read("/api/v1/credits").await;
    assert_eq!(balance, json!({"account": "u1", "available": "9.96", "held": "0"}));
    let entries = caller.read("/api/v1/credits/entries").await;
    let kinds: Vec<_> = entries["data"].as_array().unwrap().iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(kinds, ["settle", "hold", "grant"]);

    downloads_agree(&caller, &job).await;
    let books = read_books(&home, &caller).await;
    assert_eq!(books.jobs.len(), 1);
}

/// Follows a job over its states, each told once and in order, to the end of the stream.
async fn followed(caller: &Api, job: &Value) -> Value {
    let path = format!("/api/v1/jobs/{}/events", job["id"].as_str().unwrap());
    // From the first version on, whatever has happened since.
    let mut events = caller.get(&path).header("last-event-id", "0").events().await;
    let (mut states, mut versions, mut last) = (Vec::new(), Vec::new(), Value::Null);
    while let Some(event) = within(events.next()).await {
        let event = event.unwrap();
        let told: Value = event.json().unwrap();
        assert_eq!(told.get("input"), None, "events leave the input out");
        if event.name() == "job.progress" {
            continue;
        }
        assert_eq!(event.name(), format!("job.{}", told["state"].as_str().unwrap()));
        versions.push(event.id().unwrap().parse::<u32>().unwrap());
        states.push(told["state"].as_str().unwrap().to_owned());
        last = told;
    }
    assert_eq!(states, ["queued", "starting", "running", "storing", "succeeded"]);
    assert_eq!(versions, [1, 2, 3, 4, 5]);

    // Who has seen the third goes on with the fourth; who has seen all gets nothing and isn't kept waiting.
    let rest = caller.get(&path).header("last-event-id", "3").events().await;
    let rest: Vec<_> = within(rest.map(|event| event.unwrap().name().into_owned()).collect()).await;
    assert_eq!(rest, ["job.storing", "job.succeeded"]);
    let rest = caller.get(&path).header("last-event-id", "5").events().await;
    assert_eq!(within(rest.count()).await, 0);
    last
}

/// Both ways to a result give the same bytes, whole and in parts.
async fn downloads_agree(caller: &Api, job: &Value) {
    let artifact = &job["artifacts"][0];
    let by_job = format!("/api/v1/jobs/{}/artifacts/0", job["id"].as_str().unwrap());
    let nobody = caller.nobody();
    let url = artifact["url"].as_str().unwrap();
    let by_token = &url[url.find("/files/").unwrap()..];
    assert_eq!(url, format!("{}{by_token}", nobody.base()), "links lead to where the server listens");

    let whole = caller.get(&by_job).send().await;
    assert_eq!((whole.status, whole.header("content-type")), (200, "image/png"));
    assert!(whole.bytes.starts_with(PNG));
    assert_eq!(whole.bytes.len() as u64, artifact["size_bytes"]);
    assert_eq!(sha256(&whole.bytes), artifact["sha256"]);

    for (api, path) in [(caller, by_job.as_str()), (&nobody, by_token)] {
        let answer = api.get(path).send().await;
        assert!(answer.bytes == whole.bytes, "{path} gives other bytes");
        for (name, value) in [
            ("accept-ranges", "bytes"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
        ] {
            assert_eq!(answer.header(name), value, "{name}");
        }
        let etag = answer.header("etag");

        let part = api.get(path).header("range", "bytes=10-19").send().await;
        assert_part(&part, &whole.bytes, 10..20);
        let part = api.get(path).header("range", "bytes=-5").send().await;
        assert_part(&part, &whole.bytes, whole.bytes.len() - 5..whole.bytes.len());
        let part = api.get(path).header("range", "bytes=10-19").header("if-range", "\"older\"").send().await;
        assert_eq!((part.status, part.bytes.len()), (200, whole.bytes.len()));

        let unchanged = api.get(path).header("if-none-match", etag).send().await;
        assert_eq!((unchanged.status, unchanged.bytes.len()), (304, 0));
        assert_eq!(unchanged.header("etag"), etag);
        let beyond = api.get(path).header("range", "bytes=9999999-").send().await;
        assert_eq!(beyond.refuses(416, "range_not_satisfiable")["param"], "Range");
        let head = api.ask("HEAD", path).send().await;
        assert_eq!((head.status, head.bytes.len()), (200, 0));
        assert_eq!(head.header("content-length"), whole.bytes.len().to_string());
    }
    // Nobody gets in without a key, or with a link that was altered.
    nobody.get(&by_job).send().await.refuses(401, "invalid_api_key");
    nobody.get(&format!("{by_token}x")).send().await.refuses(404, "not_found");
}

fn assert_part(part: &Answer, whole: &[u8], range: std::ops::Range<usize>) {
    assert_eq!(part.status, 206);
    let content_range = format!("bytes {}-{}/{}", range.start, range.end - 1, whole.len());
    assert_eq!(part.header("content-range"), content_range);
    assert_eq!(part.bytes, whole[range]);
}

#[tokio::test]
async fn prefer_wait_answers_with_the_result_or_after_the_time() {
    let home = Home::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "20s");
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let ask = |body, wait: &str| caller.post("/api/v1/jobs", &body).header("prefer", wait);

    let done = ask(fast("a fox"), "wait=30").send().await.json(200);
    assert_eq!(done["state"], "succeeded");
    assert_eq!(done["artifacts"][0]["index"], 0);

    let began = Instant::now();
    let running = ask(slow("a fox"), "respond-async, wait=1").send().await.json(202);
    assert_eq!(running["state"], "running");
    assert!((1..15).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    ask(fast("a fox"), "wait=soon").send().await.refuses(400, "malformed");
}

#[tokio::test]
async fn several_pictures_are_several_artifacts_and_cost_as_many() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let input = json!({"prompt": "a fox", "size": "64x64", "n": 3, "quality": "high"});
    let job = caller.submitted(&json!({"model": "mock-image-slow", "input": input})).await;
    let job = ended(&caller, &job).await;
    assert_eq!(job["credits"]["charged"], "0.24", "{job}");
    let hashes: std::collections::BTreeSet<_> =
        job["artifacts"].as_array().unwrap().iter().map(|artifact| artifact["sha256"].to_string()).collect();
    assert_eq!(hashes.len(), 3, "each shows something else");
    read_books(&home, &caller).await;
}

#[tokio::test]
async fn missing_pictures_are_not_charged() {
    let home = Home::new().with("FOURFOLD__PROVIDERS__MOCK__FAIL", "partial");
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let input = json!({"prompt": "a fox", "size": "64x64", "n": 4});
    let job = ended(&caller, &caller.submitted(&json!({"model": "mock-image", "input": input})).await).await;
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("succeeded"), &json!("partial")), "{job}");
    assert_eq!(job["credits"], json!({"held": "0.16", "charged": "0.12"}));
    read_books(&home, &caller).await;
}

#[tokio::test]
async fn a_failing_vendor_costs_nothing() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let job = ended(&caller, &caller.submitted(&picture("mock-image-fail", "a fox")).await).await;
    assert_eq!(job["state"], "failed", "{job}");
    assert_eq!(job["credits"], json!({"held": PRICE, "charged": "0"}));
    assert!(!job["error"]["message"].as_str().unwrap().is_empty(), "{job}");
    assert_eq!(read_books(&home, &caller).await.available.to_string(), "10");
}

#[tokio::test]
async fn a_cancelled_job_says_what_it_costs() {
    let home = Home::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "10m");
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;

    let submitted = caller.submitted(&slow("a fox")).await;
    reached(&caller, &submitted, 0, "job.running").await;
    assert_eq!(cancel(&caller, &submitted).await.json(202)["id"], submitted["id"]);
    let job = ended(&caller, &submitted).await;
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("cancelled"), &json!("cancelled")));
    let said = job["error"]["message"].as_str().unwrap();
    assert!(said.contains(&format!("{PRICE} credits were charged")), "{said}");
    cancel(&caller, &submitted).await.refuses(409, "already_final");
    assert_eq!(read_books(&home, &caller).await.available.to_string(), "9.96");
}

#[tokio::test]
async fn a_job_that_nobody_works_on_is_cancelled_at_once_and_for_nothing() {
    // No vendor takes it, and the next attempt is far off.
    let home = Home::new()
        .with("FOURFOLD__PROVIDERS__MOCK__FAIL", "unavailable")
        .with("FOURFOLD__JOBS__BACKOFF", "10m");
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let job = caller.submitted(&fast("a fox")).await;
    reached(&caller, &job, 1, "job.queued").await;

    assert_eq!(cancel(&caller, &job).await.json(202)["state"], "cancelled");
    assert_eq!(read_books(&home, &caller).await.available.to_string(), "10");
}
