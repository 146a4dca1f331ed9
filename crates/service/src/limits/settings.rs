//! How much one caller may do.

use serde::{Deserialize, Serialize};

/// The most that any limit may be set to.
const COUNT_MAX: u32 = 1_000_000_000;

/// How much may be done at a time. What isn't set isn't limited.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// How many requests may begin a minute, at least 1. As many may begin at once; they come back evenly.
    pub requests_per_minute: Option<u32>,
    /// How many tokens may go in and out a minute, at least 1. Before a call its input and the most that it may answer
    /// are counted, after it what was used.
    pub tokens_per_minute: Option<u32>,
    /// How many requests may be under way at the same time, at least 1. A call is until its answer has ended, a job for
    /// as long as it is waited for.
    pub concurrency: Option<u32>,
}

/// What every key and every account is limited to. A key that has a limit of its own has that instead.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Of each key, whoever it works for.
    pub key: Limits,
    /// Of each account, whichever keys work for it.
    pub account: Limits,
}

impl Limits {
    /// Whether nothing is limited.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// These, and those where these say nothing.
    pub fn or(self, defaults: Self) -> Self {
        Self {
            requests_per_minute: self.requests_per_minute.or(defaults.requests_per_minute),
            tokens_per_minute: self.tokens_per_minute.or(defaults.tokens_per_minute),
            concurrency: self.concurrency.or(defaults.concurrency),
        }
    }

    /// What can't be, with what is allowed.
    pub fn check(&self) -> Result<(), String> {
        let named = [
            ("requests_per_minute", self.requests_per_minute),
            ("tokens_per_minute", self.tokens_per_minute),
            ("concurrency", self.concurrency),
        ];
        let is_wrong = |count: Option<u32>| count.is_some_and(|count| !(1..=COUNT_MAX).contains(&count));
        match named.into_iter().find(|(_name, count)| is_wrong(*count)) {
            Some((name, _count)) => Err(format!("{name} must be from 1 to {COUNT_MAX}")),
            None => Ok(()),
        }
    }
}

impl LimitSettings {
    /// The first section with a limit that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        for (section, limits) in [("limits.key", &self.key), ("limits.account", &self.account)] {
            limits.check().map_err(|problem| (section, problem))?;
        }
        Ok(())
    }
}
