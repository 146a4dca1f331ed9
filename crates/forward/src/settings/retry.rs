//! `retry`, of all targets and of one.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use super::invalid::{DAY, InvalidSetting, TEN_MINUTES, check_at_most, check_range};
use super::resolved::ResolvedRetry;
use super::written;

/// When a failed try is followed by another. GET, HEAD, PUT, DELETE and OPTIONS are; POST and PATCH only if the target
/// surely hasn't begun to work, and other methods never. Of a target, what isn't written is as in `forward.retry`.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RetrySettings {
    /// Whether there is ever a second try. Default true.
    #[cfg_attr(feature = "schema", schemars(extend("default" = true)))]
    pub enabled: Option<bool>,
    /// Tries in all, the first one counted. Default 3, 1 to 20.
    #[cfg_attr(feature = "schema", schemars(extend("default" = 3)))]
    pub max_attempts: Option<u32>,
    /// What is tried again. Default `exponential`.
    #[cfg_attr(feature = "schema", schemars(extend("default" = "exponential")))]
    pub strategy: Option<StrategyName>,
    /// The statuses after which there is another try, each from 400 to 599. Default 429, 500, 502, 503 and 504.
    #[cfg_attr(feature = "schema", schemars(extend("default" = [429, 500, 502, 503, 504])))]
    pub retry_on: Option<Vec<u16>>,
    /// The wait before the second try; up to 25 % are added at random. Default 1 s, at most 10 min. The target's
    /// `Retry-After` lengthens it.
    #[serde(deserialize_with = "written::duration")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<String>", extend("x-type" = "duration", "default" = "1s"))
    )]
    pub base: Option<Duration>,
    /// How many times as long each wait is as the one before it. Default 2, 1 to 10.
    #[cfg_attr(feature = "schema", schemars(extend("default" = 2)))]
    pub multiplier: Option<f64>,
    /// The longest wait, unless the target asks for more. Default 30 s, at most a day.
    #[serde(deserialize_with = "written::duration")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<String>", extend("x-type" = "duration", "default" = "30s"))
    )]
    pub ceiling: Option<Duration>,
    /// Whether POST and PATCH are tried again even if the target may have begun to work, so that work may be done and
    /// paid twice. Default false.
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    pub unsafe_methods: Option<bool>,
    /// How much of a body that streams is kept to be sent again, in bytes; one of which more went out isn't. Bodies that are
    /// collected are sent again at any size. Default 64 KiB, at most 16 MiB.
    #[cfg_attr(feature = "schema", schemars(extend("default" = 65_536)))]
    pub replay_bytes_max: Option<usize>,
}

/// What is tried again. The waits are the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StrategyName {
    /// Connections that failed or broke off, time limits, and the statuses of `retry_on`.
    #[default]
    Exponential,
    /// The same without time limits, but for that of connecting.
    StatusCode,
}

impl RetrySettings {
    pub(super) fn check(&self) -> Result<(), InvalidSetting> {
        check_range("max_attempts", self.max_attempts, 1..=20)?;
        for status in self.retry_on.iter().flatten() {
            check_range("retry_on", Some(*status), 400..=599)?;
        }
        check_at_most("base", self.base, TEN_MINUTES)?;
        check_range("multiplier", self.multiplier, 1.0..=10.0)?;
        check_at_most("ceiling", self.ceiling, DAY)?;
        check_range("replay_bytes_max", self.replay_bytes_max, 0..=16 << 20)
    }

    /// These over others, field by field, over the defaults.
    pub(super) fn resolve(&self, below: &Self) -> ResolvedRetry {
        let is_enabled = self.enabled.or(below.enabled).unwrap_or(true);
        let attempts_max = self.max_attempts.or(below.max_attempts).unwrap_or(3);
        let statuses = self.retry_on.as_deref().or(below.retry_on.as_deref());
        let statuses = statuses.unwrap_or(&[429, 500, 502, 503, 504]).iter();
        ResolvedRetry {
            attempts_max: if is_enabled { attempts_max } else { 1 },
            strategy: self.strategy.or(below.strategy).unwrap_or_default(),
            statuses: statuses.filter_map(|status| StatusCode::from_u16(*status).ok()).collect(),
            base: self.base.or(below.base).unwrap_or(Duration::from_secs(1)),
            multiplier: self.multiplier.or(below.multiplier).unwrap_or(2.0),
            ceiling: self.ceiling.or(below.ceiling).unwrap_or(Duration::from_secs(30)),
            unsafe_methods: self.unsafe_methods.or(below.unsafe_methods).unwrap_or(false),
            replay_bytes_max: self.replay_bytes_max.or(below.replay_bytes_max).unwrap_or(64 << 10),
        }
    }
}
