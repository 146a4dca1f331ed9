//! Refusals in Anthropic's shape, and what each request must bring.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::{RateLimit, Simulator, SimulatorSettings, Vendor};
use http::{Method, Request};
use serde_json::{Value, json};

use super::{COUNT, MESSAGES, get, message, post, post_as};
use crate::support::{request, send, settings, simulator};

#[tokio::test]
async fn an_error_has_an_envelope_with_the_id_of_the_request() {
    let answer = post(&simulator(), MESSAGES, &json!({})).await;
    let request_id = answer.header("request-id");
    assert!(request_id.starts_with("req_"));
    let expected = json!({
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "model: Field required"},
        "request_id": request_id,
    });
    assert_eq!(answer.refusal(400), expected);
    assert_eq!(answer.header("anthropic-ratelimit-requests-limit"), "4000");
}

#[tokio::test]
async fn the_key_comes_in_either_header() {
    let keys = BTreeMap::from([(Vendor::Anthropic, vec!["mine".to_owned()])]);
    let simulator = Simulator::start(SimulatorSettings { keys, ..settings() });
    for (header, value, status) in [
        ("x-api-key", "mine", 200),
        ("authorization", "Bearer mine", 200),
        ("x-api-key", "other", 401),
        ("authorization", "Bearer other", 401),
        ("x-api-key", "", 401),
        ("x-goog-api-key", "mine", 401),
    ] {
        let request = Request::post(MESSAGES).header("anthropic-version", "2023-06-01").header(header, value);
        let body = message(json!({})).to_string();
        let answer = send(&simulator, request.body(body.into()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{header}: {value}");
        if status == 401 {
            assert_eq!(answer.refusal(401)["error"]["type"], "authentication_error");
        }
    }
    assert_eq!(simulator.paid_tasks()[0].credential, "mine");
}

#[tokio::test]
async fn each_request_names_a_version() {
    let simulator = simulator();
    for path in [MESSAGES, COUNT] {
        for version in ["2023-06-01", "2026-10-21"] {
            post_as(version, &simulator, path, &message(json!({}))).await.json();
        }
        for version in ["", "2023-01-01", "latest"] {
            let error = post_as(version, &simulator, path, &message(json!({}))).await.refusal(400);
            assert_eq!(error["error"]["type"], "invalid_request_error");
        }
    }
    for path in ["/anthropic/v1/models", "/anthropic/v1/models/claude-sonnet-5"] {
        get(&simulator, path).await.json();
        let error =
            send(&simulator, request(Method::GET, path).body(Body::empty()).unwrap()).await.refusal(400);
        assert_eq!(error["error"]["message"], "anthropic-version: Field required");
    }
}

#[tokio::test]
async fn each_status_has_its_type() {
    let simulator = simulator();
    for (status, kind) in [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (409, "conflict_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (503, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ] {
        simulator.fault("POST /anthropic/*", &format!("status={status}; times=1")).unwrap();
        let error = post(&simulator, MESSAGES, &message(json!({}))).await.refusal(status);
        assert_eq!((&error["type"], &error["error"]["type"]), (&json!("error"), &json!(kind)));
    }
    simulator
        .fault(
            "POST /anthropic/*",
            "status=429; code=enforced_spend_limit_reached; message=No; retry-after=2",
        )
        .unwrap();
    let answer = post(&simulator, MESSAGES, &message(json!({}))).await;
    let details = json!({"error_code": "enforced_spend_limit_reached"});
    let expected = json!({"type": "rate_limit_error", "message": "No", "details": details});
    assert_eq!(answer.refusal(429)["error"], expected);
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_key_that_sends_too_much_is_told_to_wait() {
    let limit = RateLimit { requests: 1, per: Duration::from_secs(10) };
    let rate_limits = BTreeMap::from([(Vendor::Anthropic, Some(limit))]);
    let simulator = Simulator::start(SimulatorSettings { rate_limits, ..settings() });
    post(&simulator, MESSAGES, &message(json!({}))).await.json();
    let answer = post(&simulator, MESSAGES, &message(json!({}))).await;
    assert_eq!(answer.refusal(429)["error"]["type"], "rate_limit_error");
    assert_eq!(answer.header("retry-after"), "10");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let simulator = simulator();
    assert_eq!(
        get(&simulator, "/anthropic/v1/nothing").await.refusal(404)["error"]["type"],
        "not_found_error"
    );
    get(&simulator, MESSAGES).await.refusal(405);
}

#[tokio::test]
async fn a_body_that_can_not_be_read_is_refused() {
    let simulator = simulator();
    for (body, status, kind) in [
        (b"{".to_vec(), 400, "invalid_request_error"),
        (b"[]".to_vec(), 400, "invalid_request_error"),
        (vec![b' '; (32 << 20) + 1], 413, "request_too_large"),
    ] {
        let request = request(Method::POST, MESSAGES).header("anthropic-version", "2026-10-21");
        let error: Value = send(&simulator, request.body(body.into()).unwrap()).await.refusal(status);
        assert_eq!(error["error"]["type"], kind);
    }
}
