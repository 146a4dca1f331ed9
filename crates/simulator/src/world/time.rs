//! The vendors' clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::Locked;
use crate::Clock;
use crate::settings::{DURATION_MAX, at_most_max};

/// Which time it is. Nothing waits for it: a task's state is worked out when somebody asks.
pub(crate) struct Time {
    started_at: SystemTime,
    /// When it was started by the runtime's clock; none for a clock that stands.
    running_since: Option<Instant>,
    advanced: Locked<Duration>,
}

impl Time {
    pub(crate) fn new(clock: Clock) -> Self {
        let (started_at, running_since) = match clock {
            Clock::Running => (SystemTime::now(), Some(Instant::now())),
            Clock::Fixed(at) => (at, None),
        };
        Self { started_at, running_since, advanced: Locked::default() }
    }

    pub(crate) fn now(&self) -> SystemTime {
        let elapsed = self.running_since.map_or(Duration::ZERO, |since| since.elapsed());
        self.started_at + elapsed + *self.advanced.lock()
    }

    /// Moves it on, for tasks and links; what a stream or an answer waits for isn't shortened. In all it goes
    /// [`DURATION_MAX`] on and stops there.
    pub(crate) fn advance(&self, by: Duration) {
        let mut advanced = self.advanced.lock();
        *advanced = advanced.saturating_add(by).min(DURATION_MAX);
    }

    /// Moves it on, or says that this is too far and leaves it where it is.
    pub(crate) fn try_advance(&self, by: Duration) -> Result<(), String> {
        let mut advanced = self.advanced.lock();
        *advanced =
            at_most_max("advance", advanced.saturating_add(by)).map_err(|problem| problem + " in all")?;
        Ok(())
    }

    pub(crate) fn reset(&self) {
        *self.advanced.lock() = Duration::ZERO;
    }
}

/// Whole seconds since 1970, as most vendors write times.
pub(crate) fn unix_seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
