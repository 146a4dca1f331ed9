//! The calls of one credential where others count too: they wait one behind the other for the stock of permits.

use std::sync::{Mutex as StdMutex, MutexGuard, PoisonError};

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::RateLimitSettings;
use super::limit::held_back;
use super::shared::SharedRateLimit;
use super::stock::{Look, PATIENCE, Stock};
use crate::http::error::ClientError;

/// The line of one credential.
pub(super) struct Line {
    settings: RateLimitSettings,
    /// Held by the first in the line, who waits with it; the lock is given in order of arrival. What it began to ask for
    /// stays in the stock, so that the next goes on where one left.
    stock: Mutex<Stock>,
    /// What those who come see of it. Never held across a wait.
    outlook: StdMutex<Outlook>,
}

/// How things stand in the line.
struct Outlook {
    waiting: u32,
    /// Nobody passes before, as far as was known at the last look.
    free_at: Instant,
    /// Until the next look nobody knows better.
    look_at: Instant,
    /// How many may pass in a span.
    calls: u32,
}

impl Line {
    pub(super) fn new(settings: RateLimitSettings, credential: String, host: String) -> Self {
        let now = Instant::now();
        let outlook = Outlook { waiting: 0, free_at: now, look_at: now, calls: settings.calls };
        Self {
            settings,
            stock: Mutex::new(Stock::new(settings, credential, host)),
            outlook: StdMutex::new(outlook),
        }
    }

    /// Returns when the call may begin. One that would wait too long fails as soon as that is known.
    pub(super) async fn pass(&self, shared: &dyn SharedRateLimit) -> Result<(), ClientError> {
        let arrived = Instant::now();
        let until = arrived + self.settings.wait_max;
        let _place = self.join(arrived)?;
        // To be answered takes a moment too, which is nobody's waiting for a permit.
        let Ok(mut stock) = timeout_at(until + PATIENCE, self.stock.lock()).await else {
            let free_at = self.outlook().free_at;
            return Err(held_back(free_at.saturating_duration_since(Instant::now())));
        };
        loop {
            let now = Instant::now();
            match stock.look(shared, now) {
                Look::Pass => return Ok(()),
                Look::Ask => {
                    let waiting = self.outlook().waiting;
                    stock.ask(shared, waiting).await;
                }
                Look::Wait { free_at, look_at, calls } => {
                    {
                        let mut outlook = self.outlook();
                        (outlook.free_at, outlook.look_at, outlook.calls) = (free_at, look_at, calls);
                    }
                    if free_at > until {
                        return Err(held_back(free_at - now));
                    }
                    sleep_until(look_at).await;
                }
            }
        }
    }

    /// Whether permits may be left, or calls are still in the window.
    pub(super) fn is_live(&self) -> bool {
        self.stock.try_lock().map_or(true, |stock| stock.is_live(Instant::now()))
    }

    /// Takes a place, unless those before are too many already.
    fn join(&self, now: Instant) -> Result<Place<'_>, ClientError> {
        let RateLimitSettings { per, wait_max, .. } = self.settings;
        let mut outlook = self.outlook();
        if outlook.look_at > now && outlook.free_at > now {
            let spans = outlook.waiting / outlook.calls.max(1);
            let wait = (outlook.free_at - now).saturating_add(per.saturating_mul(spans));
            if wait > wait_max {
                return Err(held_back(wait));
            }
        }
        outlook.waiting += 1;
        Ok(Place(self))
    }

    fn outlook(&self) -> MutexGuard<'_, Outlook> {
        self.outlook.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a call that waits or passes.
struct Place<'l>(&'l Line);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.outlook().waiting -= 1;
    }
}
