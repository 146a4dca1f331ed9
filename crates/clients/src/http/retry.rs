//! Retries: a policy looks at a failed try and decides; the loop in `send.rs` acts.
//!
//! The loop, not the policy, keeps what must never be broken: paid work that may have started is not sent again,
//! a body that can't be replayed is not sent again, and no try begins after the cap on the whole call.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::error::{ClientError, ErrorKind};

/// The retries of a client.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RetrySettings {
    /// Tries after the first one. Default 3, at most 20; 0 turns retries off.
    pub retries_max: u32,
    /// The wait before the first retry; it doubles with each. Default 1 s.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub base: Duration,
    /// The longest wait between two tries, unless the vendor asks for more. Default 30 s.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub ceiling: Duration,
    /// The share of the wait that is added at random, so that callers don't come back together. Default 0.25, 0 to 1.
    pub jitter: f64,
    /// No try begins later than this after the call's start. Default 180 s; zero is no cap.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub cap: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            retries_max: 3,
            base: Duration::from_secs(1),
            ceiling: Duration::from_secs(30),
            jitter: 0.25,
            cap: Duration::from_secs(180),
        }
    }
}

/// Decides whether a failed try is followed by another.
pub trait RetryPolicy: Send + Sync + fmt::Debug {
    /// Looks at the failed try; has no side effects.
    fn decide(&self, failed: &FailedTry<'_>) -> RetryDecision;
}

/// A try that failed, as a policy sees it.
#[derive(Clone, Copy, Debug)]
pub struct FailedTry<'a> {
    /// How many retries came before: 0 for the first try.
    pub retries: u32,
    /// What went wrong.
    pub error: &'a ClientError,
    /// A random number from 0 up to but not including 1.
    pub random: f64,
}

/// What a policy answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetryDecision {
    /// The failure is final.
    Stop,
    /// Try again after this long.
    After(Duration),
}

/// The statuses that say that the same request may succeed later.
pub const RETRYABLE_STATUSES: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// Retries what may succeed later, each time after twice the wait, or as many times the wait as is set.
///
/// The vendor's `Retry-After` lengthens a wait, past the ceiling too.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ExponentialRetry {
    settings: RetrySettings,
    multiplier: f64,
}

impl ExponentialRetry {
    /// Waits as the settings say.
    pub fn new(settings: RetrySettings) -> Self {
        Self { settings, multiplier: 2.0 }
    }

    /// Sets how many times as long each wait is as the one before it, 2 by default.
    #[must_use]
    pub fn multiplier(mut self, multiplier: f64) -> Self {
        self.multiplier = multiplier;
        self
    }

    /// The wait before the retry after this many: `base × multiplier^retries`, with jitter, under the ceiling.
    pub fn wait(&self, retries: u32, random: f64) -> Duration {
        let factor = self.multiplier.powi(i32::try_from(retries).unwrap_or(i32::MAX));
        let wait_s = self.settings.base.as_secs_f64() * factor * (1.0 + self.settings.jitter * random);
        // Timers count milliseconds, so a wait does too.
        let wait_ms = (wait_s * 1000.0).min(self.settings.ceiling.as_secs_f64() * 1000.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the ceiling"
        )]
        Duration::from_millis(wait_ms.round() as u64)
    }
}

impl ExponentialRetry {
    fn again(&self, failed: &FailedTry<'_>) -> RetryDecision {
        if failed.retries >= self.settings.retries_max {
            return RetryDecision::Stop;
        }
        let wait = self.wait(failed.retries, failed.random);
        RetryDecision::After(failed.error.retry_after().map_or(wait, |asked| asked.max(wait)))
    }
}

impl RetryPolicy for ExponentialRetry {
    fn decide(&self, failed: &FailedTry<'_>) -> RetryDecision {
        let error = failed.error;
        let is_tried_again = match error.kind() {
            ErrorKind::Connect | ErrorKind::Timeout(_) | ErrorKind::Interrupted => true,
            ErrorKind::Status => error.is_retryable(),
            _ => false,
        };
        if is_tried_again { self.again(failed) } else { RetryDecision::Stop }
    }
}

/// Retries the statuses of a list of its own, whatever the vendor's body says; other failures as usual.
#[derive(Clone, PartialEq, Debug)]
pub struct StatusRetry {
    statuses: Vec<StatusCode>,
    waits: ExponentialRetry,
}

impl StatusRetry {
    /// Retries these statuses and no others, with these waits.
    pub fn new(statuses: impl Into<Vec<StatusCode>>, waits: ExponentialRetry) -> Self {
        Self { statuses: statuses.into(), waits }
    }
}

impl RetryPolicy for StatusRetry {
    fn decide(&self, failed: &FailedTry<'_>) -> RetryDecision {
        match (failed.error.kind(), failed.error.status()) {
            (ErrorKind::Status, Some(status)) if self.statuses.contains(&status) => self.waits.again(failed),
            (ErrorKind::Status, _) => RetryDecision::Stop,
            _ => self.waits.decide(failed),
        }
    }
}

/// Never tries again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoRetry;

impl RetryPolicy for NoRetry {
    fn decide(&self, _: &FailedTry<'_>) -> RetryDecision {
        RetryDecision::Stop
    }
}

/// Where the jitter's randomness comes from.
pub trait RandomSource: Send + Sync {
    /// A number from 0 up to but not including 1.
    fn fraction(&self) -> f64;
}

/// Randomness from the process's hash keys: enough to spread callers, not for secrets.
#[derive(Clone, Copy, Debug)]
pub struct HashRandom;

impl RandomSource for HashRandom {
    fn fraction(&self) -> f64 {
        // Each RandomState has keys of its own, so hashing nothing is already different each time.
        let bits = RandomState::new().hash_one(()) >> 11;
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
        let fraction = bits as f64 / (1_u64 << 53) as f64;
        fraction
    }
}

impl<F: Fn() -> f64 + Send + Sync> RandomSource for F {
    fn fraction(&self) -> f64 {
        self()
    }
}
