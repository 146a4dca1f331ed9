//! When a request is sent again: a strategy looks at a failed try and decides; the rules here say what may be repeated
//! at all.
//!
//! | method | sent again |
//! | --- | --- |
//! | GET, HEAD, PUT, DELETE, OPTIONS | as the strategy says |
//! | POST, PATCH | as the strategy says, if the target surely hasn't begun, or the target's `unsafe_methods` is set |
//! | others | never |

use std::sync::Arc;
use std::time::Duration;

use fourfold_clients::http::{
    ClientError, Effect, ErrorKind, ExponentialRetry, FailedAnswer, FailedTry, Failure, HashRandom,
    RETRYABLE_STATUSES, RandomSource as _, RetryDecision, RetryPolicy, RetrySettings, StatusRetry,
};
use http::{HeaderMap, Method, StatusCode};
use tokio::time::Instant;

/// The retries of a target.
#[derive(Clone, PartialEq, Debug)]
pub struct ForwardRetry {
    /// Tries in all. Default 3; 1 turns retries off.
    pub attempts_max: u32,
    /// The wait before the second try. Default 1 s.
    pub base: Duration,
    /// How many times as long each wait is as the one before it. Default 2.
    pub multiplier: f64,
    /// The longest wait between two tries, unless the target asks for more. Default 30 s.
    pub ceiling: Duration,
    /// No try begins later than this after the request came. Default 180 s; zero is no cap.
    pub cap: Duration,
    /// The statuses after which a request is sent again [by status](Self::by_status). Default 429, 500, 502, 503, 504.
    pub statuses: Vec<StatusCode>,
    /// Whether POST and PATCH are sent again as GET is, so that work may be done twice. Default no.
    pub unsafe_methods: bool,
    /// How much of a streamed body may have gone out before another try; one that is in memory is sent again at any
    /// size. Default 64 KiB.
    pub replay_bytes_max: usize,
}

impl Default for ForwardRetry {
    fn default() -> Self {
        Self {
            attempts_max: 3,
            base: Duration::from_secs(1),
            multiplier: 2.0,
            ceiling: Duration::from_secs(30),
            cap: Duration::from_secs(180),
            statuses: vec![
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::INTERNAL_SERVER_ERROR,
                StatusCode::BAD_GATEWAY,
                StatusCode::SERVICE_UNAVAILABLE,
                StatusCode::GATEWAY_TIMEOUT,
            ],
            unsafe_methods: false,
            replay_bytes_max: 64 * 1024,
        }
    }
}

impl ForwardRetry {
    /// Sends nothing again.
    pub fn never() -> Self {
        Self { attempts_max: 1, ..Self::default() }
    }

    /// The waits alone: whatever may succeed later is sent again.
    pub fn exponential(&self) -> ExponentialRetry {
        ExponentialRetry::new(RetrySettings {
            retries_max: self.attempts_max.saturating_sub(1),
            base: self.base,
            ceiling: self.ceiling,
            cap: self.cap,
            ..RetrySettings::default()
        })
        .multiplier(self.multiplier)
    }

    /// The waits, after the statuses of the list and after failures without one.
    pub fn by_status(&self) -> StatusRetry {
        StatusRetry::new(self.statuses.clone(), self.exponential())
    }
}

/// What may be sent again, and when.
#[derive(Debug)]
pub(crate) struct Retries {
    settings: ForwardRetry,
    strategy: Arc<dyn RetryPolicy>,
}

/// What a method allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Repeat {
    /// As often as the strategy likes.
    Safe,
    /// While the target surely hasn't begun.
    NotStarted,
}

impl Retries {
    pub(crate) fn new(settings: ForwardRetry, strategy: Option<Arc<dyn RetryPolicy>>) -> Self {
        let strategy = strategy.unwrap_or_else(|| Arc::new(settings.by_status()));
        Self { settings, strategy }
    }

    pub(crate) fn replay_bytes_max(&self) -> usize {
        self.settings.replay_bytes_max
    }

    /// Whether a request of this method may be sent again, and when; none if never.
    pub(crate) fn of_method(&self, method: &Method) -> Option<Repeat> {
        if self.settings.attempts_max <= 1 {
            return None;
        }
        match *method {
            Method::GET | Method::HEAD | Method::PUT | Method::DELETE | Method::OPTIONS => Some(Repeat::Safe),
            Method::POST | Method::PATCH if self.settings.unsafe_methods => Some(Repeat::Safe),
            Method::POST | Method::PATCH => Some(Repeat::NotStarted),
            _ => None,
        }
    }

