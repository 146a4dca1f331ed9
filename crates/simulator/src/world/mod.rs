//! All that a simulator remembers. Handlers change it through a [`Call`](crate::call::Call), tests and the
//! control routes through [`Simulator`](crate::Simulator).

mod bounded;
mod counts;
mod links;
mod log;
mod paid;
mod rate_limit;
mod tasks;
mod time;
mod uploads;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use counts::Counts;
pub(crate) use counts::CountsCell;
pub(crate) use links::{Link, Links};
pub(crate) use log::Log;
pub use log::Received;
pub use paid::PaidTask;
use rate_limit::RateLimits;
pub(crate) use tasks::{Outcome, Stand, Task, Tasks};
use time::Time;
pub(crate) use time::unix_seconds;
pub(crate) use uploads::{Upload, UploadedFile, Uploads};

use crate::fault::Rules;
use crate::serve::Refusals;
use crate::{Account, RateLimit, SimulatorSettings, Timings, Vendor};

/// What one simulator remembers.
pub(crate) struct World {
    pub(crate) settings: SimulatorSettings,
    pub(crate) time: Time,
    pub(crate) rules: Locked<Rules>,
    pub(crate) log: Locked<Log>,
    pub(crate) tasks: Locked<Tasks>,
    pub(crate) links: Locked<Links>,
    pub(crate) uploads: Locked<Uploads>,
    pub(crate) paid: Locked<Vec<PaidTask>>,
    pub(crate) counts: CountsCell,
    pub(crate) refusals: Refusals,
    timings: Locked<Timings>,
    rate_limits: Locked<RateLimits>,
    /// The right keys of each vendor; one that isn't named takes any.
    keys: Locked<BTreeMap<Vendor, Vec<String>>>,
    accounts: Locked<BTreeMap<Vendor, Account>>,
    /// How many ids were given, over all vendors.
    ids: AtomicU64,
}

impl World {
    pub(crate) fn new(mut settings: SimulatorSettings) -> Self {
        settings.timings = settings.timings.clamped();
        Self {
            time: Time::new(settings.clock),
            rules: Locked::default(),
            log: Locked::new(Log::new(&settings)),
            tasks: Locked::default(),
            links: Locked::default(),
            uploads: Locked::default(),
            paid: Locked::default(),
            counts: CountsCell::default(),
            refusals: Refusals::default(),
            timings: Locked::new(settings.timings.clone()),
            rate_limits: Locked::new(RateLimits::new(&settings.rate_limits)),
            keys: Locked::new(settings.keys.clone()),
            accounts: Locked::new(settings.accounts.clone()),
            ids: AtomicU64::new(0),
            settings,
        }
    }

    /// Forgets everything but the settings and the connections that are open, as if it had just started.
    pub(crate) fn reset(&self) {
        *self.rules.lock() = Rules::default();
        self.log.lock().clear();
        *self.tasks.lock() = Tasks::default();
        *self.links.lock() = Links::default();
        *self.uploads.lock() = Uploads::default();
        self.paid.lock().clear();
        self.counts.reset();
        self.refusals.stop();
        *self.timings.lock() = self.settings.timings.clone();
        *self.rate_limits.lock() = RateLimits::new(&self.settings.rate_limits);
        *self.keys.lock() = self.settings.keys.clone();
        *self.accounts.lock() = self.settings.accounts.clone();
        self.time.reset();
        self.ids.store(0, Ordering::Relaxed);
    }

    pub(crate) fn timings(&self) -> Timings {
        self.timings.lock().clone()
    }

    pub(crate) fn set_timings(&self, timings: Timings) {
        *self.timings.lock() = timings.clamped();
    }

    /// Whether this is a key of the vendor.
    pub(crate) fn knows_key(&self, vendor: Vendor, key: &str) -> bool {
        self.keys.lock().get(&vendor).is_none_or(|keys| keys.iter().any(|known| known == key))
    }

    pub(crate) fn set_keys(&self, vendor: Vendor, keys: Option<Vec<String>>) {
        let mut known = self.keys.lock();
        match keys {
            Some(keys) => known.insert(vendor, keys),
            None => known.remove(&vendor),
        };
    }

    /// What the account behind a key of the vendor may do; none where nothing was said.
    pub(crate) fn account(&self, vendor: Vendor) -> Option<Account> {
        self.accounts.lock().get(&vendor).copied()
    }

    pub(crate) fn set_account(&self, vendor: Vendor, account: Option<Account>) {
        let mut accounts = self.accounts.lock();
        match account {
            Some(account) => accounts.insert(vendor, account),
            None => accounts.remove(&vendor),
        };
    }

    /// Counts a request of this key; says how long to wait where it is one too many.
    pub(crate) fn admit(&self, vendor: Vendor, key: &str) -> Result<(), Duration> {
        self.rate_limits.lock().admit(vendor, key, self.time.now())
    }

    pub(crate) fn set_rate_limit(&self, vendor: Vendor, limit: Option<RateLimit>) {
        self.rate_limits.lock().set(vendor, limit);
    }

    /// Counts a piece of paid work.
    pub(crate) fn accept(&self, paid: PaidTask) {
        self.paid.lock().push(paid);
        self.counts.change(|counts| counts.paid_tasks += 1);
    }

    /// A number that no one else gets.
    pub(crate) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// A mutex that nobody leaves half changed: a panic of a test's thread doesn't spoil it for the others.
#[derive(Default)]
pub(crate) struct Locked<T>(Mutex<T>);

impl<T> Locked<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
