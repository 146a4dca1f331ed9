//! Refusals in DeepSeek's shape.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::{RateLimit, Simulator, SimulatorSettings, Vendor};
use http::{Method, Request};
use serde_json::{Value, json};

use super::{CHAT, chat};
use crate::support::{get, post, request, send, settings, simulator};

#[tokio::test]
async fn all_four_fields_are_always_there() {
    let error = post(&simulator(), CHAT, &json!({})).await.refusal(400);
    let expected = json!({"error": {"message": "missing field `model`", "type": "invalid_request_error",
        "param": null, "code": "invalid_request_error"}});
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_call_needs_a_right_key() {
    let keys = BTreeMap::from([(Vendor::DeepSeek, vec!["mine".to_owned()])]);
    let simulator = Simulator::start(SimulatorSettings { keys, ..settings() });
    for authorization in ["", "mine", "Bearer other"] {
        let request = Request::get("/deepseek/models").header("authorization", authorization);
        let error = send(&simulator, request.body(Body::empty()).unwrap()).await.refusal(401);
        assert_eq!(error["error"]["type"], "authentication_error");
    }
    get(&simulator, "/deepseek/models").await.json();
}

#[tokio::test]
async fn each_status_has_its_type() {
    let simulator = simulator();
    for (status, kind, code) in [
        (401, "authentication_error", "invalid_request_error"),
        (402, "unknown_error", "invalid_request_error"),
        (422, "invalid_request_error", "invalid_request_error"),
        (429, "rate_limit_error", "rate_limit_error"),
        (500, "server_error", "server_error"),
        (503, "service_unavailable_error", "service_unavailable_error"),
    ] {
        simulator.fault("POST /deepseek/*", &format!("status={status}; times=1")).unwrap();
        let error = post(&simulator, CHAT, &chat(json!({}))).await.refusal(status);
        assert_eq!((&error["error"]["type"], &error["error"]["code"]), (&json!(kind), &json!(code)));
        assert_eq!(error["error"]["message"] == "Insufficient Balance", status == 402);
    }
    simulator.fault("POST /deepseek/*", "status=503; code=busy; message=Later; retry-after=2").unwrap();
    let answer = post(&simulator, CHAT, &chat(json!({}))).await;
    let error = answer.refusal(503);
    assert_eq!((&error["error"]["code"], &error["error"]["message"]), (&json!("busy"), &json!("Later")));
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_key_that_sends_too_much_is_refused() {
    let limit = RateLimit { requests: 1, per: Duration::from_secs(10) };
    let rate_limits = BTreeMap::from([(Vendor::DeepSeek, Some(limit))]);
    let simulator = Simulator::start(SimulatorSettings { rate_limits, ..settings() });
    post(&simulator, CHAT, &chat(json!({}))).await.json();
    assert_eq!(
        post(&simulator, CHAT, &chat(json!({}))).await.refusal(429)["error"]["type"],
        "rate_limit_error"
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let simulator = simulator();
    assert_eq!(get(&simulator, "/deepseek/nothing").await.refusal(404)["error"]["param"], Value::Null);
    get(&simulator, CHAT).await.refusal(405);
}

#[tokio::test]
async fn a_body_that_can_not_be_read_is_refused() {
    let simulator = simulator();
    for (body, status) in [(b"{".to_vec(), 400), (b"[]".to_vec(), 400), (vec![b' '; (64 << 20) + 1], 413)] {
        let request = request(Method::POST, CHAT).body(body.into()).unwrap();
        send(&simulator, request).await.refusal(status);
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_malformed_stream_goes_on_after_the_bad_event() {
    let simulator = simulator();
    simulator.fault("POST /deepseek/*", "malformed").unwrap();
    let events = post(&simulator, CHAT, &chat(json!({"stream": true}))).await.events();
    let readable: Vec<_> = events.iter().map(|data| serde_json::from_str::<Value>(data).is_ok()).collect();
    assert_eq!(readable[..2], [false, true]);
    let whole = post(&simulator, CHAT, &chat(json!({}))).await;
    assert!(serde_json::from_slice::<Value>(&whole.body).is_err());
}
