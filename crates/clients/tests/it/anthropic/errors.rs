//! What the vendor's error answers mean.

use fourfold_clients::anthropic::AnthropicFailures;
use fourfold_clients::http::{Effect, FailedAnswer, Failure, FailureReader};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

fn read(status: u16, headers: &HeaderMap, body: &Value) -> Failure {
    let status = StatusCode::from_u16(status).unwrap();
    AnthropicFailures.read(&FailedAnswer { status, headers, body: body.to_string().as_bytes() })
}

fn body(error: Value) -> Value {
    json!({"type": "error", "error": error, "request_id": "req_01"})
}

#[test]
fn errors_follow_the_vendors_table() {
    let table = [
        (400, "invalid_request_error", None, false, Effect::NotStarted),
        (401, "authentication_error", None, false, Effect::NotStarted),
        (402, "billing_error", None, false, Effect::NotStarted),
        (403, "permission_error", None, false, Effect::NotStarted),
        (404, "not_found_error", None, false, Effect::NotStarted),
        (409, "conflict_error", None, true, Effect::NotStarted),
        (409, "conflict_error", Some("false"), false, Effect::NotStarted),
        (413, "request_too_large", None, false, Effect::NotStarted),
        (429, "rate_limit_error", None, true, Effect::NotStarted),
        (429, "rate_limit_error", Some("false"), false, Effect::NotStarted),
        (400, "invalid_request_error", Some("true"), true, Effect::NotStarted),
        (500, "api_error", None, true, Effect::MayHaveStarted),
        (503, "api_error", None, true, Effect::MayHaveStarted),
        (504, "timeout_error", None, true, Effect::MayHaveStarted),
        (522, "api_error", None, true, Effect::MayHaveStarted),
        (529, "overloaded_error", None, true, Effect::NotStarted),
    ];
    for (status, code, should_retry, is_retryable, effect) in table {
        let mut headers = HeaderMap::new();
        if let Some(word) = should_retry {
            headers.insert("x-should-retry", HeaderValue::from_static(word));
        }
        let failure = read(status, &headers, &body(json!({"type": code, "message": "M."})));
        assert_eq!((failure.code.as_deref(), failure.message.as_deref()), (Some(code), Some("M.")));
        assert_eq!((failure.is_retryable, failure.effect), (is_retryable, effect), "{status} {code}");
    }
}

#[test]
fn being_overloaded_needs_no_word_for_it() {
    let failure = read(529, &HeaderMap::new(), &json!("Try later."));
    assert_eq!((failure.is_retryable, failure.effect), (true, Effect::NotStarted));
}

#[test]
fn a_limit_on_spending_does_not_pass() {
    let code = "spend_limit_reached";
    let mut headers = HeaderMap::new();
    headers.insert("x-should-retry", HeaderValue::from_static("true"));
    for error in [
        json!({"type": "rate_limit_error", "message": "M.", "details": {"error_code": code}}),
        json!({"type": "rate_limit_error", "message": "M.", "error_code": code}),
        json!({"type": "rate_limit_error", "message": "M.", "code": code}),
    ] {
        let failure = read(429, &headers, &body(error));
        assert_eq!((failure.code.as_deref(), failure.is_retryable), (Some(code), false));
    }
    // A code that says nothing is none.
    let failure = read(429, &HeaderMap::new(), &body(json!({"type": "rate_limit_error", "code": ""})));
    assert_eq!((failure.code.as_deref(), failure.is_retryable), (Some("rate_limit_error"), true));
    // Beside another status a code only says more.
    let busy = json!({"type": "api_error", "message": "M.", "details": {"error_code": "busy"}});
    let failure = read(500, &HeaderMap::new(), &body(busy));
    assert_eq!((failure.code.as_deref(), failure.is_retryable), (Some("busy"), true));
}

#[test]
fn the_vendor_says_how_long_to_wait() {
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", HeaderValue::from_static("7"));
    let failure = read(429, &headers, &body(json!({"type": "rate_limit_error", "message": "M."})));
    assert_eq!(failure.retry_after, Some(std::time::Duration::from_secs(7)));
}
