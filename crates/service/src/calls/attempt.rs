//! The attempts of a call, as they are written down when it ends.

use fourfold_domain::{Credits, Effect, ProviderError, Quantity, Reason};
use serde_json::{Map, Value};

use super::Call;
use super::ending::Outcome;
use super::work::Work;
use crate::Timestamp;
use crate::credits::Owner;
use crate::jobs::{Attempt, AttemptState, JobError, is_of_the_choice, state_after};
use crate::routing::{Asked, Candidate};

impl Work<'_> {
    /// Writes down how the attempt that wasn't followed by another one ended.
    pub(super) fn end_attempt(
        &mut self,
        outcome: &Outcome,
        vendor: Map<String, Value>,
        worked: Option<Vec<Quantity>>,
    ) {
        let now = self.task.service.parts().clock.now();
        let Some(attempt) = self.attempts.last_mut() else { return };
        let failed = |error: &ProviderError| JobError::new(error.reason.as_str(), error.message.clone());
        (attempt.state, attempt.error) = match outcome {
            Outcome::Whole { .. } | Outcome::Kept(_) => (AttemptState::Succeeded, None),
            Outcome::Filtered(_) => {
                let message = "the vendor refuses this content";
                (AttemptState::Failed, Some(JobError::new(Reason::Refused.as_str(), message)))
            }
            Outcome::Failed(error) => (state_after(error), Some(failed(error))),
            Outcome::Broken { error, used: Some(_) } => (AttemptState::Failed, Some(failed(error))),
            Outcome::Broken { error, used: None } => (AttemptState::Lost, Some(failed(error))),
            Outcome::NotSent => (AttemptState::NotSent, None),
            Outcome::Left(_) | Outcome::CutOff => (AttemptState::Cancelled, None),
        };
        attempt.effect = match outcome {
            Outcome::Failed(error) => error.effect,
            _ => Effect::Started,
        };
        (attempt.vendor, attempt.ended_at) = (vendor, Some(now));
        attempt.cost = match (&worked, &attempt.cost_price) {
            (Some(quantities), Some(price)) => {
                price.quote(quantities).ok().map(|quote| quote.credits).or(attempt.cost)
            }
            (Some(_), None) => None,
            (None, _) if attempt.state == AttemptState::Lost => attempt.cost,
            (None, _) => Some(Credits::ZERO),
        };
        if let Some(quantities) = worked {
            // Amounts can always be written as JSON.
            let quantities = serde_json::to_value(quantities).unwrap_or_default();
            attempt.vendor.insert("quantities".to_owned(), quantities);
        }
    }
}

/// An attempt before its vendor has answered.
pub(super) fn begun(call: &Call, number: u32, candidate: &Candidate, now: Timestamp) -> Attempt {
    Attempt {
        owner: Owner::Call(call.id),
        number,
        provider: candidate.choice.provider.clone(),
        vendor_model: candidate.choice.vendor_model.clone(),
        credential: candidate.credential.to_string(),
        state: AttemptState::Begun,
        effect: Effect::MayHaveStarted,
        upstream: None,
        error: None,
        vendor: Map::new(),
        cost_price: None,
        cost: None,
        begun_at: now,
        ended_at: None,
    }
}

pub(super) fn asked(attempt: &Attempt) -> Asked<'_> {
    Asked {
        provider: &attempt.provider,
        vendor_model: &attempt.vendor_model,
        credential: &attempt.credential,
        is_refused: attempt.state == AttemptState::Failed && attempt.effect == Effect::NotStarted,
        is_of_the_choice: attempt.error.as_ref().is_some_and(|error| is_of_the_choice(&error.code)),
    }
}
