//! Answers to reads that are kept for a while: bounded, for calls that ask for it, as the vendor's
//! `Cache-Control` allows.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::response::Response;

/// The answers that are kept for calls that ask for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CacheSettings {
    /// How long an answer is kept that doesn't say it itself; a day at most, whoever says it. Default 60 s; zero keeps
    /// only those that do.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub ttl: Duration,
    /// How many answers are kept. Default 128; 0 turns the cache off.
    pub entries_max: usize,
    /// How many bytes all kept bodies may have. Default 8 MiB.
    pub bytes_max: usize,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self { ttl: Duration::from_secs(60), entries_max: 128, bytes_max: 8 * 1024 * 1024 }
    }
}

/// Whether a call looks into the cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CacheUse {
    None,
    Default,
    For(Duration),
}

/// What tells one answer from another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey {
    pub(crate) url: String,
    /// Answers belong to the credential that they were given to.
    pub(crate) credential: u64,
    /// The call's own headers: what an answer may depend on, a credential among them too.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

/// The kept answers of a client.
pub(crate) struct Cache {
    settings: CacheSettings,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<CacheKey, Entry>,
    bytes: usize,
}

struct Entry {
    response: Response,
    stale_at: Instant,
    used_at: Instant,
}

impl Cache {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        Self { settings, kept: Mutex::default() }
    }

    /// The answer that is kept for this key and still fresh.
    pub(crate) fn get(&self, key: &CacheKey) -> Option<Response> {
        let now = Instant::now();
        let mut kept = self.lock();
        let entry = kept.entries.get_mut(key)?;
        if entry.stale_at <= now {
            kept.remove(key);
            return None;
        }
        entry.used_at = now;
        Some(entry.response.clone())
    }

    /// Keeps an answer, if it allows that, for as long as it says or else for `ttl`.
    pub(crate) fn put(&self, key: CacheKey, response: &Response, ttl: Option<Duration>) {
        let bytes = response.body.len();
        // A vendor may say anything; nothing is kept for longer than this.
        let fresh_for = fresh_for(&response.headers, ttl.unwrap_or(self.settings.ttl)).min(FRESH_FOR_MAX);
        if fresh_for.is_zero() || bytes > self.settings.bytes_max || self.settings.entries_max == 0 {
            return;
        }
        let now = Instant::now();
        let mut kept = self.lock();
        kept.remove(&key);
        if kept.is_full(bytes, self.settings) {
            kept.remove_stale(now);
        }
        while kept.is_full(bytes, self.settings) {
            kept.remove_least_used();
        }
        kept.bytes += bytes;
        kept.entries
            .insert(key, Entry { response: response.clone(), stale_at: now + fresh_for, used_at: now });
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A panic under the lock could at worst leave the count of bytes too high.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn is_full(&self, more_bytes: usize, settings: CacheSettings) -> bool {
        self.entries.len() >= settings.entries_max || self.bytes + more_bytes > settings.bytes_max
    }

    fn remove(&mut self, key: &CacheKey) {
        if let Some(entry) = self.entries.remove(key) {
            self.bytes -= entry.response.body.len();
        }
    }

    fn remove_stale(&mut self, now: Instant) {
        let bytes = &mut self.bytes;
        self.entries.retain(|_, entry| {
            let is_fresh = entry.stale_at > now;
            *bytes -= if is_fresh { 0 } else { entry.response.body.len() };
            is_fresh
        });
    }

    fn remove_least_used(&mut self) {
        let least_used =
            self.entries.iter().min_by_key(|(_, entry)| entry.used_at).map(|(key, _)| key.clone());
        if let Some(key) = least_used {
            self.remove(&key);
        }
    }
}

/// The longest that an answer is kept.
const FRESH_FOR_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How long an answer may be kept; zero if it may not.
fn fresh_for(headers: &HeaderMap, ttl: Duration) -> Duration {
    // Only what the key holds may be what the answer varies by.
    let varies = headers.get_all(header::VARY).iter().filter_map(|value| value.to_str().ok());
    let known = ["accept", "accept-encoding", "authorization", "origin"];
    let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name.trim()));
    if !varies.flat_map(|names| names.split(',')).all(is_known) {
        return Duration::ZERO;
    }
    let seconds = |text: &str| text.trim_matches('"').parse().ok().map(Duration::from_secs);
    let mut fresh_for = ttl;
    let controls = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    for control in controls.flat_map(|controls| controls.split(',')) {
        let (name, value) = control.split_once('=').unwrap_or((control, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Duration::ZERO,
            "max-age" => fresh_for = seconds(value.trim()).unwrap_or_default(),
            _ => {}
        }
    }
    let age = headers.get(header::AGE).and_then(|age| age.to_str().ok()).and_then(seconds);
    fresh_for.saturating_sub(age.unwrap_or_default())
}
