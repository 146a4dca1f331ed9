//! The limits of a single process, lost with it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::clock::Clock;
use crate::ports::{LimitsError, Permits, Rate, SharedLimits, Taking};

/// More keys than this are held only after windows that have run empty were forgotten.
const WINDOWS_MAX: usize = 1024;

/// The limits of a single process.
pub struct InProcessLimits {
    windows: Mutex<HashMap<Box<str>, Window>>,
    clock: Arc<dyn Clock>,
}

/// The moments until which permits count, in milliseconds, and how many do.
#[derive(Default)]
struct Window(BTreeMap<i64, u32>);

impl InProcessLimits {
    /// Nothing is taken yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { windows: Mutex::default(), clock }
    }
}

#[async_trait]
impl SharedLimits for InProcessLimits {
    async fn take(&self, key: &str, taking: Taking) -> Result<Permits, LimitsError> {
        let now = self.clock.now().millis();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= WINDOWS_MAX && windows.len().is_power_of_two() && !windows.contains_key(key) {
            windows.retain(|_key, window| window.0.last_key_value().is_some_and(|(until, _)| *until > now));
        }
        Ok(windows.entry(key.into()).or_default().take(now, taking.bounded()))
    }

    async fn give_back(&self, key: &str, _rate: Rate, count: u32) -> Result<(), LimitsError> {
        let now = self.clock.now().millis();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.get_mut(key) {
            window.give_back(now, count);
        }
        Ok(())
    }

    async fn health(&self) -> Result<(), String> {
        Ok(())
    }
}

impl Window {
    /// The same arithmetic as in `redis/give_back.lua`.
    fn give_back(&mut self, now: i64, mut count: u32) {
        for (_until, permits) in self.0.range_mut(now + 1..) {
            let given = count.min(*permits);
            *permits -= given;
            count -= given;
        }
    }

    /// The same arithmetic as in `redis/limits.lua`.
    fn take(&mut self, now: i64, taking: Taking) -> Permits {
        let (per, within) = (millis(taking.rate.per), millis(taking.used_within));
        // Moments are rounded up to a step, so that a window holds few of them; and one is added, since the
        // moment now was rounded down.
        let step = (per / 100).max(1);
        let until = (now + 1 + within + per + step - 1) / step * step;
        self.0 = self.0.split_off(&(now + 1));
        // A clock that was set back would keep them for ever.
        let ahead: u32 = self.0.split_off(&(until + per + 1)).into_values().sum();
        if ahead > 0 {
            *self.0.entry(until).or_default() += ahead;
        }
        let used: u64 = self.0.values().copied().map(u64::from).sum();
        let free = u64::from(taking.rate.count).saturating_sub(used);
        let granted = taking.most.min(u32::try_from(free).unwrap_or(u32::MAX));
        if granted >= taking.least {
            *self.0.entry(until).or_default() += granted;
            return Permits::Granted {
                count: granted,
                left: u32::try_from(free).unwrap_or(u32::MAX) - granted,
            };
        }
        let mut wanting = (used + u64::from(taking.least)).saturating_sub(u64::from(taking.rate.count));
        let frees = |(_until, permits): &(&i64, &u32)| {
            wanting = wanting.saturating_sub(u64::from(**permits));
            wanting == 0
        };
        let free_at = self.0.iter().find(frees).map_or(until, |(until, _permits)| *until);
        Permits::After(Duration::from_millis(u64::try_from(free_at - now).unwrap_or_default()))
    }
}

/// Rounded up.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestClock;

    const TAKING: Taking = Taking {
        rate: Rate { count: 10, per: Duration::from_secs(1) },
        least: 1,
        most: 10,
        used_within: Duration::from_millis(50),
    };

    #[test]
    fn a_window_holds_few_moments_however_many_take() {
        let (mut window, rate) = (Window::default(), Rate { count: 100_000, ..TAKING.rate });
        for now in 0..10_000 {
            let taken = window.take(now, Taking { rate, most: 1, ..TAKING });
            assert!(matches!(taken, Permits::Granted { count: 1, .. }), "{taken:?}");
        }
        assert!(window.0.len() <= 107, "{}", window.0.len());
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nothing_for_ever() {
        let mut window = Window::default();
        assert_eq!(window.take(3_600_000, TAKING), Permits::Granted { count: 10, left: 0 });
        let Permits::After(wait) = window.take(0, TAKING) else { panic!("all were taken") };
        assert!(wait <= Duration::from_millis(1070), "{wait:?}");
        assert_eq!(window.take(1070, TAKING), Permits::Granted { count: 10, left: 0 });
    }

    #[tokio::test]
    async fn keys_whose_windows_have_run_empty_are_forgotten() {
        let clock = Arc::new(TestClock::default());
        let limits = InProcessLimits::new(clock.clone());
        for key in 0..WINDOWS_MAX {
            limits.take(&key.to_string(), TAKING).await.unwrap();
        }
        clock.advance(Duration::from_secs(2));
        limits.take("one more", TAKING).await.unwrap();
        assert_eq!(limits.windows.lock().unwrap().len(), 1);
    }
}
