//! Refusals in Google's shape.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::{RateLimit, Simulator, SimulatorSettings, Vendor};
use http::{Method, Request};
use serde_json::{Value, json};

use super::{TEXT, generate, hi, path};
use crate::support::{get, request, send, settings, simulator};

#[tokio::test]
async fn an_error_has_a_number_a_word_and_details() {
    let error = generate(&simulator(), TEXT, &hi(json!({"generationConfig": {"n": 2}}))).await.refusal(400);
    let message =
        "Invalid JSON payload received. Unknown name \"n\" at 'generation_config': Cannot find field.";
    let violation = json!({"field": "generation_config", "description": message});
    let detail =
        json!({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]});
    let expected =
        json!({"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [detail]});
    assert_eq!(error, json!({"error": expected}));
}

#[tokio::test]
async fn the_key_comes_in_a_header_the_query_or_as_a_bearer_token() {
    let keys = BTreeMap::from([(Vendor::Gemini, vec!["mine".to_owned()])]);
    let simulator = Simulator::start(SimulatorSettings { keys, ..settings() });
    let models = "/gemini/v1beta/models";
    for (query, header, value, status) in [
        ("", "x-goog-api-key", "mine", 200),
        ("?key=mine", "accept", "*/*", 200),
        ("", "authorization", "Bearer mine", 200),
        ("", "x-goog-api-key", "other", 400),
        ("?key=other", "accept", "*/*", 400),
        ("", "authorization", "Bearer other", 400),
        ("", "x-api-key", "mine", 403),
        ("?key=", "accept", "*/*", 403),
    ] {
        let request = Request::get(format!("{models}{query}")).header(header, value);
        let answer = send(&simulator, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{query} {header}: {value}");
        if status == 400 {
            let error = &answer.refusal(400)["error"];
            assert_eq!(error["status"], "INVALID_ARGUMENT");
            assert_eq!(error["details"][0]["reason"], "API_KEY_INVALID");
            assert_eq!(error["details"][0]["@type"], "type.googleapis.com/google.rpc.ErrorInfo");
        }
    }
}

#[tokio::test]
async fn each_status_has_its_word() {
    let simulator = simulator();
    for (status, word) in [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (429, "RESOURCE_EXHAUSTED"),
        (499, "CANCELLED"),
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
    ] {
        simulator.fault("POST /gemini/*", &format!("status={status}; times=1")).unwrap();
        let error = generate(&simulator, TEXT, &hi(json!({}))).await.refusal(status);
        assert_eq!((&error["error"]["code"], &error["error"]["status"]), (&json!(status), &json!(word)));
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_fault_names_a_word_or_a_reason() {
    let simulator = simulator();
    simulator.fault("POST /gemini/*", "status=400; code=FAILED_PRECONDITION; message=No; times=1").unwrap();
    let error = generate(&simulator, TEXT, &hi(json!({}))).await.refusal(400);
    assert_eq!(error["error"], json!({"code": 400, "message": "No", "status": "FAILED_PRECONDITION"}));
    simulator.fault("POST /gemini/*", "status=403; code=API_KEY_SERVICE_BLOCKED; times=1").unwrap();
    let error = generate(&simulator, TEXT, &hi(json!({}))).await.refusal(403);
    assert_eq!(error["error"]["status"], "PERMISSION_DENIED");
    assert_eq!(error["error"]["details"][0]["reason"], "API_KEY_SERVICE_BLOCKED");
}

#[tokio::test]
async fn a_key_that_sends_too_much_is_told_how_long_to_wait() {
    let limit = RateLimit { requests: 1, per: Duration::from_secs(37) };
    let rate_limits = BTreeMap::from([(Vendor::Gemini, Some(limit))]);
    let simulator = Simulator::start(SimulatorSettings { rate_limits, ..settings() });
    generate(&simulator, TEXT, &hi(json!({}))).await.json();
    let answer = generate(&simulator, TEXT, &hi(json!({}))).await;
    let error = answer.refusal(429);
    assert_eq!(error["error"]["status"], "RESOURCE_EXHAUSTED");
    let kinds: Vec<_> =
        error["error"]["details"].as_array().unwrap().iter().map(|detail| detail["@type"].clone()).collect();
    let kind = |name: &str| json!(format!("type.googleapis.com/google.rpc.{name}"));
    assert_eq!(kinds, [kind("QuotaFailure"), kind("RetryInfo")]);
    assert_eq!(error["error"]["details"][1]["retryDelay"], "37s");
    // There is no header for it, as at the vendor.
    assert_eq!(answer.header("retry-after"), "");
}

#[tokio::test]
async fn a_fault_says_how_long_to_wait() {
    let simulator = simulator();
    simulator.fault("POST /gemini/*", "status=429; retry-after=2.5; times=1").unwrap();
    let error = generate(&simulator, TEXT, &hi(json!({}))).await.refusal(429);
    assert_eq!(error["error"]["details"][0]["retryDelay"], "2.5s");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let simulator = simulator();
    for answer in [
        get(&simulator, "/gemini/v1beta/nothing").await,
        get(&simulator, "/gemini/v2/models").await,
        get(&simulator, &path(TEXT, "generateContent")).await,
        generate(&simulator, "", &hi(json!({}))).await,
    ] {
        assert_eq!(answer.refusal(404)["error"]["status"], "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_body_that_can_not_be_read_is_refused() {
    let simulator = simulator();
    for body in [b"{".to_vec(), b"[]".to_vec(), vec![b' '; (100 << 20) + 1]] {
        let request = request(Method::POST, &path(TEXT, "generateContent")).body(body.into()).unwrap();
        let error: Value = send(&simulator, request).await.refusal(400);
        assert_eq!(error["error"]["status"], "INVALID_ARGUMENT");
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}
