//! The settings of a client: one struct, every part beside its own code, defaults that suit a vendor.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::address::AddressPolicy;
use super::breaker::BreakerSettings;
use super::cache::CacheSettings;
use super::proxy::ProxyUrl;
use super::rate_limit::RateLimitSettings;
use super::retry::RetrySettings;
use super::timeout::TimeoutSettings;
use super::tls::TlsSettings;

/// Everything that can be set about a client, beside its base URL and its credential.
///
/// Durations are written `"200ms"`, `"3s"`, `"5m"`; bare numbers are seconds. None is longer than a day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// The time limits of a try.
    pub timeouts: TimeoutSettings,
    /// When a failed try is followed by another.
    pub retry: RetrySettings,
    /// When the vendor is taken for ill, and calls fail at once.
    pub breaker: BreakerSettings,
    /// How many calls may begin with one credential. Default no limit.
    pub rate_limit: Option<RateLimitSettings>,
    /// The answers that are kept for calls that ask for it.
    pub cache: CacheSettings,
    /// The connections that are kept.
    pub pool: PoolSettings,
    /// What is trusted beside the platform's certificate authorities.
    pub tls: TlsSettings,
    /// The proxy that every connection goes through. Default none.
    pub proxy: Option<ProxyUrl>,
    /// Which addresses may be reached by URLs of another origin than the base URL. Default `public_only`.
    pub foreign_addresses: AddressPolicy,
    /// The largest answer that is read whole, in bytes. Default 64 MiB, 1 KiB to 4 GiB. Streams have no limit.
    pub answer_bytes_max: u64,
    /// The largest server-sent event that is read, in bytes. Default 16 MiB, 1 KiB to 1 GiB.
    pub event_bytes_max: usize,
    /// Whether bodies of up to 64 KiB are logged at `debug`. They hold users' own texts. Default false.
    pub log_bodies: bool,
    /// How the client calls itself. Default `fourfold/<version>`.
    pub user_agent: String,
}

/// The connections of a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PoolSettings {
    /// How long an unused connection is kept. Default 20 s, below the vendors' own, so that we close first. Zero keeps it.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub idle_timeout: Duration,
    /// How many unused connections are kept for each host. Default 256; 0 turns the pool off.
    pub idle_per_host_max: usize,
    /// After how long without traffic the operating system probes a connection. Default 30 s; zero is never.
    #[serde(with = "super::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub tcp_keepalive: Duration,
    /// Whether HTTP/2 is used where the vendor offers it over TLS. Default true.
    pub http2: bool,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            timeouts: TimeoutSettings::default(),
            retry: RetrySettings::default(),
            breaker: BreakerSettings::default(),
            rate_limit: None,
            cache: CacheSettings::default(),
            pool: PoolSettings::default(),
            tls: TlsSettings::default(),
            proxy: None,
            foreign_addresses: AddressPolicy::PublicOnly,
            answer_bytes_max: 64 * 1024 * 1024,
            event_bytes_max: 16 * 1024 * 1024,
            log_bodies: false,
            user_agent: concat!("fourfold/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(20),
            idle_per_host_max: 256,
            tcp_keepalive: Duration::from_secs(30),
            http2: true,
        }
    }
}

/// A setting out of its bounds; says which, and what is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidSetting {
    /// The place in [`HttpSettings`], such as `timeouts.connect`.
    pub name: &'static str,
    /// Completes the sentence that begins with the name.
    pub allowed: &'static str,
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.allowed)
    }
}

impl std::error::Error for InvalidSetting {}

impl HttpSettings {
    /// Checks every bound that the fields document.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let minutes_10 = Duration::from_secs(600);
        let limits = self.rate_limit.unwrap_or(RateLimitSettings::ONE);
        let bounds = [
            (self.timeouts.connect <= minutes_10, "timeouts.connect", "must be at most 10 minutes"),
            (self.retry.retries_max <= 20, "retry.retries_max", "must be at most 20"),
            (self.retry.base <= minutes_10, "retry.base", "must be at most 10 minutes"),
            ((0.0..=1.0).contains(&self.retry.jitter), "retry.jitter", "must be from 0 to 1"),
            (self.breaker.probes >= 1, "breaker.probes", "must be at least 1"),
            ((1..=100_000).contains(&limits.calls), "rate_limit.calls", "must be from 1 to 100000"),
            (!limits.per.is_zero(), "rate_limit.per", "must be more than zero"),
            (
                (1 << 10..=4 << 30).contains(&self.answer_bytes_max),
                "answer_bytes_max",
                "must be from 1 KiB to 4 GiB",
            ),
            (
                (1 << 10..=1 << 30).contains(&self.event_bytes_max),
                "event_bytes_max",
                "must be from 1 KiB to 1 GiB",
            ),
            (
                http::HeaderValue::from_str(&self.user_agent).is_ok(),
                "user_agent",
                "must be text that a header can carry",
            ),
        ];
        let (timeouts, stream, retry) = (&self.timeouts, &self.timeouts.stream, &self.retry);
        let durations = [
            (timeouts.first_byte, "timeouts.first_byte"),
            (timeouts.idle, "timeouts.idle"),
            (timeouts.total, "timeouts.total"),
            (stream.first_byte, "timeouts.stream.first_byte"),
            (stream.idle, "timeouts.stream.idle"),
            (retry.ceiling, "retry.ceiling"),
            (retry.cap, "retry.cap"),
            (self.breaker.open_for, "breaker.open_for"),
            (limits.per, "rate_limit.per"),
            (limits.wait_max, "rate_limit.wait_max"),
            (self.cache.ttl, "cache.ttl"),
            (self.pool.idle_timeout, "pool.idle_timeout"),
            (self.pool.tcp_keepalive, "pool.tcp_keepalive"),
        ];
        let day = Duration::from_secs(24 * 60 * 60);
        let durations = durations.map(|(duration, name)| (duration <= day, name, "must be at most a day"));
        match bounds.into_iter().chain(durations).find(|(holds, ..)| !holds) {
            Some((_, name, allowed)) => Err(InvalidSetting { name, allowed }),
            None => Ok(()),
        }
    }
}
