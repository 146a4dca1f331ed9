//! How the work of a call went, and what it costs: decided here, done elsewhere.

use bytes::Bytes;
use fourfold_domain::estimate::{self, Written};
use fourfold_domain::{Credits, Price, ProviderError, Quantity, Reason, Usage};

use super::CallEnding;
use crate::chats::TurnOutcome;
use crate::usage::UsageOutcome;

/// How the work of a call went.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The whole answer came.
    Whole {
        /// What it used.
        used: Used,
        /// What its caller isn't sent before the call is settled.
        last: Bytes,
    },
    /// The answer was kept; its caller isn't sent any of it before the call is settled.
    Kept(Bytes),
    /// The vendor's filter left nothing of the answer, after it had begun; this is still to be sent.
    Filtered(Bytes),
    /// Nothing came.
    Failed(ProviderError),
    /// The vendor broke off after some of the answer was delivered.
    Broken {
        /// Why.
        error: ProviderError,
        /// What was used for what was delivered; nothing where that can't be told: then it is the operator's loss.
        used: Option<Used>,
    },
    /// The caller left before any vendor was asked.
    NotSent,
    /// The caller left, and the vendor was stopped.
    Left(Used),
    /// We stopped before the end, and the vendor was stopped too.
    CutOff,
}

/// What a call used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Used {
    /// As it is priced.
    pub(super) quantities: Vec<Quantity>,
    /// The tokens of it.
    pub(super) usage: Usage,
    /// Whether any of it is our estimate.
    pub(super) is_estimated: bool,
}

impl Used {
    /// What the vendor tells, with an estimate of what it doesn't.
    pub(super) fn whole(told: Usage, vendor_estimates: bool, input_tokens: u64, written: Written) -> Self {
        let (usage, is_estimated) = estimate::complete(told, input_tokens, written);
        let is_estimated = is_estimated || vendor_estimates;
        Self { quantities: usage.quantities(), usage, is_estimated }
    }

    /// What was counted otherwise than by tokens.
    pub(super) fn counted(quantities: Vec<Quantity>) -> Self {
        Self { quantities, usage: Usage::default(), is_estimated: false }
    }

    /// The input, and the output as far as it was delivered.
    pub(super) fn until_left(told: Usage, input_tokens: u64, delivered: Written) -> Self {
        Self::whole(told, false, input_tokens, delivered)
    }

    /// The output as far as it was delivered: what breaks off by the vendor's fault isn't charged for being read.
    pub(super) fn until_broken(told: Usage, delivered: Written) -> Self {
        let Usage { output_tokens, reasoning_tokens, .. } = told;
        let output = Usage { output_tokens, reasoning_tokens, ..Usage::default() };
        Self::whole(output, false, 0, delivered)
    }
}

impl Outcome {
    /// What it is for the turn of a conversation. Of a request that is wrong it is the message that isn't ours.
    pub(super) fn of_turn(&self) -> TurnOutcome {
        match self {
            Self::Failed(error) if matches!(error.reason, Reason::InvalidRequest | Reason::Refused) => {
                TurnOutcome::Refused
            }
            Self::Failed(_) | Self::Broken { .. } => TurnOutcome::Failed,
            Self::Whole { .. }
            | Self::Kept(_)
            | Self::Filtered(_)
            | Self::NotSent
            | Self::Left(_)
            | Self::CutOff => TurnOutcome::Answered,
        }
    }

