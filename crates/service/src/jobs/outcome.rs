//! What becomes of a job after an attempt failed: decided here, done elsewhere.

use std::time::Duration;

use fourfold_domain::{ChatAnswer, Effect, FinishReason, OnUncertain, ProviderError, Reason};
use tracing::field::{DisplayValue, display};

use super::{AttemptState, JobError, Terms};
use crate::routing::Elsewhere;

/// What becomes of a job after an attempt failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum AfterFailure {
    /// The job fails, nothing is charged.
    Fail { error: JobError, attempt: AttemptState },
    /// Another attempt follows.
    Retry { error: JobError, attempt: AttemptState, after: Duration },
}

/// Decides by what the vendor said, whether it may have begun, and who else could be asked. Paid work is tried
/// again only when it is known not to have begun, or when the operator's policy takes the risk.
pub(crate) fn after_failure(
    failure: &ProviderError,
    attempts: u32,
    terms: &Terms,
    backoff: Duration,
    elsewhere: Elsewhere,
) -> AfterFailure {
    let error = JobError::new(failure.reason.as_str(), words(failure));
    let again = attempts < terms.attempts_max;
    let patience = failure
        .retry_after
        .unwrap_or_else(|| backoff * 2u32.saturating_pow(attempts.saturating_sub(1).min(6)));
    let wait = match failure.effect {
        Effect::MayHaveStarted => return after_uncertainty(again, terms, patience, &failure.message),
        // Whoever wasn't asked yet is, however many were: nobody was paid, and the list has an end.
        Effect::NotStarted => match remedy(failure.reason) {
            Remedy::Time | Remedy::Another if elsewhere.is_next_ready => Some(Duration::ZERO),
            Remedy::OtherChoice if elsewhere.is_other_choice_ready => Some(Duration::ZERO),
            Remedy::Another if again && elsewhere.has_others => Some(patience),
            Remedy::Time if again => Some(patience),
            Remedy::Time | Remedy::Another | Remedy::OtherChoice | Remedy::Nothing => None,
        },
        Effect::Started => None,
    };
    match wait {
        Some(after) => AfterFailure::Retry { error, attempt: AttemptState::Failed, after },
        None => AfterFailure::Fail { error, attempt: state_after(failure) },
    }
}

/// How an attempt ended that is known to have failed: an answer that can't be read may be paid for like any other.
pub(crate) fn state_after(failure: &ProviderError) -> AttemptState {
    match (failure.reason, failure.effect) {
        (Reason::Unreadable, Effect::Started) => AttemptState::Lost,
        _ => AttemptState::Failed,
    }
}

/// Decides where nobody can tell whether the vendor took the work.
pub(crate) fn after_uncertainty(again: bool, terms: &Terms, after: Duration, why: &str) -> AfterFailure {
    let message = format!("it isn't known whether the vendor took the work ({why}); nothing was charged");
    let error = JobError::new("uncertain", message);
    match terms.on_uncertain {
        OnUncertain::Retry if again => AfterFailure::Retry { error, attempt: AttemptState::Uncertain, after },
        OnUncertain::Retry | OnUncertain::Fail => {
            AfterFailure::Fail { error, attempt: AttemptState::Uncertain }
        }
    }
}

/// The vendor's words, unless they are about the operator's account there: those are for the operator.
pub(crate) fn words(failure: &ProviderError) -> String {
    match failure.reason {
        Reason::Unauthorized | Reason::Forbidden | Reason::OutOfMoney => {
            "the vendor can't be asked with our credential at the moment".to_owned()
        }
        _ => failure.message.clone(),
    }
}

/// The vendor's words for the log, unless vendors quote there what they were asked or what they answered.
pub(crate) fn logged(failure: &ProviderError) -> Option<DisplayValue<&ProviderError>> {
    let is_about_us = match failure.reason {
        Reason::Unauthorized
        | Reason::Forbidden
        | Reason::OutOfMoney
        | Reason::RateLimited
        | Reason::Unavailable
        | Reason::Timeout
        | Reason::NotFound => true,
        Reason::InvalidRequest
        | Reason::Refused
        | Reason::Failed
        | Reason::Unreadable
        | Reason::Unsupported => false,
    };
    is_about_us.then(|| display(failure))
}

/// Whether the vendor's filter left nothing of an answer.
pub(crate) fn is_filtered(answer: &ChatAnswer) -> bool {
    answer.finish_reason == FinishReason::ContentFilter
        && answer.text.is_empty()
        && answer.tool_calls.is_empty()
}

/// Whether an attempt's error, by its code, goes for every credential of the choice that was asked.
pub(crate) fn is_of_the_choice(code: &str) -> bool {
    [Reason::InvalidRequest, Reason::NotFound, Reason::Unsupported]
        .iter()
        .any(|reason| reason.as_str() == code)
}

