//! Refusals in the shape of each version, and the rate limit.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use http::{Method, Request};
use serde_json::json;

use super::{form, get_as, post_accepting};
use crate::support::{Form, get, post, post_form, request, send, settings, simulator};

const BALANCE: &str = "/stability/v1/user/balance";
const CORE: &str = "/stability/v2beta/stable-image/generate/core";

#[tokio::test]
async fn each_version_has_its_own_shape() {
    let simulator = simulator();
    let v1 =
        post(&simulator, "/stability/v1/generation/stable-diffusion-xl-1024-v1-0/text-to-image", &json!({}))
            .await;
    let v1 = v1.refusal(400);
    assert_eq!((&v1["name"], &v1["message"]), (&json!("bad_request"), &json!("text_prompts: is required")));
    assert_eq!(v1["id"].as_str().unwrap().split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    let v2 = post_form(&simulator, CORE, Form::new().text("seed", "1")).await.refusal(400);
    assert_eq!((&v2["name"], &v2["errors"]), (&json!("bad_request"), &json!(["prompt: is required"])));
    assert_eq!(v2["id"].as_str().unwrap().len(), 32);
}

#[tokio::test]
async fn a_call_needs_a_right_key_with_bearer_or_bare() {
    let keys = BTreeMap::from([(Vendor::Stability, vec!["mine".to_owned()])]);
    let simulator = Simulator::start(SimulatorSettings { keys, ..settings() });
    for (authorization, status) in [("Bearer mine", 200), ("mine", 200), ("Bearer other", 401), ("", 401)] {
        let request =
            Request::get(BALANCE).header("authorization", authorization).body(Body::empty()).unwrap();
        let answer = send(&simulator, request).await;
        assert_eq!(answer.status.as_u16(), status, "{authorization}");
        if status == 401 {
            assert_eq!(answer.refusal(401)["name"], "unauthorized");
        }
    }
}

#[tokio::test]
async fn only_forms_are_read() {
    let simulator = simulator();
    let error = post(&simulator, CORE, &json!({"prompt": "a"})).await.refusal(400);
    assert!(error["errors"][0].as_str().unwrap().starts_with("content-type: "), "{error}");
}

#[tokio::test]
async fn faults_have_the_names_of_the_version() {
    let simulator = simulator();
    for (status, v1, v2) in [
        (403, "permission_denied", "content_moderation"),
        (429, "too_many_requests", "rate_limit_exceeded"),
        (500, "server_error", "internal_error"),
    ] {
        simulator.fault("* /stability/*", &format!("status={status}; times=2")).unwrap();
        assert_eq!(get(&simulator, BALANCE).await.refusal(status)["name"], v1);
        assert_eq!(post_form(&simulator, CORE, form("a")).await.refusal(status)["name"], v2);
    }
}

#[tokio::test]
async fn a_key_may_send_150_requests_in_10_seconds() {
    let simulator = simulator();
    for _ in 0..150 {
        get(&simulator, BALANCE).await.json();
    }
    assert_eq!(get(&simulator, BALANCE).await.refusal(429)["name"], "too_many_requests");
    send(&simulator, get_as("other", BALANCE)).await.json();
    simulator.advance(Duration::from_secs(10));
    get(&simulator, BALANCE).await.json();
}

#[tokio::test]
async fn other_kinds_of_answers_are_not_made() {
    let simulator = simulator();
    post_accepting(&simulator, CORE, "image/png", form("a")).await.refusal(400);
    post_accepting(&simulator, CORE, "text/html", form("a")).await.refusal(400);
    get(&simulator, "/stability/v2beta/nothing").await.refusal(404);
    send(&simulator, request(Method::PUT, CORE).body(Body::empty()).unwrap()).await.refusal(405);
}
