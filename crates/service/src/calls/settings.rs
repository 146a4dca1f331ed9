//! How calls are worked on.

use std::time::Duration;

use fourfold_domain::serde_duration;
use serde::{Deserialize, Serialize};

use super::CacheSettings;

/// The most that an answer may be kept for.
const REPLAY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The most calls that a process may be set to work on.
const IN_FLIGHT_MAX: usize = 1_000_000;

/// How calls are worked on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CallSettings {
    /// How long a call may wait in all for vendors that can't be asked just now, before it is refused.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub wait_max: Duration,
    /// How long a caller may take to read the next part of an answer, before it counts as gone.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub read_patience: Duration,
    /// For how long new tries to write the end of a call are begun while the database fails. A try that was begun is
    /// waited for as long as the database is; if the last one isn't written, the caller is told, and what was held is
    /// given back.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub settle_patience: Duration,
    /// The longest answer that is kept for a request that comes again with its `Idempotency-Key`, in bytes; at most
    /// 64 MiB.
    pub replay_bytes_max: usize,
    /// How many calls a process works on at a time; more are refused with 503 `overloaded`. Each of them that has an
    /// `Idempotency-Key` may have up to `replay_bytes_max` in memory.
    pub in_flight_max: usize,
    /// How many answers are kept, to be given again.
    pub cache: CacheSettings,
}

impl Default for CallSettings {
    fn default() -> Self {
        Self {
            wait_max: Duration::from_secs(2),
            read_patience: Duration::from_secs(60),
            settle_patience: Duration::from_secs(10),
            replay_bytes_max: 8 * 1024 * 1024,
            in_flight_max: 2000,
            cache: CacheSettings::default(),
        }
    }
}

impl CallSettings {
    /// The first setting that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let more = "must be more than nothing";
        for (name, duration) in
            [("calls.read_patience", self.read_patience), ("calls.settle_patience", self.settle_patience)]
        {
            if duration.is_zero() {
                return Err((name, more.to_owned()));
            }
        }
        if !(1..=IN_FLIGHT_MAX).contains(&self.in_flight_max) {
            return Err(("calls.in_flight_max", format!("must be from 1 to {IN_FLIGHT_MAX}")));
        }
        if self.replay_bytes_max > REPLAY_BYTES_MAX {
            return Err(("calls.replay_bytes_max", format!("must be at most {REPLAY_BYTES_MAX}")));
        }
        self.cache.check()
    }
}
