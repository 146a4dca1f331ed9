//! Limits on how much may be done in a span of time, kept together by all processes. They may be lost: what counts
//! then is what comes after.

use std::time::Duration;

use async_trait::async_trait;

use crate::BoxError;

/// How much may be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// How many permits may be used in any span of `per`, at least 1.
    pub count: u32,
    /// The length of the span, at least 1 ms.
    pub per: Duration,
}

/// What is taken at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taking {
    /// The limit, the same for all who take by one key.
    pub rate: Rate,
    /// Fewer permits are of no use, from 1 to all of the rate's: what one thing weighs.
    pub least: u32,
    /// More aren't taken.
    pub most: u32,
    /// How long after the taking the permits may be used, at most `per`. What isn't used by then is lost.
    pub used_within: Duration,
}

/// What came of a taking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permits {
    /// Some were taken.
    Granted {
        /// How many, from the least that were wanted to the most.
        count: u32,
        /// How many more could have been.
        left: u32,
    },
    /// None was: the least that were wanted aren't free before this time has passed.
    After(Duration),
}

/// The limits couldn't be asked. Whether permits were taken isn't known.
#[derive(Debug, thiserror::Error)]
#[error("the shared limits can't be reached")]
pub struct LimitsError(#[source] pub BoxError);

/// Hands out permits.
///
/// In no span of a rate's `per` are more permits used than its `count`, whoever takes them, as long as each is used
/// within the time that its taking named. A permit counts for that time and `per`, and up to a hundredth of `per` more.
#[async_trait]
pub trait SharedLimits: Send + Sync {
    /// Takes permits by this key, at once or not at all. Keys know nothing of each other.
    async fn take(&self, key: &str, taking: Taking) -> Result<Permits, LimitsError>;

    /// Gives so many permits back that were taken by this key and not used. Those that count no longer stay used.
    async fn give_back(&self, key: &str, rate: Rate, count: u32) -> Result<(), LimitsError>;

    /// Whether the limits can be reached, else a few words that say what is missing.
    async fn health(&self) -> Result<(), String>;
}

impl Taking {
    /// The same within its bounds: nobody waits for more than there can ever be.
    pub(crate) fn bounded(self) -> Self {
        let count = self.rate.count.max(1);
        let per = self.rate.per.max(Duration::from_millis(1));
        let least = self.least.clamp(1, count);
        Self {
            rate: Rate { count, per },
            least,
            most: self.most.clamp(least, count),
            used_within: self.used_within.min(per),
        }
    }
}
