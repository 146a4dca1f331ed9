//! What the mock says when it doesn't do what is asked.

use fourfold_domain::{Effect, ProviderError, Reason};

/// `Started`, so that nobody tries again: a vendor that fails has worked.
pub(super) fn failed() -> ProviderError {
    ProviderError::new(Reason::Failed, Effect::Started, "the mock took the work and failed, as it is told to")
}

pub(super) fn refused(effect: Effect) -> ProviderError {
    ProviderError::new(Reason::Refused, effect, "the mock refuses this content, as it is told to")
}

pub(super) fn unavailable() -> ProviderError {
    ProviderError::new(Reason::Unavailable, Effect::NotStarted, "the mock was told to be unavailable")
}

pub(super) fn invalid(message: impl Into<String>) -> ProviderError {
    ProviderError::new(Reason::InvalidRequest, Effect::NotStarted, message)
}

/// Says nothing about paid work: whoever asked may have lost the right id.
pub(super) fn unknown_task() -> ProviderError {
    ProviderError::new(Reason::NotFound, Effect::MayHaveStarted, "the mock knows no such task")
}

pub(super) fn unwritable(error: serde_json::Error) -> ProviderError {
    let message = "the mock can't write its answer as JSON";
    ProviderError {
        source: Some(error.into()),
        ..ProviderError::new(Reason::Failed, Effect::Started, message)
    }
}
