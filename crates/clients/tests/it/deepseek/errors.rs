//! What the vendor's error answers mean.

use std::time::Duration;

use fourfold_clients::deepseek::DeepSeekFailures;
use fourfold_clients::http::{Effect, FailedAnswer, Failure, FailureReader};
use http::{HeaderMap, HeaderValue, StatusCode};

fn read(status: u16, headers: &HeaderMap, body: &str) -> Failure {
    let status = StatusCode::from_u16(status).unwrap();
    DeepSeekFailures.read(&FailedAnswer { status, headers, body: body.as_bytes() })
}

#[test]
fn errors_follow_the_vendors_table() {
    const LATER: Option<Duration> = Some(Duration::from_secs(10));
    let table = [
        (400, "invalid_request_error", false, Effect::NotStarted, None),
        (401, "invalid_request_error", false, Effect::NotStarted, None),
        (402, "invalid_request_error", false, Effect::NotStarted, None),
        (422, "invalid_request_error", false, Effect::NotStarted, None),
        (429, "rate_limit_error", true, Effect::NotStarted, None),
        (500, "server_error", true, Effect::MayHaveStarted, None),
        (503, "service_unavailable_error", true, Effect::NotStarted, LATER),
    ];
    for (status, code, is_retryable, effect, retry_after) in table {
        let body = format!(r#"{{"error":{{"message":"M.","type":"t","param":null,"code":"{code}"}}}}"#);
        let failure = read(status, &HeaderMap::new(), &body);
        assert_eq!((failure.code.as_deref(), failure.message.as_deref()), (Some(code), Some("M.")));
        let read = (failure.is_retryable, failure.effect, failure.retry_after);
        assert_eq!(read, (is_retryable, effect, retry_after), "{status}");
    }
}

#[test]
fn an_overloaded_vendor_may_say_how_long_to_wait() {
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", HeaderValue::from_static("2"));
    let failure = read(503, &headers, r#"{"error":{"message":"Service is too busy."}}"#);
    assert_eq!(failure.retry_after, Some(Duration::from_secs(2)));
}

#[test]
fn a_server_in_between_does_not_speak_for_the_vendor() {
    let failure = read(503, &HeaderMap::new(), "<html>503 Service Temporarily Unavailable</html>");
    assert_eq!((failure.is_retryable, failure.effect), (true, Effect::MayHaveStarted));
}
