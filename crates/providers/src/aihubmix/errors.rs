//! What this vendor's errors and verdicts mean, where a code isn't enough.

use fourfold_clients::http::{ClientError, Effect};
use fourfold_domain::{ProviderError, Reason};

use super::CODES;
use crate::classify::{self, classify};

/// What a client's error means.
pub(super) fn said(error: ClientError) -> ProviderError {
    let last = error.last();
    let reason = match last.status().map(|status| status.as_u16()) {
        // A model that isn't there, or not for this key: the client knows it by its words, and doesn't ask again.
        Some(503) if !last.is_retryable() => Some(Reason::NotFound),
        // The model's own vendor is at its limit.
        Some(503) if last.effect() == Effect::NotStarted => Some(Reason::RateLimited),
        _ => None,
    };
    let said = classify(CODES, error);
    ProviderError { reason: reason.unwrap_or(said.reason), ..said }
}

/// The verdict of a model's vendor on work that it took. Some channels have no code for what a filter caught, only words.
pub(super) fn verdict(code: Option<&str>, message: Option<&str>) -> ProviderError {
    let verdict = classify::verdict(CODES, code, message);
    let words = message.unwrap_or_default().to_lowercase();
    match verdict.reason {
        Reason::Failed if FILTERS.iter().any(|filter| words.contains(filter)) => {
            ProviderError { reason: Reason::Refused, ..verdict }
        }
        _ => verdict,
    }
}

const FILTERS: [&str; 4] = ["moderation", "safety system", "content policy", "inappropriate content"];
