//! The client's own rate limit, for vendors that punish those who break theirs.
//!
//! A sliding window: in no span of that length do more calls begin than allowed. Calls that would are held back
//! in order of arrival, each with its place taken at once; a call that would wait too long fails instead.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::error::{ClientError, Effect, ErrorKind};

/// How many calls may begin with one credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RateLimitSettings {
    /// How many calls may begin within `per`, at least 1 and at most 100 000.
    pub calls: u32,
    /// The length of the window.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub per: Duration,
    /// The longest that a call is held back; one that would wait longer fails. Default 10 s.
    #[serde(with = "super::duration", default = "wait_max")]
    #[cfg_attr(feature = "schema", schemars(with = "String", default = "wait_max_text"))]
    pub wait_max: Duration,
}

impl RateLimitSettings {
    /// The tightest limit that is valid.
    pub(crate) const ONE: Self =
        Self { calls: 1, per: Duration::from_secs(1), wait_max: Duration::from_secs(10) };
}

fn wait_max() -> Duration {
    Duration::from_secs(10)
}

#[cfg(feature = "schema")]
fn wait_max_text() -> String {
    "10s".to_owned()
}

/// More credentials than this share windows only after old ones have run empty.
const WINDOWS_MAX: usize = 1024;

/// A rate limit with a window for each credential.
pub(crate) struct RateLimit {
    settings: RateLimitSettings,
    windows: Mutex<HashMap<u64, Window>>,
}

/// When calls began or will begin, oldest first.
#[derive(Default)]
struct Window(VecDeque<Instant>);

impl RateLimit {
    pub(crate) fn new(settings: RateLimitSettings) -> Self {
        Self { settings, windows: Mutex::new(HashMap::new()) }
    }

    /// Returns when the call may begin. A call that is dropped while it waits gives its place back.
    pub(crate) async fn pass(&self, credential: u64) -> Result<(), ClientError> {
        let now = Instant::now();
        let begins_at = self.reserve(credential, now)?;
        if begins_at > now {
            let mut place = Place { limit: self, credential, begins_at, is_used: false };
            tokio::time::sleep_until(begins_at).await;
            place.is_used = true;
        }
        Ok(())
    }

    fn reserve(&self, credential: u64, now: Instant) -> Result<Instant, ClientError> {
        let mut windows = self.lock();
        if windows.len() >= WINDOWS_MAX && !windows.contains_key(&credential) {
            windows.retain(|_, window| window.0.back().is_some_and(|last| *last + self.settings.per > now));
        }
        let window = windows.entry(credential).or_default();
        let begins_at = window.next(now, self.settings);
        let wait = begins_at - now;
        if wait > self.settings.wait_max {
            let error = ClientError::new(ErrorKind::RateLimited, Effect::NotStarted);
            return Err(error.with_retry_after(wait).with_retryable(true));
        }
        window.0.push_back(begins_at);
        Ok(begins_at)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Window>> {
        // Nothing under the lock can leave a window half changed.
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    /// When the next call may begin: once the call that many places before it has left the window.
    fn next(&mut self, now: Instant, settings: RateLimitSettings) -> Instant {
        while self.0.front().is_some_and(|oldest| *oldest + settings.per <= now) {
            self.0.pop_front();
        }
        match self.0.len().checked_sub(settings.calls as usize).and_then(|place| self.0.get(place)) {
            Some(before) => (*before + settings.per).max(now),
            None => now,
        }
    }
}

/// The place of a call that waits.
struct Place<'l> {
    limit: &'l RateLimit,
    credential: u64,
    begins_at: Instant,
    is_used: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_used {
            return;
        }
        if let Some(window) = self.limit.lock().get_mut(&self.credential)
            && let Some(at) = window.0.iter().position(|begins_at| *begins_at == self.begins_at)
        {
            window.0.remove(at);
        }
    }
}
