//! Webhooks: secrets, addresses, the history, another delivery, and the body that is sent.

use fourfold_api::JobEventWriter;
use fourfold_service::keys::KeyKind;
use fourfold_service::ports::{EventWriter as _, JobStore as _};
use serde_json::{Value, json};

use crate::support::{House, new_job, outputs};

const SECRETS: &str = "/api/v1/webhooks/secrets";
const DELIVERIES: &str = "/api/v1/webhooks/deliveries";

/// A request for a picture whose events go to this address.
fn told(url: &str) -> Value {
    let mut body = new_job();
    body["webhook_url"] = json!(url);
    body
}

async fn list(house: &House, path: &str, user: &str) -> Vec<Value> {
    house.get(path).by(user).ok(200).await["data"].as_array().unwrap().clone()
}

async fn make_secret(house: &House, user: &str) -> Value {
    house.post(SECRETS, json!({})).by(user).ok(201).await
}

#[tokio::test]
async fn a_secret_is_shown_when_it_is_made_and_never_again() {
    let house = House::new().await;
    let made = make_secret(&house, "u1").await;
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "{made}");
    let second = make_secret(&house, "u1").await;
    assert_ne!(second["secret"], made["secret"]);
    let listed = list(&house, SECRETS, "u1").await;
    let ids: Vec<_> = listed.iter().map(|secret| &secret["id"]).collect();
    assert_eq!(ids, [&second["id"], &made["id"]]);
    for secret in &listed {
        assert_eq!((&secret["object"], secret.get("secret")), (&json!("webhook_secret"), None));
    }
    let path = format!("{SECRETS}/{}", made["id"].as_str().unwrap());
    assert_eq!(house.delete(&path).by("u1").answer().await.status, 204);
    house.delete(&path).by("u1").check(404, "not_found", None).await;
    assert_eq!(list(&house, SECRETS, "u1").await.len(), 1);
}

#[tokio::test]
async fn a_secret_is_shown_again_to_the_same_request_alone() {
    let house = House::new().await;
    let make = |key| house.post(SECRETS, json!({})).header("idempotency-key", key);
    let made = make("a").by("u1").ok(201).await;
    assert_eq!(make("a").by("u1").ok(201).await, made);
    let mut others = Vec::new();
    for (key, user) in [("b", "u1"), ("a", "u2")] {
        others.push(make(key).by(user).ok(201).await);
    }
    assert!(others.iter().all(|other| other["secret"] != made["secret"]), "{others:?}");
    let by_another_key = make("a").by_kind(KeyKind::User, "u1").await;
    by_another_key.check(422, "idempotency_mismatch", Some("Idempotency-Key")).await;
    assert_eq!(list(&house, SECRETS, "u1").await.len(), 2);
}

