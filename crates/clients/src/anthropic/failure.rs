//! What Anthropic's errors say, where their status alone would mislead.

use http::StatusCode;
use serde_json::Value;

use crate::http::{Effect, FailedAnswer, Failure, FailureReader};
use crate::vendor::obey_should_retry;

/// Reads `{"type": "error", "error": {"type", "message", "details"?}, "request_id"}`. The code is the error's type, or
/// what the details name more narrowly.
#[derive(Clone, Copy, Debug)]
pub struct AnthropicFailures;

impl FailureReader for AnthropicFailures {
    fn read(&self, answer: &FailedAnswer<'_>) -> Failure {
        let mut failure = Failure::read(answer);
        // The vendor's own clients try again after a conflict and after every status from 500 on.
        failure.is_retryable |= answer.status == StatusCode::CONFLICT || answer.status.is_server_error();
        obey_should_retry(&mut failure, answer);
        if answer.status.as_u16() == OVERLOADED {
            // Turned away at the door: the message need not have the word that the common table looks for.
            failure.effect = Effect::NotStarted;
        }
        if let Some(code) = narrower_code(answer.body) {
            // A rate limit with a code is a limit on spending or the like, which no wait helps with.
            failure.is_retryable &= answer.status != StatusCode::TOO_MANY_REQUESTS;
            failure.code = Some(code);
        }
        failure
    }
}

/// The types, in an event of a stream, for what another try may not meet.
pub(super) const PASSING: &[&str] = &["overloaded_error", "rate_limit_error", "api_error", "timeout_error"];

const OVERLOADED: u16 = 529;

/// The cause within what a type covers. The vendor's page tells that there may be one and not where it is.
fn narrower_code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = &body["error"];
    let places = [&error["details"]["error_code"], &error["error_code"], &error["code"]];
    places.into_iter().filter_map(Value::as_str).find(|code| !code.is_empty()).map(str::to_owned)
}
