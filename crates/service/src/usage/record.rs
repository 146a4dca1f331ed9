//! What is kept of a call or job that has ended.

use std::time::Duration;

use fourfold_domain::{
    AccountId, Credits, JobState, KeyId, Modality, ModelName, ProviderKey, Quantity, Realm, Reason, Unit,
    estimate,
};

use crate::Timestamp;
use crate::credits::{Account, Owner};
use crate::jobs::JobView;
use crate::named::named;

/// A call or job that has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageRow {
    /// Which; there is one row of each.
    pub owner: Owner,
    /// Who paid.
    pub account: AccountId,
    /// Whose user that is.
    pub realm: Realm,
    /// With which key.
    pub key: Option<KeyId>,
    /// Which model served it.
    pub model: ModelName,
    /// What was made.
    pub modality: Modality,
    /// Who was asked last.
    pub provider: Option<ProviderKey>,
    /// How it ended.
    pub outcome: UsageOutcome,
    /// How many times a vendor was asked.
    pub attempts: u32,
    /// What was used.
    pub amounts: UsageAmounts,
    /// What was charged.
    pub charged: Credits,
    /// Whether any of what was used is our estimate.
    pub is_estimated: bool,
    /// From its beginning to its end.
    pub duration: Duration,
    /// Until the first part of its answer was handed on, where it came in parts.
    pub first_part: Option<Duration>,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// How a call or job ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum UsageOutcome {
    /// With its result, or with the part of it that was delivered.
    Succeeded,
    /// With an answer that was kept; nobody was asked, and nothing used.
    Cached,
    /// Without a result.
    Failed,
    /// The vendor refused the content.
    Refused,
    /// The vendor broke off in the midst of the answer.
    Broken,
    /// It was called off, or its caller left.
    Cancelled,
    /// It wasn't done in time.
    Expired,
}

named!(
    UsageOutcome,
    "outcome",
    "one of succeeded, cached, failed, refused, broken, cancelled, expired",
    Succeeded = "succeeded",
    Cached = "cached",
    Failed = "failed",
    Refused = "refused",
    Broken = "broken",
    Cancelled = "cancelled",
    Expired = "expired",
);

impl UsageOutcome {
    /// All of them.
    pub const EACH: [Self; 7] = [
        Self::Succeeded,
        Self::Cached,
        Self::Failed,
        Self::Refused,
        Self::Broken,
        Self::Cancelled,
        Self::Expired,
    ];

    /// Of a final job; one that isn't final has failed to be.
    fn of_job(state: JobState, error_code: Option<&str>) -> Self {
        match state {
            JobState::Succeeded => Self::Succeeded,
            JobState::Cancelled => Self::Cancelled,
            JobState::Expired => Self::Expired,
            _ if error_code == Some(Reason::Refused.as_str()) => Self::Refused,
            _ => Self::Failed,
        }
    }
}

/// How much of what was used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UsageAmounts {
    /// Tokens in, cached ones included.
    pub input_tokens: u64,
    /// Those of the tokens in that the vendor had cached.
    pub cached_input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
    /// Pictures.
    pub images: u64,
    /// Seconds of video.
    pub video_seconds: u64,
    /// Characters that were spoken.
    pub characters: u64,
    /// Seconds of audio.
    pub audio_seconds: u64,
}

impl UsageAmounts {
    /// What these quantities come to.
    pub fn of(quantities: &[Quantity]) -> Self {
        let mut amounts = Self::default();
        for Quantity { unit, count, .. } in quantities {
            let amount = match unit {
                Unit::InputToken | Unit::CacheWriteToken => &mut amounts.input_tokens,
                Unit::CachedInputToken => {
                    amounts.input_tokens = amounts.input_tokens.saturating_add(*count);
                    &mut amounts.cached_input_tokens
                }
                Unit::OutputToken => &mut amounts.output_tokens,
                Unit::Image => &mut amounts.images,
                Unit::VideoSecond => &mut amounts.video_seconds,
                Unit::Character => &mut amounts.characters,
                Unit::AudioSecond => &mut amounts.audio_seconds,
            };
            *amount = amount.saturating_add(*count);
        }
        amounts
    }

    /// In the order of the columns that they are kept in.
    pub(crate) fn to_array(self) -> [u64; 7] {
        [
            self.input_tokens,
            self.cached_input_tokens,
            self.output_tokens,
            self.images,
            self.video_seconds,
            self.characters,
            self.audio_seconds,
        ]
    }

    /// The other way round.
    pub(crate) fn from_array(
        [input_tokens, cached_input_tokens, output_tokens, images, video_seconds, characters, audio_seconds]: [u64; 7],
    ) -> Self {
        Self {
            input_tokens,
            cached_input_tokens,
            output_tokens,
            images,
            video_seconds,
            characters,
            audio_seconds,
        }
    }
}

impl UsageRow {
    /// Of a job that is final.
    pub(super) fn of_job(view: &JobView, account: &Account) -> Self {
        let (job, latest) = (&view.job, view.attempts.last());
        let delivered = latest.and_then(|attempt| attempt.delivered());
        Self {
            owner: Owner::Job(job.id),
            account: job.account,
            realm: account.subject.realm.clone(),
            key: job.key,
            model: job.model.clone(),
            modality: job.modality,
            provider: latest.map(|attempt| attempt.provider.clone()),
            outcome: UsageOutcome::of_job(job.state, job.error.as_ref().map(|error| error.code.as_str())),
            attempts: job.attempts,
            amounts: UsageAmounts::of(delivered.unwrap_or_default()),
            charged: job.charged,
            is_estimated: latest.is_some_and(|attempt| estimate::is_estimated(&attempt.vendor)),
            duration: job.updated_at.since(job.created_at),
            first_part: None,
            ended_at: job.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_are_among_those_that_went_in() {
        let all = [
            Quantity::new(Unit::InputToken, 7),
            Quantity::new(Unit::CachedInputToken, 3),
            Quantity::new(Unit::CacheWriteToken, 2).with("ttl", "1h"),
            Quantity::new(Unit::OutputToken, 5),
            Quantity::new(Unit::Image, 1),
            Quantity::new(Unit::Image, 2),
        ];
        let amounts = UsageAmounts::of(&all);
        let expected = UsageAmounts {
            input_tokens: 12,
            cached_input_tokens: 3,
            output_tokens: 5,
            images: 3,
            ..UsageAmounts::default()
        };
        assert_eq!(amounts, expected);
        assert_eq!(UsageAmounts::from_array(amounts.to_array()), amounts);
    }

    #[test]
    fn a_job_ended_as_its_state_says_and_a_refusal_as_its_error_does() {
        let refused = Some(Reason::Refused.as_str());
        for (state, error_code, expected) in [
            (JobState::Succeeded, None, UsageOutcome::Succeeded),
            (JobState::Succeeded, refused, UsageOutcome::Succeeded),
            (JobState::Failed, None, UsageOutcome::Failed),
            (JobState::Failed, refused, UsageOutcome::Refused),
            (JobState::Cancelled, Some("cancelled"), UsageOutcome::Cancelled),
            (JobState::Expired, Some("expired"), UsageOutcome::Expired),
        ] {
            assert_eq!(UsageOutcome::of_job(state, error_code), expected, "{state:?} {error_code:?}");
        }
    }
}