#[tokio::test]
async fn a_new_user_may_begin_with_a_secret() {
    let house = House::new().await;
    make_secret(&house, "newcomer").await;
    assert_eq!(list(&house, SECRETS, "newcomer").await.len(), 1);
    assert_eq!(list(&house, SECRETS, "nobody").await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_eleventh_secret_is_refused() {
    let house = House::new().await;
    for _ in 0..10 {
        make_secret(&house, "u1").await;
    }
    house.post(SECRETS, json!({})).by("u1").check(409, "too_many_secrets", None).await;
}

#[tokio::test]
async fn an_address_must_be_https_and_short_and_the_account_must_have_a_secret() {
    let house = House::new().await;
    let refused = async |body: Value, status, code| {
        house.post("/api/v1/jobs", body).by("u1").check(status, code, Some("webhook_url")).await;
    };
    refused(told("https://a.test/hook"), 422, "invalid_parameter").await;
    let answer = house.post("/api/v1/jobs", told("https://a.test/hook")).by("u1").answer().await;
    assert!(answer.message().contains(SECRETS), "{}", answer.text());
    make_secret(&house, "u1").await;
    for wrong in [
        "http://a.test/",
        "a.test",
        "",
        "https://u:p@a.test/",
        &format!("https://a.test/{}", "x".repeat(2048)),
    ] {
        refused(told(wrong), 422, "invalid_parameter").await;
    }
    let mut body = new_job();
    body["webhook_url"] = json!(7);
    refused(body, 400, "malformed").await;
    // Another's secret doesn't count.
    house
        .post("/api/v1/jobs", told("https://a.test/"))
        .by("u2")
        .check(422, "invalid_parameter", Some("webhook_url"))
        .await;
    house.post("/api/v1/jobs", told("https://a.test/hook")).by("u1").ok(202).await;
}

#[tokio::test]
async fn the_history_shows_each_event_and_is_made_to_begin_again() {
    let house = House::new().await;
    make_secret(&house, "u1").await;
    let job = house.post("/api/v1/jobs", told("https://a.test/hook")).by("u1").ok(202).await;
    let id = job["id"].as_str().unwrap();
    house.vendor.will_start(Ok(fourfold_domain::Started::Done(outputs(&[("image/png", "x")]))));
    house.bring_to_an_end(id).await;
    let listed = list(&house, DELIVERIES, "u1").await;
    let kinds: Vec<_> = listed.iter().map(|delivery| delivery["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["job.succeeded", "job.storing", "job.starting"]);
    let first = &listed[2];
    assert_eq!(
        (
            &first["job"],
            &first["sequence"],
            &first["state"],
            &first["url"],
            &first["tries"],
            &first["ended_at"]
        ),
        (&job["id"], &json!(2), &json!("pending"), &json!("https://a.test/hook"), &json!([]), &Value::Null)
    );
    assert!(first["next_try_at"].is_string(), "{first}");
    let path = format!("{DELIVERIES}/{}/redeliver", first["id"].as_str().unwrap());
    let again = house.post(&path, json!({})).by("u1").ok(202).await;
    assert_eq!((&again["id"], &again["state"]), (&first["id"], &json!("pending")));
    house.post(&path, json!({})).by("u2").check(404, "not_found", None).await;
    house
        .post(&format!("{DELIVERIES}/{id}/redeliver"), json!({}))
        .by("u1")
        .check(404, "not_found", None)
        .await;
}

#[tokio::test]
async fn a_body_tells_the_job_as_it_was_without_its_input() {
    let house = House::new().await;
    make_secret(&house, "u1").await;
    let job = house.post("/api/v1/jobs", told("https://a.test/hook?secret=1")).by("u1").ok(202).await;
    let id = job["id"].as_str().unwrap();
    house.vendor.will_start(Ok(fourfold_domain::Started::Done(outputs(&[("image/png", "x")]))));
    house.bring_to_an_end(id).await;
    let view = house.store.job(id.parse().unwrap()).await.unwrap().unwrap();
    let events = house.store.events(view.job.id, 1).await.unwrap();
    let writer =
        JobEventWriter { public_url: "https://f.test".into(), artifacts: house.state.artifacts.clone() };
    let bodies = events.iter().map(|event| {
        serde_json::from_slice::<Value>(&writer.write(event, &view.at(event)).unwrap()).unwrap()
    });
    let bodies: Vec<_> = bodies.collect();
    for (body, event) in bodies.iter().zip(&events) {
        assert_eq!(body["type"], format!("job.{}", event.state));
        assert_eq!(
            (&body["sequence"], &body["data"]["state"]),
            (&json!(event.version), &json!(event.state.as_str()))
        );
        assert!(body["timestamp"].as_str().unwrap().ends_with('Z'), "{body}");
        assert_eq!((&body["data"]["id"], body["data"].get("input")), (&job["id"], None));
        assert!(!body.to_string().contains("a fox") && !body.to_string().contains("secret=1"), "{body}");
    }
    let last = bodies.last().unwrap();
    let url = last["data"]["artifacts"][0]["url"].as_str().unwrap();
    assert_eq!(house.get(url.strip_prefix("https://f.test").unwrap()).answer().await.text(), "x");
    assert_eq!(
        (&last["data"]["credits"]["charged"], &bodies[0]["data"]["artifacts"]),
        (&json!("0.04"), &json!([]))
    );
}
