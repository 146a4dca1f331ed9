//! What DeepSeek's errors say, where their status alone would mislead.

use std::time::Duration;

use http::StatusCode;

use crate::http::{Effect, FailedAnswer, Failure, FailureReader};

/// Reads `{"error": {"message", "type", "param", "code"}}`, and knows when the vendor turned a request away.
#[derive(Clone, Copy, Debug)]
pub struct DeepSeekFailures;

impl FailureReader for DeepSeekFailures {
    fn read(&self, answer: &FailedAnswer<'_>) -> Failure {
        let mut failure = Failure::read(answer);
        // What a server in between answers says nothing of the vendor.
        if answer.status == StatusCode::SERVICE_UNAVAILABLE && failure.message.is_some() {
            failure.effect = Effect::NotStarted;
            failure.retry_after.get_or_insert(OVERLOADED_WAIT);
        }
        failure
    }
}

/// The vendor asks for a longer wait than usual when it is overloaded, and doesn't say how long.
const OVERLOADED_WAIT: Duration = Duration::from_secs(10);
