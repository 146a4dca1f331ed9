//! The limit with a window for each credential.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::RateLimitSettings;
use super::line::Line;
use super::shared::{SharedRateLimit, name_of};
use super::window::Window;
use crate::http::auth::Credential;
use crate::http::error::{ClientError, Effect, ErrorKind};

/// More credentials than this share windows only after old ones have run empty.
const WINDOWS_MAX: usize = 1024;

/// A rate limit with a window for each credential.
pub(crate) struct RateLimit {
    settings: RateLimitSettings,
    base_url: Url,
    shared: Option<Arc<dyn SharedRateLimit>>,
    /// Where this process counts by itself.
    windows: Mutex<HashMap<u64, Window>>,
    /// Where others count too.
    lines: Mutex<HashMap<u64, Arc<Line>>>,
}

impl RateLimit {
    pub(crate) fn new(
        settings: RateLimitSettings,
        base_url: Url,
        shared: Option<Arc<dyn SharedRateLimit>>,
    ) -> Self {
        Self { settings, base_url, shared, windows: Mutex::default(), lines: Mutex::default() }
    }

    /// Returns when the call may begin. A call that is dropped while it waits gives its place back.
    pub(crate) async fn pass(&self, credential: &Credential) -> Result<(), ClientError> {
        if let Some(shared) = &self.shared
            && shared.is_shared()
        {
            return self.line(credential).pass(shared.as_ref()).await;
        }
        let now = Instant::now();
        let begins_at = self.reserve(credential.id, now)?;
        if begins_at > now {
            let mut place = Place { limit: self, credential: credential.id, begins_at, is_used: false };
            tokio::time::sleep_until(begins_at).await;
            place.is_used = true;
        }
        Ok(())
    }

    fn reserve(&self, credential: u64, now: Instant) -> Result<Instant, ClientError> {
        let RateLimitSettings { calls, per, wait_max } = self.settings;
        let mut windows = self.windows();
        if windows.len() >= WINDOWS_MAX && !windows.contains_key(&credential) {
            windows.retain(|_, window| window.is_live(now, per));
        }
        let window = windows.entry(credential).or_default();
        let begins_at = window.next(now, calls, per);
        let wait = begins_at - now;
        if wait > wait_max {
            return Err(held_back(wait));
        }
        window.push(begins_at);
        Ok(begins_at)
    }

    fn line(&self, credential: &Credential) -> Arc<Line> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= WINDOWS_MAX && !lines.contains_key(&credential.id) {
            lines.retain(|_, line| Arc::strong_count(line) > 1 || line.is_live());
        }
        let line = lines.entry(credential.id).or_insert_with(|| {
            let host = self.base_url.host_str().unwrap_or_default().to_owned();
            Arc::new(Line::new(self.settings, name_of(&self.base_url, credential), host))
        });
        Arc::clone(line)
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<u64, Window>> {
        // Nothing under the lock can leave a window half changed.
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The failure of a call that would have to wait so long.
pub(super) fn held_back(wait: Duration) -> ClientError {
    let error = ClientError::new(ErrorKind::RateLimited, Effect::NotStarted);
    error.with_retry_after(wait).with_retryable(true)
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
        if let Some(window) = self.limit.windows().get_mut(&self.credential) {
            window.remove(self.begins_at);
        }
    }
}
