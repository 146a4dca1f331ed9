//! The circuit breaker: after failures in a row, calls fail at once until a few probes show that the vendor is back.
//!
//! ```text
//! closed ──failures in a row──► open ──time──► half-open ──all probes succeed──► closed
//!                                 ▲                 └──────one probe fails─────► open
//! ```
//!
//! A closed breaker costs a call two loads; the lock is for the other states.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::error::{ClientError, Effect, ErrorKind};
use super::observe::Recorder;

/// The circuit breaker of a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BreakerSettings {
    /// Failures in a row that open the breaker. Default 5; 0 turns the breaker off.
    pub failures_max: u32,
    /// How long an open breaker refuses calls. Default 60 s.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub open_for: Duration,
    /// How many calls are let through after that, all of which must succeed. Default 3, at least 1.
    pub probes: u32,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures_max: 5, open_for: Duration::from_secs(60), probes: 3 }
    }
}

/// What a breaker does with the next call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BreakerState {
    /// It goes through.
    Closed,
    /// It is refused.
    Open,
    /// It goes through as a probe, if not all probes are under way.
    HalfOpen,
}

/// How a call went, as the breaker counts it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Health {
    /// The vendor answered as it should, be it that the caller was wrong.
    Well,
    /// The vendor failed.
    Ill,
    /// It says nothing about the vendor.
    Unknown,
}

/// A breaker, shared by all clones of a client.
pub(crate) struct Breaker {
    settings: BreakerSettings,
    /// Mirrors `inner` for the fast path.
    is_closed: AtomicBool,
    /// Failures in a row while closed.
    failures: AtomicU32,
    inner: Mutex<Inner>,
    recorder: Option<Arc<dyn Recorder>>,
}

struct Inner {
    state: State,
    /// Counts the times the breaker opened, so that a probe of an earlier time counts as nothing.
    round: u64,
}

#[derive(Clone, Copy)]
enum State {
    Closed,
    Open { until: Instant },
    HalfOpen { begun: u32, succeeded: u32 },
}

/// Leave for one call. Dropped without a word, as when the caller leaves, it counts as nothing.
pub(crate) struct Permit<'b> {
    breaker: &'b Breaker,
    probe_round: Option<u64>,
}

impl Breaker {
    pub(crate) fn new(settings: BreakerSettings, recorder: Option<Arc<dyn Recorder>>) -> Self {
        Self {
            settings,
            is_closed: AtomicBool::new(true),
            failures: AtomicU32::new(0),
            inner: Mutex::new(Inner { state: State::Closed, round: 0 }),
            recorder,
        }
    }

