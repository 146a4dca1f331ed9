//! What the vendor's error answers mean.

use fourfold_clients::http::{Effect, FailedAnswer, FailureReader};
use fourfold_clients::openai::OpenAiFailures;
use http::{HeaderMap, HeaderValue, StatusCode};

#[test]
fn errors_follow_the_vendors_table() {
    let table = [
        (400, "context_length_exceeded", None, false, Effect::NotStarted),
        (401, "invalid_api_key", None, false, Effect::NotStarted),
        (429, "rate_limit_exceeded", None, true, Effect::NotStarted),
        (429, "slow_down", None, true, Effect::NotStarted),
        (429, "insufficient_quota", None, false, Effect::NotStarted),
        (429, "credit_balance_exhausted", None, false, Effect::NotStarted),
        (429, "billing_hard_limit_reached", None, false, Effect::NotStarted),
        (429, "insufficient_quota", Some("true"), false, Effect::NotStarted),
        (409, "conflict", Some("true"), true, Effect::NotStarted),
        (500, "server_error", None, true, Effect::MayHaveStarted),
        (500, "server_error", Some("false"), false, Effect::MayHaveStarted),
        (503, "server_is_overloaded", None, true, Effect::NotStarted),
        (503, "slow_down", None, true, Effect::NotStarted),
        (503, "other", None, true, Effect::MayHaveStarted),
    ];
    for (status, code, should_retry, is_retryable, effect) in table {
        let body = format!(r#"{{"error":{{"message":"M.","type":"t","param":null,"code":"{code}"}}}}"#);
        let mut headers = HeaderMap::new();
        if let Some(word) = should_retry {
            headers.insert("x-should-retry", HeaderValue::from_static(word));
        }
        let status = StatusCode::from_u16(status).unwrap();
        let answer = FailedAnswer { status, headers: &headers, body: body.as_bytes() };
        let failure = OpenAiFailures.read(&answer);
        assert_eq!(failure.code.as_deref(), Some(code));
        assert_eq!((failure.is_retryable, failure.effect), (is_retryable, effect), "{status} {code}");
    }
}
