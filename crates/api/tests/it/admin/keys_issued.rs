//! The secrets of keys under an `Idempotency-Key`.

use serde_json::{Value, json};

use crate::support::{Ask, House};

const KEYS: &str = "/api/v1/admin/keys";

fn make<'a>(house: &'a House, key: &str, body: Value) -> Ask<'a> {
    house.post(KEYS, body).header("idempotency-key", key).by_admin()
}

#[tokio::test]
async fn a_key_that_is_asked_for_again_is_shown_again_and_made_once() {
    let house = House::new().await;
    let before = house.get(KEYS).by_admin().ok(200).await["data"].as_array().unwrap().len();
    let made = make(&house, "a", json!({"kind": "service"})).ok(201).await;
    assert_eq!(make(&house, "a", json!({"kind": "service"})).ok(201).await, made);
    let listed = house.get(KEYS).by_admin().ok(200).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), before + 1);
    house.get("/api/v1/models").key(made["key"].as_str().unwrap()).ok(200).await;
    let other = make(&house, "a", json!({"kind": "admin"}));
    other.check(422, "idempotency_mismatch", Some("Idempotency-Key")).await;
}

#[tokio::test]
async fn a_mistake_leaves_the_idempotency_key_free() {
    let house = House::new().await;
    make(&house, "a", json!({"kind": "user"})).check(400, "malformed", Some("account")).await;
    make(&house, "a", json!({"kind": "service"})).ok(201).await;
}

#[tokio::test]
async fn a_rotation_that_is_asked_for_again_is_shown_again_while_its_secret_is_the_keys() {
    let house = House::new().await;
    let made = house.post(KEYS, json!({"kind": "service"})).by_admin().ok(201).await;
    let path = format!("{KEYS}/{}/rotate", made["id"].as_str().unwrap());
    let rotate = |key| house.post(&path, json!({})).header("idempotency-key", key).by_admin();
    let rotated = rotate("a").ok(200).await;
    assert_ne!(rotated["key"], made["key"]);
    assert_eq!(rotate("a").ok(200).await, rotated);
    for key in ["b", "c"] {
        rotate(key).ok(200).await;
    }
    let answer = rotate("a").check(409, "already_made", Some("Idempotency-Key")).await;
    assert_eq!(answer.headers["x-should-retry"], "false");
    let message = answer.json()["error"]["message"].to_string();
    assert!(message.contains(made["id"].as_str().unwrap()), "{message}");
}

#[tokio::test]
async fn a_secret_that_is_no_longer_good_is_not_shown_again() {
    let house = House::new().await;
    let made = make(&house, "a", json!({"kind": "service"})).ok(201).await;
    let path = format!("{KEYS}/{}", made["id"].as_str().unwrap());
    let rotate =
        || house.post(&format!("{path}/rotate"), json!({})).header("idempotency-key", "b").by_admin();
    rotate().ok(200).await;
    assert_eq!(house.delete(&path).by_admin().answer().await.status, 204);
    for again in [make(&house, "a", json!({"kind": "service"})), rotate()] {
        let answer = again.check(409, "already_made", Some("Idempotency-Key")).await;
        let message = answer.json()["error"]["message"].to_string();
        assert!(message.contains("no longer good"), "{message}");
    }
}

#[tokio::test]
async fn a_rotation_without_a_body_keeps_to_what_holds_where_nobody_says() {
    let house = House::new().await;
    let made = house.post(KEYS, json!({"kind": "service"})).by_admin().ok(201).await;
    let path = format!("{KEYS}/{}/rotate", made["id"].as_str().unwrap());
    let rotated = house.ask(http::Method::POST, &path).by_admin().ok(200).await;
    assert_eq!(rotated["previous_until"], "2026-01-02T00:00:00.000Z");
    house
        .ask(http::Method::POST, &path)
        .body("[]".to_owned())
        .by_admin()
        .check(400, "malformed", Some("body"))
        .await;
}