    pub(crate) fn state(&self) -> BreakerState {
        match self.lock().state {
            State::Closed => BreakerState::Closed,
            State::Open { until } if Instant::now() < until => BreakerState::Open,
            State::Open { .. } | State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Leave for a call, or the error that says how long there is none.
    pub(crate) fn admit(&self) -> Result<Permit<'_>, ClientError> {
        if self.is_closed.load(Ordering::Acquire) {
            return Ok(Permit { breaker: self, probe_round: None });
        }
        let mut inner = self.lock();
        let begun = match inner.state {
            State::Closed => return Ok(Permit { breaker: self, probe_round: None }),
            State::Open { until } => {
                let now = Instant::now();
                if now < until {
                    return Err(refusal(until - now));
                }
                self.enter(&mut inner, State::HalfOpen { begun: 0, succeeded: 0 });
                0
            }
            State::HalfOpen { begun, .. } => begun,
        };
        if begun >= self.settings.probes {
            // The probes under way will tell soon; nobody can say when.
            return Err(refusal(Duration::from_secs(1)));
        }
        if let State::HalfOpen { begun, .. } = &mut inner.state {
            *begun += 1;
        }
        Ok(Permit { breaker: self, probe_round: Some(inner.round) })
    }

    /// A stream that had begun well broke off.
    pub(crate) fn stream_failed(&self) {
        self.count_failure();
    }

    fn count_failure(&self) {
        if self.settings.failures_max == 0 || !self.is_closed.load(Ordering::Acquire) {
            return;
        }
        if self.failures.fetch_add(1, Ordering::AcqRel) + 1 >= self.settings.failures_max {
            let mut inner = self.lock();
            if matches!(inner.state, State::Closed) {
                self.open(&mut inner);
            }
        }
    }

    fn probe_ended(&self, round: u64, is_well: bool) {
        let mut inner = self.lock();
        let State::HalfOpen { begun, succeeded } = inner.state else { return };
        if inner.round != round {
            return;
        }
        if !is_well {
            self.open(&mut inner);
        } else if succeeded + 1 >= self.settings.probes {
            self.enter(&mut inner, State::Closed);
        } else {
            inner.state = State::HalfOpen { begun, succeeded: succeeded + 1 };
        }
    }

    fn open(&self, inner: &mut Inner) {
        inner.round += 1;
        self.enter(inner, State::Open { until: Instant::now() + self.settings.open_for });
    }

    /// The one place where the state changes.
    fn enter(&self, inner: &mut Inner, state: State) {
        inner.state = state;
        self.failures.store(0, Ordering::Release);
        self.is_closed.store(matches!(state, State::Closed), Ordering::Release);
        let state = match state {
            State::Closed => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        };
        tracing::info!(?state, "the circuit breaker changed");
        if let Some(recorder) = &self.recorder {
            recorder.breaker_changed(state);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing under the lock can leave the state half changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Says how the call went.
    pub(crate) fn tell(mut self, health: Health) {
        let breaker = self.breaker;
        match (health, self.probe_round) {
            (Health::Unknown, _) => {}
            (_, Some(round)) => {
                self.probe_round = None;
                breaker.probe_ended(round, health == Health::Well);
            }
            (Health::Well, None) if breaker.failures.load(Ordering::Relaxed) == 0 => {}
            (Health::Well, None) => breaker.failures.store(0, Ordering::Release),
            (Health::Ill, None) => breaker.count_failure(),
        }
    }
}

impl Drop for Permit<'_> {
    /// A probe that told nothing leaves its place to another.
    fn drop(&mut self) {
        let Some(probe_round) = self.probe_round else { return };
        let mut inner = self.breaker.lock();
        if inner.round == probe_round
            && let State::HalfOpen { begun, .. } = &mut inner.state
        {
            *begun -= 1;
        }
    }
}

impl Health {
    /// What an answer's status says about the vendor.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            408 | 429 => Self::Unknown,
            500.. => Self::Ill,
            _ => Self::Well,
        }
    }

    /// What a failure without a status says about the vendor.
    pub(crate) fn of_failure(error: &ClientError) -> Self {
        match error.kind() {
            ErrorKind::Connect | ErrorKind::Timeout(_) | ErrorKind::Interrupted => Self::Ill,
            ErrorKind::Status => error.status().map_or(Self::Unknown, Self::of_status),
            _ => Self::Unknown,
        }
    }
}

fn refusal(wait: Duration) -> ClientError {
    ClientError::new(ErrorKind::CircuitOpen, Effect::NotStarted).with_retry_after(wait).with_retryable(true)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn threads_at_once_get_exactly_the_probes() {
        let settings = BreakerSettings { failures_max: 1, open_for: Duration::ZERO, probes: 3 };
        for _ in 0..50 {
            let breaker = Breaker::new(settings, None);
            breaker.admit().unwrap().tell(Health::Ill);
            let start = Barrier::new(16);
            let probes = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..16)
                    .map(|_| {
                        scope.spawn(|| {
                            start.wait();
                            breaker.admit().ok()
                        })
                    })
                    .collect();
                threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            });
            assert_eq!(probes.len(), 3);
            assert_eq!(breaker.state(), BreakerState::HalfOpen);
            probes.into_iter().for_each(|probe| probe.tell(Health::Well));
            assert_eq!(breaker.state(), BreakerState::Closed);
        }
    }

    #[test]
    fn a_probe_of_an_earlier_time_counts_as_nothing() {
        let settings = BreakerSettings { failures_max: 1, open_for: Duration::ZERO, probes: 2 };
        let breaker = Breaker::new(settings, None);
        let old = breaker.admit().unwrap();
        breaker.admit().unwrap().tell(Health::Ill);
        let (late, bad) = (breaker.admit().unwrap(), breaker.admit().unwrap());
        bad.tell(Health::Ill);
        let now = breaker.admit().unwrap();
        late.tell(Health::Well);
        old.tell(Health::Well);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        now.tell(Health::Well);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.admit().unwrap().tell(Health::Well);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}
