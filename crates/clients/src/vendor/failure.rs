//! What several vendors' error answers say in the same way.

use crate::http::{FailedAnswer, Failure};

/// Takes the vendor's own word on whether to try again, which its own clients have before the status.
pub(crate) fn obey_should_retry(failure: &mut Failure, answer: &FailedAnswer<'_>) {
    match answer.headers.get("x-should-retry").map(|value| value.as_bytes()) {
        Some(b"true") => failure.is_retryable = true,
        Some(b"false") => failure.is_retryable = false,
        _ => {}
    }
}
