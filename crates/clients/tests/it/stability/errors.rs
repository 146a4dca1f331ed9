//! What the vendor's error answers mean.

use std::time::Duration;

use fourfold_clients::http::{Effect, FailedAnswer, Failure, FailureReader};
use fourfold_clients::stability::{CoreRequest, ImageRequest, StabilityApi, StabilityFailures};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::support::{client_of, picture_reply};
use crate::support::{Reply, Server};

fn read(status: u16, headers: &HeaderMap, body: &str) -> Failure {
    let status = StatusCode::from_u16(status).unwrap();
    StabilityFailures.read(&FailedAnswer { status, headers, body: body.as_bytes() })
}

#[test]
fn errors_follow_the_vendors_table() {
    let table = [
        (400, "bad_request", false, None, Effect::NotStarted),
        (401, "unauthorized", false, None, Effect::NotStarted),
        (402, "payment_required", false, None, Effect::NotStarted),
        (403, "content_moderation", false, None, Effect::NotStarted),
        (403, "permission_denied", false, None, Effect::NotStarted),
        (404, "not_found", false, None, Effect::NotStarted),
        (410, "gone", false, None, Effect::NotStarted),
        (413, "payload_too_large", false, None, Effect::NotStarted),
        (422, "invalid_language", false, None, Effect::NotStarted),
        (429, "rate_limit_exceeded", true, Some(10), Effect::NotStarted),
        (429, "too_many_requests", true, Some(60), Effect::NotStarted),
        (429, "insufficient_balance", false, None, Effect::NotStarted),
        (500, "internal_error", true, None, Effect::MayHaveStarted),
        (503, "other", true, None, Effect::MayHaveStarted),
    ];
    for (status, name, is_retryable, retry_after, effect) in table {
        let body = format!(r#"{{"id":"e1","name":"{name}","errors":["One.","Two."]}}"#);
        let failure = read(status, &HeaderMap::new(), &body);
        assert_eq!(failure.code.as_deref(), Some(name));
        assert_eq!(failure.message.as_deref(), Some("One.; Two."));
        assert_eq!(
            (failure.is_retryable, failure.retry_after, failure.effect),
            (is_retryable, retry_after.map(Duration::from_secs), effect),
            "{status} {name}"
        );
    }
}

#[test]
fn v1_has_one_message_and_the_edge_has_none() {
    let failure = read(400, &HeaderMap::new(), r#"{"id":"e1","name":"bad_request","message":"No."}"#);
    assert_eq!((failure.code.as_deref(), failure.message.as_deref()), (Some("bad_request"), Some("No.")));
    let failure = read(504, &HeaderMap::new(), "<html>");
    assert_eq!((failure.code, failure.message, failure.is_retryable), (None, None, true));
}

#[test]
fn the_vendors_own_wait_comes_first() {
    let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static("3"))]);
    for name in ["rate_limit_exceeded", "too_many_requests"] {
        let failure = read(429, &headers, &format!(r#"{{"name":"{name}"}}"#));
        assert_eq!(failure.retry_after, Some(Duration::from_secs(3)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_rate_limit_is_waited_for_even_by_paid_work() {
    let refused = r#"{"id":"e1","name":"rate_limit_exceeded","errors":["Too many."]}"#;
    let server = Server::start([Reply::status(429, &[], refused), picture_reply()]).await;
    let request = ImageRequest::Core(CoreRequest::new("a fox"));
    client_of(&server).generate_image(&request).await.unwrap();
    let times = server.times();
    assert_eq!((times[1] - times[0]).as_secs(), 10);
}
