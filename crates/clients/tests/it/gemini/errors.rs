//! What the vendor's error answers mean.

use std::time::Duration;

use fourfold_clients::gemini::{GeminiApi, GeminiFailures};
use fourfold_clients::http::{Effect, FailedAnswer, Failure, FailureReader};
use fourfold_simulator::Vendor;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::support::{hello, said, simulated};

fn read(status: u16, body: &Value) -> Failure {
    let (status, headers) = (StatusCode::from_u16(status).unwrap(), HeaderMap::new());
    GeminiFailures.read(&FailedAnswer { status, headers: &headers, body: body.to_string().as_bytes() })
}

fn body(status: u16, word: &str, details: &Value) -> Value {
    json!({"error": {"code": status, "message": "M.", "status": word, "details": details}})
}

fn detail(kind: &str, field: &str, value: Value) -> Value {
    json!({"@type": format!("type.googleapis.com/google.rpc.{kind}"), field: value})
}

#[test]
fn errors_follow_the_vendors_table() {
    let table = [
        (400, "INVALID_ARGUMENT", false, Effect::NotStarted),
        (400, "FAILED_PRECONDITION", false, Effect::NotStarted),
        (401, "UNAUTHENTICATED", false, Effect::NotStarted),
        (402, "PAYMENT_REQUIRED", false, Effect::NotStarted),
        (403, "PERMISSION_DENIED", false, Effect::NotStarted),
        (404, "NOT_FOUND", false, Effect::NotStarted),
        (429, "RESOURCE_EXHAUSTED", true, Effect::NotStarted),
        (500, "INTERNAL", true, Effect::MayHaveStarted),
        (503, "UNAVAILABLE", true, Effect::MayHaveStarted),
        (504, "DEADLINE_EXCEEDED", true, Effect::MayHaveStarted),
    ];
    for (status, word, is_retryable, effect) in table {
        let alone = body(status, word, &json!([]));
        for body in [&alone, &json!([alone])] {
            let failure = read(status, body);
            assert_eq!((failure.code.as_deref(), failure.message.as_deref()), (Some(word), Some("M.")));
            assert_eq!((failure.is_retryable, failure.effect), (is_retryable, effect), "{status} {word}");
        }
    }
}

#[test]
fn a_reason_says_more_than_the_status() {
    let reason = detail("ErrorInfo", "reason", json!("API_KEY_INVALID"));
    let failure =
        read(400, &body(400, "INVALID_ARGUMENT", &json!([detail("Help", "links", json!([])), reason])));
    assert_eq!(failure.code.as_deref(), Some("API_KEY_INVALID"));
    let empty = detail("ErrorInfo", "reason", json!(""));
    let failure = read(400, &body(400, "INVALID_ARGUMENT", &json!([empty])));
    assert_eq!(failure.code.as_deref(), Some("INVALID_ARGUMENT"));
}

#[test]
fn the_vendor_says_how_long_to_wait() {
    for (delay, expected) in [("37s", Some(37.0)), ("0.5s", Some(0.5)), ("soon", None), ("-1s", None)] {
        let details = json!([detail("RetryInfo", "retryDelay", json!(delay))]);
        let failure = read(429, &body(429, "RESOURCE_EXHAUSTED", &details));
        assert_eq!(failure.retry_after, expected.map(Duration::from_secs_f64), "{delay}");
        assert!(failure.is_retryable);
    }
}

#[test]
fn no_wait_helps_with_what_is_used_up_for_the_day() {
    for (quota, is_retryable) in [
        ("GenerateRequestsPerMinutePerProjectPerModel", true),
        ("GenerateRequestsPerDayPerProjectPerModel-FreeTier", false),
    ] {
        let details = json!([
            detail("QuotaFailure", "violations", json!([{"quotaId": "Other"}, {"quotaId": quota}])),
            detail("RetryInfo", "retryDelay", json!("37s")),
        ]);
        let failure = read(429, &body(429, "RESOURCE_EXHAUSTED", &details));
        assert_eq!((failure.is_retryable, failure.retry_after.is_some()), (is_retryable, is_retryable));
    }
}

#[test]
fn errors_of_others_are_read_too() {
    let failure = read(503, &json!("The model is overloaded."));
    assert_eq!((failure.code, failure.effect), (None, Effect::NotStarted));
    let failure = read(400, &json!({"error": {"message": "M.", "code": "bad_model"}}));
    assert_eq!((failure.code.as_deref(), failure.message.as_deref()), (Some("bad_model"), Some("M.")));
    let failure = read(400, &json!({"error": {"code": 400, "message": "M."}}));
    assert_eq!(failure.code.as_deref(), Some("400"));
}

#[tokio::test]
async fn a_key_that_is_wrong_is_an_error_without_a_trace_of_it() {
    let (simulator, client) = simulated();
    simulator.set_keys(Vendor::Gemini, Some(vec!["another".to_owned()]));
    let error = client.generate_content(&hello()).await.unwrap_err();
    assert_eq!(said(&error), (400, Some("API_KEY_INVALID")));
    assert_eq!((error.effect(), error.is_retryable()), (Effect::NotStarted, false));
    assert!(!format!("{error:?} {error}").contains("sk-test"));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_simulator_passes_when_it_says() {
    let (simulator, client) = simulated();
    simulator.fault("POST /gemini/v1beta/*", "status=429; retry-after=7; times=1").unwrap();
    let begun = tokio::time::Instant::now();
    client.generate_content(&hello()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(7));
    assert_eq!(simulator.paid_tasks().len(), 1);
}
