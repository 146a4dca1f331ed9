//! The generic cell rate algorithm: how much of a minute's allowance is used, in one moment of time.

use std::time::Duration;

use tokio::time::Instant;

/// The span that limits are for.
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// The moment at which everything that was taken has come back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gcra(Instant);

impl Gcra {
    /// Of which nothing is taken.
    pub(super) fn new(now: Instant) -> Self {
        Self(now)
    }

    /// Takes so much of so much a minute, at once or not at all; else when there may be as much. More than there ever
    /// is counts as all of it.
    pub(super) fn take(&mut self, wanted: u64, a_minute: u32, now: Instant) -> Result<(), Duration> {
        let next = self.0.max(now) + spell(wanted.min(a_minute.into()), a_minute);
        match next.saturating_duration_since(now + MINUTE) {
            Duration::ZERO => {
                self.0 = next;
                Ok(())
            }
            wait => Err(wait),
        }
    }

    /// Takes it, whether it is there or not.
    pub(super) fn owe(&mut self, used: u64, a_minute: u32, now: Instant) {
        self.0 = self.0.max(now) + spell(used, a_minute);
    }

    /// Gives back what was taken and not used.
    pub(super) fn give_back(&mut self, unused: u64, a_minute: u32) {
        if let Some(before) = self.0.checked_sub(spell(unused, a_minute)) {
            self.0 = before;
        }
    }

    /// What is left.
    pub(super) fn left(&self, a_minute: u32, now: Instant) -> u32 {
        let free = MINUTE.saturating_sub(self.whole_after(now));
        u32::try_from(free.as_nanos() * u128::from(a_minute) / MINUTE.as_nanos()).unwrap_or(a_minute)
    }

    /// After how long everything has come back.
    pub(super) fn whole_after(&self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }
}

/// How long so much takes to come back. Rounded down, so that the whole takes no longer than its minute; an hour at most.
fn spell(count: u64, a_minute: u32) -> Duration {
    let nanos = MINUTE.as_nanos() * u128::from(count) / u128::from(a_minute.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).min(60 * MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_a_minute_has_go_at_once_and_come_back_evenly() {
        let now = Instant::now();
        for a_minute in [1, 3, 7, 60, 1000] {
            let mut gcra = Gcra::new(now);
            for left in (0..a_minute).rev() {
                assert_eq!(gcra.take(1, a_minute, now), Ok(()), "{left} of {a_minute}");
                assert_eq!(gcra.left(a_minute, now), left, "of {a_minute}");
            }
            let wait = gcra.take(1, a_minute, now).unwrap_err();
            assert!(wait <= MINUTE / a_minute, "{wait:?}");
            assert!(gcra.take(1, a_minute, now + wait - Duration::from_nanos(1)).is_err());
            assert_eq!(gcra.take(1, a_minute, now + wait), Ok(()));
        }
    }

    #[test]
    fn what_is_owed_holds_off_what_comes_after() {
        let now = Instant::now();
        let mut gcra = Gcra::new(now);
        gcra.owe(90, 60, now);
        assert_eq!(gcra.left(60, now), 0);
        assert_eq!(gcra.take(1, 60, now), Err(Duration::from_secs(31)));
        gcra.give_back(60, 60);
        assert_eq!(gcra.left(60, now), 30);
    }

    #[test]
    fn more_than_there_ever_is_takes_all_of_it() {
        let now = Instant::now();
        let mut gcra = Gcra::new(now);
        assert_eq!(gcra.take(1000, 60, now), Ok(()));
        assert_eq!(gcra.take(1, 60, now), Err(Duration::from_secs(1)));
    }
}
