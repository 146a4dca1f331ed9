//! What Stability's errors say, where their status alone would mislead.

use std::time::Duration;

use http::StatusCode;

use crate::http::{FailedAnswer, Failure, FailureReader};

/// Reads v1's `{"id", "name", "message"}` and v2beta's `{"id", "name", "errors": […]}`. The name is the code, which tells
/// a refused prompt (403 `content_moderation`) from a key without permission.
#[derive(Clone, Copy, Debug)]
pub struct StabilityFailures;

impl FailureReader for StabilityFailures {
    fn read(&self, answer: &FailedAnswer<'_>) -> Failure {
        let mut failure = Failure::read(answer);
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            match failure.code.as_deref() {
                Some(code) if says_account_is_empty(code) => failure.is_retryable = false,
                Some(OF_V1) => _ = failure.retry_after.get_or_insert(V1_PAUSE),
                _ => _ = failure.retry_after.get_or_insert(WINDOW),
            }
        }
        failure
    }
}

/// Requests are counted over this long, and the vendor names no other wait.
const WINDOW: Duration = Duration::from_secs(10);

/// What v1 names a broken rate limit. It then answers nothing for a minute, by its documentation.
const OF_V1: &str = "too_many_requests";
const V1_PAUSE: Duration = Duration::from_secs(60);

/// Whether the account can't pay, which v1 may answer with 429 as if it were a matter of time.
fn says_account_is_empty(code: &str) -> bool {
    ["balance", "credits", "payment"].iter().any(|word| code.contains(word))
}
