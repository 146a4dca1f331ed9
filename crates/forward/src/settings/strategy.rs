//! The settings of retries as what decides them.

use std::time::Duration;

use fourfold_clients::http::{ErrorKind, FailedTry, RetryDecision, RetryPolicy, TimeoutStage};

use super::resolved::ResolvedRetry;
use super::retry::StrategyName;

/// The share of a wait that is added at random at most, so that callers don't come back together.
const JITTER: f64 = 0.25;

/// Which methods may be sent again at all, and when their body was kept, the forwarder's loop decides before it asks.
impl RetryPolicy for ResolvedRetry {
    fn decide(&self, failed: &FailedTry<'_>) -> RetryDecision {
        let error = failed.error;
        let may_help = match error.kind() {
            ErrorKind::Status => error.status().is_some_and(|status| self.statuses.contains(&status)),
            ErrorKind::Connect | ErrorKind::Interrupted | ErrorKind::Timeout(TimeoutStage::Connect) => true,
            ErrorKind::Timeout(_) => self.strategy == StrategyName::Exponential,
            _ => false,
        };
        if !may_help || failed.retries.saturating_add(1) >= self.attempts_max {
            return RetryDecision::Stop;
        }
        let wait = self.wait(failed.retries, failed.random);
        RetryDecision::After(error.retry_after().map_or(wait, |asked| asked.max(wait)))
    }
}

impl ResolvedRetry {
    /// The wait after this many retries, with its random share, under the ceiling.
    fn wait(&self, retries: u32, random: f64) -> Duration {
        let factor =
            self.multiplier.powi(i32::try_from(retries).unwrap_or(i32::MAX)) * (1.0 + JITTER * random);
        let wait_s = (self.base.as_secs_f64() * factor).min(self.ceiling.as_secs_f64());
        // Timers count milliseconds, so a wait does too.
        Duration::try_from_secs_f64((wait_s * 1000.0).round() / 1000.0).unwrap_or(self.ceiling)
    }
}

#[cfg(test)]
mod tests {
    use fourfold_clients::http::{ClientError, Effect};
    use http::StatusCode;

    use super::*;
    use crate::settings::RetrySettings;

    fn retry(settings: RetrySettings) -> ResolvedRetry {
        settings.resolve(&RetrySettings::default())
    }

    fn after(retry: &ResolvedRetry, error: &ClientError, retries: u32, random: f64) -> Option<f64> {
        match retry.decide(&FailedTry { retries, error, random }) {
            RetryDecision::After(wait) => Some(wait.as_secs_f64()),
            RetryDecision::Stop => None,
        }
    }

    fn status(status: StatusCode) -> ClientError {
        ClientError::new(ErrorKind::Status, Effect::MayHaveStarted).with_status(status)
    }

    #[test]
    fn the_strategy_says_what_is_tried_again() {
        let exponential = retry(RetrySettings::default());
        let status_code =
            retry(RetrySettings { strategy: Some(StrategyName::StatusCode), ..RetrySettings::default() });
        let failure = |kind| ClientError::new(kind, Effect::NotStarted);
        for (error, by_exponential, by_status_code) in [
            (status(StatusCode::SERVICE_UNAVAILABLE), true, true),
            (status(StatusCode::TOO_MANY_REQUESTS), true, true),
            (status(StatusCode::NOT_FOUND), false, false),
            (status(StatusCode::REQUEST_TIMEOUT), false, false),
            (failure(ErrorKind::Connect), true, true),
            (failure(ErrorKind::Interrupted), true, true),
            (failure(ErrorKind::Timeout(TimeoutStage::Connect)), true, true),
            (failure(ErrorKind::Timeout(TimeoutStage::FirstByte)), true, false),
            (failure(ErrorKind::CircuitOpen), false, false),
        ] {
            assert_eq!(after(&exponential, &error, 0, 0.0).is_some(), by_exponential, "{error:?}");
            assert_eq!(after(&status_code, &error, 0, 0.0).is_some(), by_status_code, "{error:?}");
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
        let (retry, busy) = (retry(settings), status(StatusCode::SERVICE_UNAVAILABLE));
        let waits: Vec<_> = (0..6).map(|retries| after(&retry, &busy, retries, 0.0)).collect();
        assert_eq!(waits, [Some(0.1), Some(0.3), Some(0.9), Some(2.0), Some(2.0), None]);
        assert_eq!(after(&retry, &busy, 0, 0.5), Some(0.113));
        let asks = status(StatusCode::SERVICE_UNAVAILABLE).with_retry_after(Duration::from_secs(9));
        assert_eq!(after(&retry, &asks, 0, 0.0), Some(9.0));
    }

    #[test]
    fn retries_that_are_off_never_try_again() {
        let off = retry(RetrySettings { enabled: Some(false), ..RetrySettings::default() });
        assert_eq!(after(&off, &status(StatusCode::SERVICE_UNAVAILABLE), 0, 0.0), None);
    }
}
