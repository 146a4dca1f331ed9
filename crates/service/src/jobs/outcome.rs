//! What becomes of a job after an attempt failed: decided here, done elsewhere.

use std::time::Duration;

use fourfold_domain::{Effect, OnUncertain, ProviderError, Reason};

use super::{AttemptState, JobError, Terms};

/// What becomes of a job after an attempt failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum AfterFailure {
    /// The job fails, nothing is charged.
    Fail { error: JobError, attempt: AttemptState },
    /// Another attempt follows.
    Retry { error: JobError, attempt: AttemptState, after: Duration },
}

/// Decides by what the vendor said and whether it may have begun. Paid work is tried again only when it is
/// known not to have begun, or when the operator's policy takes the risk.
pub(super) fn after_failure(
    failure: &ProviderError,
    attempts: u32,
    terms: &Terms,
    backoff: Duration,
) -> AfterFailure {
    let error = JobError::new(failure.reason.as_str(), failure.message.clone());
    let again = attempts < terms.attempts_max;
    let after = failure
        .retry_after
        .unwrap_or_else(|| backoff * 2u32.saturating_pow(attempts.saturating_sub(1).min(6)));
    match failure.effect {
        Effect::MayHaveStarted => after_uncertainty(again, terms, after, &failure.message),
        Effect::NotStarted if again && is_passing(failure.reason) => {
            AfterFailure::Retry { error, attempt: AttemptState::Failed, after }
        }
        Effect::NotStarted | Effect::Started => AfterFailure::Fail { error, attempt: AttemptState::Failed },
    }
}

/// Decides where nobody can tell whether the vendor took the work.
pub(super) fn after_uncertainty(again: bool, terms: &Terms, after: Duration, why: &str) -> AfterFailure {
    let message = format!("it isn't known whether the vendor took the work ({why}); nothing was charged");
    let error = JobError::new("uncertain", message);
    match terms.on_uncertain {
        OnUncertain::Retry if again => AfterFailure::Retry { error, attempt: AttemptState::Uncertain, after },
        OnUncertain::Retry | OnUncertain::Fail => {
            AfterFailure::Fail { error, attempt: AttemptState::Uncertain }
        }
    }
}

/// Whether another try, perhaps at another provider, can come out otherwise.
fn is_passing(reason: Reason) -> bool {
    match reason {
        Reason::Unauthorized
        | Reason::OutOfMoney
        | Reason::RateLimited
        | Reason::Unavailable
        | Reason::Timeout
        | Reason::Failed => true,
        Reason::InvalidRequest | Reason::Refused | Reason::NotFound | Reason::Unsupported => false,
    }
}

#[cfg(test)]
mod tests {
    use fourfold_domain::OnCancel;

    use super::*;

    fn check(effect: Effect, reason: Reason, on_uncertain: OnUncertain, attempts: u32, expected: &str) {
        let terms = Terms { attempts_max: 3, on_cancel: OnCancel::Full, on_uncertain };
        let failure = ProviderError::new(reason, effect, "no");
        let found = match after_failure(&failure, attempts, &terms, Duration::from_secs(1)) {
            AfterFailure::Fail { error, .. } => format!("fail {}", error.code),
            AfterFailure::Retry { after, .. } => format!("retry after {} s", after.as_secs()),
        };
        assert_eq!(found, expected, "{effect:?} {reason:?} {on_uncertain:?} {attempts}");
    }

    #[test]
    fn paid_work_is_tried_again_only_when_it_was_not_begun() {
        use Effect::{MayHaveStarted, NotStarted, Started};
        use OnUncertain::{Fail, Retry};
        check(NotStarted, Reason::Unavailable, Fail, 1, "retry after 1 s");
        check(NotStarted, Reason::RateLimited, Fail, 2, "retry after 2 s");
        check(NotStarted, Reason::Unavailable, Fail, 3, "fail unavailable");
        check(NotStarted, Reason::Refused, Fail, 1, "fail refused");
        check(NotStarted, Reason::InvalidRequest, Fail, 1, "fail invalid_request");
        check(Started, Reason::Failed, Fail, 1, "fail failed");
        check(Started, Reason::Failed, Retry, 1, "fail failed");
        check(MayHaveStarted, Reason::Timeout, Fail, 1, "fail uncertain");
        check(MayHaveStarted, Reason::Timeout, Retry, 1, "retry after 1 s");
        check(MayHaveStarted, Reason::Timeout, Retry, 3, "fail uncertain");
    }
}