    /// Its name in logs.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Whole { .. } => "whole",
            Self::Kept(_) => "cached",
            Self::Filtered(_) => "filtered",
            Self::Failed(_) => "failed",
            Self::Broken { .. } => "broken",
            Self::NotSent => "not_sent",
            Self::Left(_) => "left",
            Self::CutOff => "cut_off",
        }
    }

    /// What the usage log says of it.
    pub(super) fn in_usage(&self) -> UsageOutcome {
        match self {
            Self::Whole { .. } => UsageOutcome::Succeeded,
            Self::Kept(_) => UsageOutcome::Cached,
            Self::Filtered(_) => UsageOutcome::Refused,
            Self::Failed(error) if error.reason == Reason::Refused => UsageOutcome::Refused,
            Self::Failed(_) => UsageOutcome::Failed,
            Self::Broken { .. } => UsageOutcome::Broken,
            Self::NotSent | Self::Left(_) | Self::CutOff => UsageOutcome::Cancelled,
        }
    }

    /// What was used and is charged for.
    pub(super) fn used(&self) -> Option<&Used> {
        match self {
            Self::Whole { used, .. } | Self::Left(used) => Some(used),
            Self::Broken { used, .. } => used.as_ref(),
            Self::Kept(_) | Self::Filtered(_) | Self::Failed(_) | Self::NotSent | Self::CutOff => None,
        }
    }

    /// How the call ends, at the price that was frozen on its hold.
    pub(super) fn ending(&self, price: &Price, held: Credits) -> CallEnding {
        if let Self::Kept(_) = self {
            // What it costs was known, and that was held.
            return CallEnding::Charged(held);
        }
        let Some(used) = self.used() else {
            return if matches!(self, Self::CutOff) { CallEnding::Interrupted } else { CallEnding::Released };
        };
        let credits = price.credits(&used.quantities).unwrap_or_else(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "what a call used has no price; the whole hold is charged"
            );
            held
        });
        match used.is_estimated {
            true => CallEnding::Estimated(credits),
            false => CallEnding::Charged(credits),
        }
    }
}

#[cfg(test)]
mod tests {
    use fourfold_domain::{AnswerPiece, Effect, Rate, Unit};

    use super::*;
    use crate::testing::credits;

    /// A credit a token in, two a token out.
    fn price() -> Price {
        let rate = |unit, amount: &str| Rate { per: Some(1), ..Rate::new(unit, credits(amount)) };
        Price::new("v1", vec![rate(Unit::InputToken, "1"), rate(Unit::OutputToken, "2")])
    }

    /// So many tokens of output.
    fn written(tokens: usize) -> Written {
        let mut written = Written::default();
        written.piece(&AnswerPiece::Text("four".repeat(tokens)));
        written
    }

    fn told(input_tokens: u64, output_tokens: u64) -> Usage {
        Usage { input_tokens, output_tokens, ..Usage::default() }
    }

    fn error() -> ProviderError {
        ProviderError::new(Reason::Unavailable, Effect::Started, "gone")
    }

    #[test]
    fn what_a_call_costs_follows_from_how_it_went() {
        const INPUT: u64 = 10;
        let nothing = Usage::default();
        let whole = |told, vendor_estimates| Outcome::Whole {
            used: Used::whole(told, vendor_estimates, INPUT, written(5)),
            last: Bytes::new(),
        };
        let broken =
            |told| Outcome::Broken { error: error(), used: Some(Used::until_broken(told, written(5))) };
        let left = |told, delivered| Outcome::Left(Used::until_left(told, INPUT, delivered));
        let charged = |amount| CallEnding::Charged(credits(amount));
        let estimated = |amount| CallEnding::Estimated(credits(amount));
        for (outcome, expected) in [
            (whole(told(7, 3), false), charged("13")),
            (whole(told(7, 3), true), estimated("13")),
            (whole(nothing, false), estimated("20")),
            (whole(told(7, 0), false), estimated("17")),
            (broken(nothing), estimated("10")),
            // What went in isn't charged, though the vendor told it.
            (broken(told(7, 0)), estimated("10")),
            (broken(told(7, 3)), charged("6")),
            (left(nothing, written(5)), estimated("20")),
            (left(nothing, Written::default()), estimated("10")),
            (left(told(7, 3), written(2)), charged("13")),
            (Outcome::Broken { error: error(), used: None }, CallEnding::Released),
            (Outcome::Left(Used::counted(vec![Quantity::new(Unit::InputToken, 7)])), charged("7")),
            (Outcome::Kept(Bytes::new()), charged("100")),
            (Outcome::NotSent, CallEnding::Released),
            (Outcome::CutOff, CallEnding::Interrupted),
            (Outcome::Failed(error()), CallEnding::Released),
            (Outcome::Filtered(Bytes::new()), CallEnding::Released),
        ] {
            assert_eq!(outcome.ending(&price(), credits("100")), expected, "{outcome:?}");
        }
    }

    #[test]
    fn what_has_no_price_costs_the_whole_hold() {
        let outcome = Outcome::Left(Used::until_left(told(7, 3), 0, Written::default()));
        let free = Price::new("v1", Vec::new());
        assert_eq!(outcome.ending(&free, credits("100")), CallEnding::Charged(credits("100")));
    }
}