/// What could make another try come out otherwise.
enum Remedy {
    /// Time, or anyone else.
    Time,
    /// Another credential or another choice.
    Another,
    /// Another choice of the route.
    OtherChoice,
    /// Nothing: it is a verdict on the request.
    Nothing,
}

fn remedy(reason: Reason) -> Remedy {
    match reason {
        Reason::RateLimited | Reason::Unavailable | Reason::Timeout | Reason::Failed => Remedy::Time,
        // A vendor may be wrong about a credential once, or the operator mends it.
        Reason::Unauthorized | Reason::OutOfMoney => Remedy::Time,
        Reason::Forbidden => Remedy::Another,
        Reason::InvalidRequest | Reason::NotFound | Reason::Unsupported => Remedy::OtherChoice,
        Reason::Refused | Reason::Unreadable => Remedy::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use fourfold_domain::OnCancel;
    use serde_json::Map;

    use super::*;

    const ALONE: Elsewhere =
        Elsewhere { is_next_ready: false, is_other_choice_ready: false, has_others: false };
    const WRAPS: Elsewhere = Elsewhere { has_others: true, ..ALONE };
    const SPARE_KEY: Elsewhere = Elsewhere { is_next_ready: true, ..WRAPS };
    const OTHER_CHOICE: Elsewhere = Elsewhere { is_other_choice_ready: true, ..SPARE_KEY };

    fn decided(
        failure: &ProviderError,
        on_uncertain: OnUncertain,
        attempts: u32,
        elsewhere: Elsewhere,
    ) -> String {
        let dropped = Vec::new();
        let terms =
            Terms { attempts_max: 3, on_cancel: OnCancel::Full, on_uncertain, dropped, defaults: Map::new() };
        match after_failure(failure, attempts, &terms, Duration::from_secs(1), elsewhere) {
            AfterFailure::Fail { error, .. } => format!("fail {}", error.code),
            AfterFailure::Retry { after, .. } => format!("retry after {} s", after.as_secs()),
        }
    }

    #[test]
    fn what_vendors_may_quote_of_a_request_is_not_logged() {
        let is_logged = |reason| {
            logged(&ProviderError::new(reason, Effect::NotStarted, "Invalid value: 'my secret'")).is_some()
        };
        for quoting in [Reason::InvalidRequest, Reason::Refused, Reason::Failed, Reason::Unreadable] {
            assert!(!is_logged(quoting), "{quoting:?}");
        }
        for telling in [Reason::Unauthorized, Reason::OutOfMoney, Reason::Unavailable, Reason::Timeout] {
            assert!(is_logged(telling), "{telling:?}");
        }
    }

    fn check(effect: Effect, reason: Reason, on_uncertain: OnUncertain, attempts: u32, expected: &str) {
        let found = decided(&ProviderError::new(reason, effect, "no"), on_uncertain, attempts, ALONE);
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

    #[test]
    fn who_was_not_asked_yet_is_asked_however_many_were() {
        let failure = ProviderError::new(Reason::Unavailable, Effect::NotStarted, "no");
        assert_eq!(decided(&failure, OnUncertain::Fail, 7, OTHER_CHOICE), "retry after 0 s");
        assert_eq!(decided(&failure, OnUncertain::Fail, 7, WRAPS), "fail unavailable");
    }

    #[test]
    fn who_else_is_there_decides_whether_and_when_another_is_asked() {
        for (reason, expected) in [
            (Reason::Unavailable, ["after 9 s", "after 9 s", "after 0 s", "after 0 s"]),
            (Reason::RateLimited, ["after 9 s", "after 9 s", "after 0 s", "after 0 s"]),
            (Reason::Unauthorized, ["after 9 s", "after 9 s", "after 0 s", "after 0 s"]),
            (Reason::OutOfMoney, ["after 9 s", "after 9 s", "after 0 s", "after 0 s"]),
            (Reason::Forbidden, ["fail", "after 9 s", "after 0 s", "after 0 s"]),
            (Reason::NotFound, ["fail", "fail", "fail", "after 0 s"]),
            (Reason::InvalidRequest, ["fail", "fail", "fail", "after 0 s"]),
            (Reason::Refused, ["fail", "fail", "fail", "fail"]),
        ] {
            for (elsewhere, expected) in [ALONE, WRAPS, SPARE_KEY, OTHER_CHOICE].into_iter().zip(expected) {
                let retry_after = Some(Duration::from_secs(9));
                let failure =
                    ProviderError { retry_after, ..ProviderError::new(reason, Effect::NotStarted, "no") };
                let found = decided(&failure, OnUncertain::Fail, 1, elsewhere);
                assert!(found.contains(expected), "{reason:?} {elsewhere:?}: {found}");
            }
        }
    }
}
