//! How much a target takes at once, and how often.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::{ForwardError, TargetError};

/// When a caller may come back where too many requests are under way: nobody can tell, so soon.
const BUSY_RETRY_AFTER: Duration = Duration::from_secs(1);

/// The limits of a target. By default none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TargetLimits {
    /// How many requests may be under way, their answers' bodies included; at least 1.
    pub concurrent_max: Option<usize>,
    /// How often requests may begin.
    pub rate: Option<RateLimit>,
}

/// How often requests may begin: that many at once, and then as many evenly over the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateLimit {
    /// How many, at least 1.
    pub requests: u32,
    /// In which time, more than zero and at most a day.
    pub per: Duration,
}

/// A limit that is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// Too many requests are under way.
    Concurrency,
    /// Too many requests began.
    Rate,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Concurrency => "requests at a time",
            Self::Rate => "requests in a time",
        })
    }
}

/// Counts what is under way and what began.
#[derive(Debug)]
pub(crate) struct Gate {
    places: Option<Arc<Semaphore>>,
    pace: Option<Pace>,
}

/// A request's place among those under way, for as long as it is kept.
pub(crate) type Place = OwnedSemaphorePermit;

impl Gate {
    pub(crate) fn new(limits: TargetLimits) -> Result<Self, TargetError> {
        let places = match limits.concurrent_max {
            None => None,
            Some(0) => return Err(TargetError::Setting("a limit of requests at a time must be at least 1")),
            Some(most) => Some(Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)))),
        };
        let pace = limits.rate.map(Pace::new).transpose()?;
        Ok(Self { places, pace })
    }

    /// A place for a request that begins now, where places are counted.
    pub(crate) fn enter(&self) -> Result<Option<Place>, ForwardError> {
        let refuse = |limit, retry_after| Err(ForwardError::TooManyRequests { limit, retry_after });
        let place = match &self.places {
            None => None,
            Some(places) => match Arc::clone(places).try_acquire_owned() {
                Ok(place) => Some(place),
                Err(_full) => return refuse(Limit::Concurrency, BUSY_RETRY_AFTER),
            },
        };
        match &self.pace {
            Some(pace) => match pace.begin() {
                Ok(()) => Ok(place),
                Err(wait) => refuse(Limit::Rate, wait),
            },
            None => Ok(place),
        }
    }
}

/// The generic cell rate algorithm: one number says when the next request is due if all came evenly, and a request
/// may be early by as much as the whole time.
#[derive(Debug)]
struct Pace {
    start: Instant,
    due_ns: AtomicU64,
    step_ns: u64,
    early_ns: u64,
}

impl Pace {
    fn new(rate: RateLimit) -> Result<Self, TargetError> {
        let is_right = rate.requests > 0 && !rate.per.is_zero() && rate.per <= Duration::from_secs(86_400);
        if !is_right {
            return Err(TargetError::Setting(
                "a limit of requests in a time must be at least 1 in at most a day",
            ));
        }
        let per_ns = nanoseconds(rate.per);
        let step_ns = (per_ns / u64::from(rate.requests)).max(1);
        let early_ns = per_ns - step_ns.min(per_ns);
        Ok(Self { start: Instant::now(), due_ns: AtomicU64::new(0), step_ns, early_ns })
    }

    /// Begins a request, or says how long until one may begin.
    fn begin(&self) -> Result<(), Duration> {
        let now_ns = nanoseconds(self.start.elapsed());
        let begun = self.due_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |due_ns| {
            let is_early = due_ns > now_ns + self.early_ns;
            if is_early { None } else { Some(due_ns.max(now_ns) + self.step_ns) }
        });
        match begun {
            Ok(_) => Ok(()),
            Err(due_ns) => Err(Duration::from_nanos(due_ns - now_ns - self.early_ns)),
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(requests: u32, per_s: u64) -> Gate {
        let rate = RateLimit { requests, per: Duration::from_secs(per_s) };
        Gate::new(TargetLimits { rate: Some(rate), concurrent_max: None }).unwrap()
    }

    fn wait(gate: &Gate) -> Option<Duration> {
        gate.enter().err().map(|error| error.retry_after().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_begin_at_once_and_then_evenly() {
        let gate = rate(3, 30);
        for _ in 0..3 {
            assert_eq!(wait(&gate), None);
        }
        assert_eq!(wait(&gate), Some(Duration::from_secs(10)));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(wait(&gate), None);
        assert_eq!(wait(&gate), Some(Duration::from_secs(10)));
        tokio::time::advance(Duration::from_secs(300)).await;
        for _ in 0..3 {
            assert_eq!(wait(&gate), None);
        }
        assert!(wait(&gate).is_some());
    }

    #[test]
    fn a_place_is_given_back_when_it_is_dropped() {
        let gate = Gate::new(TargetLimits { concurrent_max: Some(1), rate: None }).unwrap();
        let place = gate.enter().unwrap();
        assert!(matches!(gate.enter(), Err(ForwardError::TooManyRequests { limit: Limit::Concurrency, .. })));
        drop(place);
        gate.enter().unwrap();
    }

    #[test]
    fn limits_of_nothing_are_refused() {
        assert!(Gate::new(TargetLimits { concurrent_max: Some(0), rate: None }).is_err());
        for (requests, per) in [(0, Duration::from_secs(1)), (1, Duration::ZERO)] {
            let rate = Some(RateLimit { requests, per });
            assert!(Gate::new(TargetLimits { rate, concurrent_max: None }).is_err());
        }
    }
}
