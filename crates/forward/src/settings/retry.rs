//! `retry`, of all targets and of one.

use std::sync::Arc;
use std::time::Duration;

use fourfold_clients::http::RetryPolicy;
use http::StatusCode;
use serde::Deserialize;

use super::invalid::{DAY, InvalidSetting, TEN_MINUTES, check_at_most, check_range};
use super::written;
use crate::ForwardRetry;

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
    /// After which statuses there is another try: `exponential` has 408, 429, 500, 502, 503 and 504, `status_code` the same
    /// without 408. Default `exponential`.
    #[cfg_attr(feature = "schema", schemars(extend("default" = "exponential")))]
    pub strategy: Option<StrategyName>,
    /// The statuses after which there is another try, each from 400 to 599. Default those of the strategy.
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
    /// No try begins later than this after the request came, so that a target that asks for a longer wait is passed on
    /// with its answer. Default 180 s, at most a day; zero is none.
    #[serde(deserialize_with = "written::duration")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<String>", extend("x-type" = "duration", "default" = "3m"))
    )]
    pub cap: Option<Duration>,
    /// Whether POST and PATCH are tried again even if the target may have begun to work, so that work may be done and
    /// paid twice. Default false.
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    pub unsafe_methods: Option<bool>,
    /// How much of a body that streams is kept to be sent again, in bytes; one of which more went out isn't. Bodies that are
    /// collected are sent again at any size. Default 64 KiB, at most 16 MiB.
    #[cfg_attr(feature = "schema", schemars(extend("default" = 65_536)))]
    pub replay_bytes_max: Option<usize>,
}

/// After which statuses there is another try, unless `retry_on` says so. After connections that failed or broke off and
/// after time limits there is one in any case, and the waits are the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StrategyName {
    /// All that say that the same request may succeed later: 408, 429, 500, 502, 503 and 504.
    #[default]
    Exponential,
    /// Those of a list: 429, 500, 502, 503 and 504.
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
        check_at_most("cap", self.cap, DAY)?;
        check_range("replay_bytes_max", self.replay_bytes_max, 0..=16 << 20)
    }

    /// These over others, field by field, over the defaults.
    pub(super) fn resolve(&self, below: &Self) -> ForwardRetry {
        let default = ForwardRetry::default();
        let is_enabled = self.enabled.or(below.enabled).unwrap_or(true);
        let attempts_max = self.max_attempts.or(below.max_attempts).unwrap_or(default.attempts_max);
        let statuses = self.retry_on.as_deref().or(below.retry_on.as_deref()).map(|statuses| {
            statuses.iter().filter_map(|status| StatusCode::from_u16(*status).ok()).collect()
        });
        ForwardRetry {
            attempts_max: if is_enabled { attempts_max } else { 1 },
            base: self.base.or(below.base).unwrap_or(default.base),
            multiplier: self.multiplier.or(below.multiplier).unwrap_or(default.multiplier),
            ceiling: self.ceiling.or(below.ceiling).unwrap_or(default.ceiling),
            cap: self.cap.or(below.cap).unwrap_or(default.cap),
            statuses: statuses.unwrap_or(default.statuses),
            unsafe_methods: self.unsafe_methods.or(below.unsafe_methods).unwrap_or(default.unsafe_methods),
            replay_bytes_max: self
                .replay_bytes_max
                .or(below.replay_bytes_max)
                .unwrap_or(default.replay_bytes_max),
        }
    }

    /// What decides: statuses that are written count, whatever the strategy.
    pub(super) fn resolve_strategy(&self, below: &Self) -> StrategyName {
        match self.retry_on.as_ref().or(below.retry_on.as_ref()) {
            Some(_) => StrategyName::StatusCode,
            None => self.strategy.or(below.strategy).unwrap_or_default(),
        }
    }
}

impl StrategyName {
    /// The strategy with the waits and the statuses of a target.
    pub(super) fn of(self, retry: &ForwardRetry) -> Arc<dyn RetryPolicy> {
        match self {
            Self::Exponential => Arc::new(retry.exponential()),
            Self::StatusCode => Arc::new(retry.by_status()),
        }
    }
}

#[cfg(test)]
mod tests {
    use fourfold_clients::http::{ClientError, Effect, ErrorKind, FailedTry, RetryDecision, TimeoutStage};
    use http::HeaderMap;

    use super::*;
    use crate::retry::failed_answer;

    /// The wait before another try, in seconds, if there is one.
    fn after(settings: &RetrySettings, error: &ClientError, retries: u32, random: f64) -> Option<f64> {
        let none = RetrySettings::default();
        let strategy = settings.resolve_strategy(&none).of(&settings.resolve(&none));
        match strategy.decide(&FailedTry { retries, error, random }) {
            RetryDecision::After(wait) => Some(wait.as_secs_f64()),
            RetryDecision::Stop => None,
        }
    }

    fn status(status: u16) -> ClientError {
        failed_answer(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), b"").unwrap()
    }

    #[test]
    fn the_strategy_says_what_is_tried_again() {
        let exponential = RetrySettings::default();
        let status_code =
            RetrySettings { strategy: Some(StrategyName::StatusCode), ..RetrySettings::default() };
        let written = RetrySettings { retry_on: Some(vec![404]), ..RetrySettings::default() };
        let failure = |kind| ClientError::new(kind, Effect::NotStarted);
        for (error, expected) in [
            (status(503), [true, true, false]),
            (status(429), [true, true, false]),
            (status(408), [true, false, false]),
            (status(404), [false, false, true]),
            (failure(ErrorKind::Connect), [true; 3]),
            (failure(ErrorKind::Interrupted), [true; 3]),
            (failure(ErrorKind::Timeout(TimeoutStage::FirstByte)), [true; 3]),
            (failure(ErrorKind::CircuitOpen), [false; 3]),
        ] {
            let tried = [&exponential, &status_code, &written]
                .map(|settings| after(settings, &error, 0, 0.0).is_some());
            assert_eq!(tried, expected, "{error:?}");
        }
    }

    #[test]
    fn waits_grow_by_the_multiplier_up_to_the_ceiling() {
        let settings = RetrySettings {
            max_attempts: Some(6),
            base: Some(Duration::from_millis(100)),
            multiplier: Some(3.0),
            ceiling: Some(Duration::from_secs(2)),
            ..RetrySettings::default()
        };
        let busy = status(503);
        let waits: Vec<_> = (0..6).map(|retries| after(&settings, &busy, retries, 0.0)).collect();
        assert_eq!(waits, [Some(0.1), Some(0.3), Some(0.9), Some(2.0), Some(2.0), None]);
        assert_eq!(after(&settings, &busy, 0, 0.5), Some(0.113));
        let asks = status(503).with_retry_after(Duration::from_secs(9));
        assert_eq!(after(&settings, &asks, 0, 0.0), Some(9.0));
    }

    #[test]
    fn retries_that_are_off_never_try_again() {
        let off = RetrySettings { enabled: Some(false), ..RetrySettings::default() };
        assert_eq!(after(&off, &status(503), 0, 0.0), None);
    }
}
