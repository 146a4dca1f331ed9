//! The table of status codes, row by row.

use fourfold_domain::JobState;
use fourfold_service::BoxError;
use fourfold_service::limits::{LimitOf, Limited};
use http::header;

use super::*;

fn check(error: impl Into<ApiError>, status: u16, code: &str, should_retry: Option<&str>) {
    let error = error.into();
    assert_eq!((error.status.as_u16(), &*error.code), (status, code));
    let answer = error.answer("r1", false);
    assert_eq!(answer.headers().get("x-should-retry").map(|value| value.to_str().unwrap()), should_retry);
}

fn internal(effect: Effect) -> ServiceError {
    ServiceError::Internal { what: "x", effect, source: BoxError::from("y") }
}

fn vendor(reason: Reason, effect: Effect, passed_on: Option<PassedOn>) -> ServiceError {
    ServiceError::Vendor { reason, effect, message: "no".to_owned(), retry_after: None, passed_on }
}

#[test]
fn each_condition_has_its_status() {
    check(InvalidInput::malformed("a", "b"), 400, "malformed", None);
    check(InvalidInput::not_allowed("a", "b"), 422, "invalid_parameter", None);
    check(InvalidInput::unpriced("a", "b"), 422, "unpriced_parameter", None);
    check(ServiceError::UnknownModel("x".into()), 404, "unknown_model", None);
    check(ServiceError::NotFound("job"), 404, "not_found", None);
    check(ServiceError::Removed, 404, "removed", None);
    check(ServiceError::ModelNotAllowed("x".into()), 403, "model_not_allowed", None);
    let (of, limited, retry_after) = (LimitOf::Key, Limited::Requests, Duration::from_millis(1001));
    let over = ServiceError::LimitExceeded { of, limited, limit: 60, retry_after };
    assert_eq!(over.to_string(), "this key may have 60 requests a minute; try again later");
    let over = ApiError::from(over);
    assert_eq!(over.answer("r1", false).headers()[header::RETRY_AFTER], "2");
    check(over, 429, "rate_limit_exceeded", Some("true"));
    check(Refusal::NotRetryable(JobState::Running), 409, "not_retryable", None);
    check(ServiceError::TooLarge { what: "input".into(), bytes_max: 1 }, 413, "too_large", None);
    check(Refusal::FileInUse, 409, "in_use", None);
    check(Refusal::NoWebhookSecret, 422, "invalid_parameter", None);
    check(Refusal::TooManyWebhookSecrets, 409, "too_many_secrets", None);
    check(ServiceError::Source("x".into()), 500, "internal", None);
    check(ServiceError::StorageFull("x".into()), 503, "storage_full", Some("true"));
    check(ServiceError::Stopping, 503, "stopping", Some("true"));
    check(ServiceError::Overloaded, 503, "overloaded", Some("true"));
    check(ServiceError::InProgress, 409, "in_progress", Some("true"));
    check(ServiceError::Interrupted, 502, "interrupted", Some("false"));
    check(ServiceError::ReplayTooLarge { bytes_max: 1 }, 409, "replay_too_large", Some("false"));
    let made = ServiceError::AlreadyMade { what: "key", id: "k1".to_owned(), because: "is no longer good" };
    check(made, 409, "already_made", Some("false"));
    check(Refusal::IdempotencyMismatch, 422, "idempotency_mismatch", None);
    check(Refusal::AlreadyFinal, 409, "already_final", None);
    check(Refusal::LeaseLost, 500, "internal", None);
}

#[test]
fn what_a_vendor_says_has_its_status() {
    use Effect::{MayHaveStarted, NotStarted, Started};
    for (reason, effect, status, code, should_retry) in [
        (Reason::Refused, Started, 422, "refused", Some("false")),
        (Reason::Refused, NotStarted, 422, "refused", None),
        (Reason::InvalidRequest, NotStarted, 422, "invalid_request", None),
        (Reason::Timeout, MayHaveStarted, 504, "vendor_timeout", Some("false")),
        (Reason::Timeout, NotStarted, 504, "vendor_timeout", Some("true")),
        (Reason::RateLimited, NotStarted, 503, "rate_limited", Some("true")),
        (Reason::Unavailable, NotStarted, 503, "unavailable", Some("true")),
        (Reason::Unavailable, MayHaveStarted, 502, "vendor_failed", Some("false")),
        (Reason::Unauthorized, NotStarted, 502, "vendor_failed", Some("true")),
        (Reason::Failed, Started, 502, "vendor_failed", Some("false")),
    ] {
        check(vendor(reason, effect, None), status, code, should_retry);
    }
}

#[test]
fn what_a_vendor_says_to_the_callers_own_bytes_is_told_as_it_said_it() {
    use Effect::{MayHaveStarted, NotStarted, Started};
    for (reason, effect, told, status, code) in [
        (Reason::InvalidRequest, NotStarted, Some("context_length_exceeded"), 400, "context_length_exceeded"),
        (Reason::InvalidRequest, NotStarted, None, 400, "invalid_request"),
        (Reason::Refused, NotStarted, Some("content_policy_violation"), 400, "content_policy_violation"),
        (Reason::Refused, Started, None, 400, "refused"),
        (Reason::OutOfMoney, NotStarted, Some("insufficient_quota"), 502, "vendor_failed"),
        (Reason::Unavailable, MayHaveStarted, Some("server_error"), 502, "vendor_failed"),
    ] {
        let passed_on = PassedOn { code: told.map(str::to_owned) };
        let error = ApiError::from(vendor(reason, effect, Some(passed_on)));
        assert_eq!((error.status.as_u16(), &*error.code), (status, code), "{told:?}");
    }
}

#[test]
fn who_finds_our_store_gone_learns_when_to_look_again() {
    for effect in [Effect::NotStarted, Effect::MayHaveStarted, Effect::Started] {
        let gone = ServiceError::Unavailable { what: "x", effect, source: BoxError::from("y") };
        let answer = ApiError::from(gone).answer("id", false);
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
    }
}

#[test]
fn a_client_may_repeat_only_what_was_not_begun() {
    let gone = |effect| ServiceError::Unavailable { what: "x", effect, source: BoxError::from("y") };
    check(gone(Effect::NotStarted), 503, "unavailable", Some("true"));
    check(gone(Effect::MayHaveStarted), 503, "unavailable", Some("false"));
    check(internal(Effect::NotStarted), 500, "internal", Some("true"));
    check(internal(Effect::MayHaveStarted), 500, "internal", Some("false"));
    check(internal(Effect::Started), 500, "internal", Some("false"));
}
