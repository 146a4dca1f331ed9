//! What the vendor's error answers mean.

use fourfold_clients::http::{Effect, FailedAnswer, Failure, FailureReader};
use fourfold_clients::runway::{DAILY_LIMIT, NO_CREDITS, RunwayFailures};
use http::{HeaderMap, StatusCode};

fn read(status: u16, body: &str) -> Failure {
    let (status, headers) = (StatusCode::from_u16(status).unwrap(), HeaderMap::new());
    RunwayFailures.read(&FailedAnswer { status, headers: &headers, body: body.as_bytes() })
}

#[test]
fn errors_follow_the_vendors_table() {
    let (not_started, may_have_started) = (Effect::NotStarted, Effect::MayHaveStarted);
    let table = [
        (400, "Validation of body failed", None, false, not_started),
        (400, "You do not have enough credits to run this task.", Some(NO_CREDITS), false, not_started),
        (401, "No API key was provided.", None, false, not_started),
        (404, "Could not find Task", None, false, not_started),
        (405, "Method not allowed", None, false, not_started),
        (429, "Too many requests. Please try again later.", None, true, not_started),
        (429, "Your daily task limit has been reached.", Some(DAILY_LIMIT), false, not_started),
        (500, "Internal server error", None, true, may_have_started),
        (502, "Bad gateway", None, true, may_have_started),
        (503, "The service is overloaded.", None, true, not_started),
        (504, "Gateway timeout", None, true, may_have_started),
    ];
    for (status, message, code, is_retryable, effect) in table {
        let failure = read(status, &format!(r#"{{"error":"{message}"}}"#));
        assert_eq!((failure.code.as_deref(), failure.message.as_deref()), (code, Some(message)));
        assert_eq!((failure.is_retryable, failure.effect), (is_retryable, effect), "{status} {message}");
    }
}

#[test]
fn what_the_issues_say_is_part_of_the_message() {
    let failure = read(400, include_str!("wire/error.response.json"));
    let message = "Validation of body failed; promptImage.0.uri: Failed to fetch asset.; \
        ratio: Required; Too many fields";
    assert_eq!((failure.code, failure.message.as_deref()), (None, Some(message)));
}

#[test]
fn an_answer_without_words_has_no_message() {
    for body in ["", "<html>", "{}", r#"{"error":"","issues":[{"path":["ratio"]},1]}"#] {
        assert_eq!(read(502, body).message, None, "{body}");
    }
}
