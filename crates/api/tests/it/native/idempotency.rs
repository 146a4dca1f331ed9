//! `Idempotency-Key` on jobs.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Ask, House, new_job, outputs};

fn create<'a>(house: &'a House, key: &str) -> Ask<'a> {
    house.post("/api/v1/jobs", new_job()).header("idempotency-key", key)
}

async fn jobs(house: &House, user: &str) -> usize {
    let jobs = house.get("/api/v1/jobs?limit=100").by(user).ok(200).await;
    jobs["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn the_same_request_again_answers_with_the_same_job() {
    let house = House::new().await;
    let first = create(&house, "k").by("u1").ok(202).await;
    assert_eq!(create(&house, "k").by("u1").ok(202).await, first);
    assert_eq!(house.get("/api/v1/credits").by("u1").ok(200).await["held"], "0.04");
    assert_eq!(jobs(&house, "u1").await, 1);
}

#[tokio::test]
async fn a_replay_is_the_job_as_it_is_now() {
    let house = House::new().await;
    let first = create(&house, "k").by("u1").ok(202).await;
    let id = first["id"].as_str().unwrap();
    let done = fourfold_domain::Started::Done(outputs(&[("image/png", "abc")]));
    house.vendor.will_start(Ok(done));
    house.bring_to_an_end(id).await;
    assert_eq!(create(&house, "k").by("u1").ok(202).await["state"], "succeeded");
    let waited = create(&house, "k").by("u1").header("prefer", "wait=5").ok(200).await;
    assert_eq!((waited["id"].as_str(), waited["state"].as_str()), (Some(id), Some("succeeded")));
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let house = House::new().await;
    create(&house, "k").by("u1").ok(202).await;
    let mut other = new_job();
    other["input"]["n"] = json!(2);
    let ask = house.post("/api/v1/jobs", other).header("idempotency-key", "k").by("u1");
    ask.check(422, "idempotency_mismatch", Some("Idempotency-Key")).await;
    assert_eq!(jobs(&house, "u1").await, 1);
}

#[tokio::test]
async fn a_key_counts_for_its_account_alone() {
    let house = House::new().await;
    let first = create(&house, "k").by("u1").ok(202).await;
    let other = create(&house, "k").by("u2").ok(202).await;
    assert_ne!(first["id"], other["id"]);
}

#[tokio::test]
async fn twenty_at_once_make_one_job() {
    let house = House::new().await;
    let asks = (0..20).map(|_| create(&house, "k").by("u1").ok(202));
    let answers = join_all(asks).await;
    assert!(answers.iter().all(|job| job["id"] == answers[0]["id"]));
    assert_eq!(jobs(&house, "u1").await, 1);
}

#[tokio::test]
async fn a_key_is_visible_ascii_of_some_length() {
    let house = House::new().await;
    for wrong in ["", "ü", "x".repeat(256).as_str()] {
        create(&house, wrong).by("u1").check(400, "malformed", Some("Idempotency-Key")).await;
    }
    create(&house, &"x".repeat(255)).by("u1").ok(202).await;
    assert_eq!(jobs(&house, "u1").await, 1);
}

#[tokio::test]
async fn a_key_is_there_once() {
    let house = House::new().await;
    let grant = "/api/v1/admin/accounts/u1/grants";
    for ask in [
        create(&house, "k").by("u1"),
        house.post("/v1/chat/completions", json!({})).header("idempotency-key", "k").by("u1"),
        house.post("/api/v1/webhooks/secrets", json!({})).header("idempotency-key", "k").by("u1"),
        house.post("/api/v1/admin/keys", json!({})).header("idempotency-key", "k").by_admin(),
        house.post(grant, json!({"credits": "1"})).header("idempotency-key", "k").by_admin(),
    ] {
        ask.header("idempotency-key", "k").check(400, "malformed", Some("Idempotency-Key")).await;
    }
}

#[tokio::test]
async fn a_large_body_is_told_apart_to_its_last_byte() {
    let house = House::new().await;
    // White space is part of the body as it was sent, and not of the job.
    let padded = |spaces: usize| format!("{}{}", new_job(), " ".repeat(spaces));
    let create = |spaces| {
        let ask = house.ask(http::Method::POST, "/api/v1/jobs").body(padded(spaces));
        ask.header("idempotency-key", "k").by("u1")
    };
    let first = create(300_000).ok(202).await;
    assert_eq!(create(300_000).ok(202).await["id"], first["id"]);
    create(300_001).check(422, "idempotency_mismatch", Some("Idempotency-Key")).await;
}
