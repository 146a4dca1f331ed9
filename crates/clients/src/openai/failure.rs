//! What OpenAI's errors say, where their status alone would mislead.

use http::StatusCode;

use crate::http::{Effect, FailedAnswer, Failure, FailureReader};
use crate::vendor::obey_should_retry;

/// Reads `{"error": {"message", "type", "param", "code"}}`, and knows the refusals that no wait helps with.
#[derive(Clone, Copy, Debug)]
pub struct OpenAiFailures;

impl FailureReader for OpenAiFailures {
    fn read(&self, answer: &FailedAnswer<'_>) -> Failure {
        let mut failure = Failure::read(answer);
        obey_should_retry(&mut failure, answer);
        let code = failure.code.as_deref().unwrap_or_default();
        if says_account_is_empty(code) {
            failure.is_retryable = false;
        }
        // Turned away at the door: the message need not have the word that the common table looks for.
        if answer.status == StatusCode::SERVICE_UNAVAILABLE
            && matches!(code, "slow_down" | "server_is_overloaded")
        {
            failure.effect = Effect::NotStarted;
        }
        failure
    }
}

/// The codes, in an event of a stream, for what another try may not meet.
pub(super) const PASSING: &[&str] = &[
    "server_error",
    "server_is_overloaded",
    "service_unavailable_error",
    "rate_limit_exceeded",
    "rate_limit_error",
    "slow_down",
];

/// Whether the account can't pay, which the vendor answers with 429 as if it were a matter of time.
fn says_account_is_empty(code: &str) -> bool {
    ["quota", "credit_balance", "billing", "spend"].iter().any(|word| code.contains(word))
}