    /// How long to wait before the next try, if there is one.
    pub(crate) fn wait(
        &self,
        repeat: Repeat,
        failed: &ClientError,
        retries: u32,
        started: Instant,
    ) -> Option<Duration> {
        let may_repeat = repeat == Repeat::Safe || failed.effect() == Effect::NotStarted;
        if !may_repeat || retries + 1 >= self.settings.attempts_max {
            return None;
        }
        let look = FailedTry { retries, error: failed, random: HashRandom.fraction() };
        let RetryDecision::After(wait) = self.strategy.decide(&look) else { return None };
        let cap = self.settings.cap;
        let is_past_cap = !cap.is_zero() && started.elapsed() + wait > cap;
        if is_past_cap { None } else { Some(wait) }
    }
}

/// Whether the body of such an answer says whether the target has begun.
pub(crate) fn tells_by_body(status: StatusCode) -> bool {
    matches!(status.as_u16(), 503 | 529)
}

/// What an answer means as the failure of a try; none if it is no failure. `body` is its beginning, where it was read.
pub(crate) fn failed_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<ClientError> {
    if status.as_u16() < 400 {
        return None;
    }
    let failure = Failure::read(&FailedAnswer { status, headers, body });
    let error = ClientError::new(ErrorKind::Status, failure.effect);
    let is_retryable = RETRYABLE_STATUSES.contains(&status.as_u16());
    Some(error.with_status(status).with_retryable(is_retryable).with_retry_after(failure.retry_after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeats(settings: ForwardRetry, method: Method, failed: &ClientError) -> bool {
        let retries = Retries::new(settings, None);
        let repeat = retries.of_method(&method);
        repeat.is_some_and(|repeat| retries.wait(repeat, failed, 0, Instant::now()).is_some())
    }

    fn status(status: u16) -> ClientError {
        failed_answer(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), b"").unwrap()
    }

    #[tokio::test]
    async fn what_is_sent_again_follows_the_table() {
        let safe = [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS];
        let paid = [Method::POST, Method::PATCH];
        let others = [Method::TRACE, Method::from_bytes(b"PURGE").unwrap()];
        let connect = ClientError::new(ErrorKind::Connect, Effect::NotStarted);
        let cut = ClientError::new(ErrorKind::Interrupted, Effect::MayHaveStarted);
        let table = [
            // failure, safe methods, POST and PATCH
            (connect, true, true),
            (cut, true, false),
            (status(429), true, true),
            (status(500), true, false),
            (status(502), true, false),
            (status(503), true, false),
            (status(504), true, false),
            (status(400), false, false),
            (status(404), false, false),
            (status(408), false, false),
            (status(501), false, false),
        ];
        for (failed, by_safe, by_paid) in &table {
            for method in &safe {
                let is_again = repeats(ForwardRetry::default(), method.clone(), failed);
                assert_eq!(is_again, *by_safe, "{method} {failed:?}");
            }
            for method in &paid {
                let is_again = repeats(ForwardRetry::default(), method.clone(), failed);
                assert_eq!(is_again, *by_paid, "{method} {failed:?}");
                let careless = ForwardRetry { unsafe_methods: true, ..ForwardRetry::default() };
                assert_eq!(repeats(careless, method.clone(), failed), *by_safe, "{method} {failed:?}");
            }
            for method in &others {
                let careless = ForwardRetry { unsafe_methods: true, ..ForwardRetry::default() };
                assert!(!repeats(careless, method.clone(), failed), "{method} {failed:?}");
            }
            assert!(!repeats(ForwardRetry::never(), Method::GET, failed), "{failed:?}");
        }
    }

    #[test]
    fn an_overloaded_target_has_not_begun() {
        let busy =
            failed_answer(StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::new(), b"{\"error\":\"overloaded\"}");
        assert_eq!(busy.unwrap().effect(), Effect::NotStarted);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_the_ceiling_and_never_pass_the_cap() {
        let settings = ForwardRetry { attempts_max: 20, ..ForwardRetry::default() };
        let retries = Retries::new(settings, None);
        let started = Instant::now();
        let wait = |retry| retries.wait(Repeat::Safe, &status(503), retry, started).unwrap().as_secs_f64();
        for (retry, least) in [(0, 1.0), (1, 2.0), (2, 4.0), (3, 8.0)] {
            assert!((least..=least * 1.25).contains(&wait(retry)), "{retry}");
        }
        assert!((wait(10) - 30.0).abs() < 1e-9);
        let asks = status(503).with_retry_after(Duration::from_secs(100));
        assert_eq!(retries.wait(Repeat::Safe, &asks, 0, started), Some(Duration::from_secs(100)));
        tokio::time::advance(Duration::from_secs(81)).await;
        assert_eq!(retries.wait(Repeat::Safe, &asks, 0, started), None);
        assert_eq!(retries.wait(Repeat::Safe, &status(503), 19, started), None);
    }
}
