//! What the settings of a target come to, with every default filled in and every bound kept.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fourfold_clients::http::{AuthScheme, BreakerSettings, ProxyUrl};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, StatusCode};

use super::retry::StrategyName;
use crate::{Allow, RequestTransformer, ResponseTransformer};

/// What a target is made of.
#[derive(Clone, Debug)]
pub struct ResolvedTarget {
    /// Its name, fit for a path.
    pub name: String,
    /// Its base URL, `http://` or `https://` with a host.
    pub base_url: String,
    /// Its credential, of characters that can be sent. It is no transformer, so that a target that has none costs none.
    pub auth: AuthScheme,
    /// What it is told to be called by, after all transformers; none if the caller's own goes on.
    pub user_agent: Option<HeaderValue>,
    /// What callers may use of it.
    pub allow: Allow,
    /// The time limits of a request to it.
    pub timeouts: ResolvedTimeouts,
    /// When a failed try is followed by another.
    pub retry: ResolvedRetry,
    /// Its circuit breaker; `failures_max` is 0 where there is none.
    pub breaker: BreakerSettings,
    /// What changes requests. Equal priorities are in the order that counts.
    pub request_transformers: Vec<Arc<dyn RequestTransformer>>,
    /// What changes answers, likewise.
    pub response_transformers: Vec<Arc<dyn ResponseTransformer>>,
    /// The largest body that is collected for transformers, in bytes.
    pub body_bytes_max: usize,
    /// PEM files with certificate authorities to trust beside the platform's.
    pub ca_files: Vec<PathBuf>,
    /// Whether its certificate is checked.
    pub verify_ssl: bool,
    /// The proxy that its connections go through.
    pub proxy: Option<ProxyUrl>,
    /// How it is asked whether it is well; none if it isn't.
    pub health_check: Option<ResolvedHealthCheck>,
    /// How much it is asked to do.
    pub limits: ResolvedLimits,
    /// What is logged.
    pub logging: ResolvedLogging,
}

/// The time limits of a request. Zero means none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResolvedTimeouts {
    /// Until a connection is there.
    pub connect: Duration,
    /// From the last piece of the request that the target took to the head of its answer.
    pub request: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
    /// From the answer's head to its end.
    pub stream: Duration,
}

/// When a failed try is followed by another. It is itself the policy that decides so.
#[derive(Clone, PartialEq, Debug)]
pub struct ResolvedRetry {
    /// Tries in all; 1 where retries are off.
    pub attempts_max: u32,
    /// What is tried again.
    pub strategy: StrategyName,
    /// The statuses after which there is another try.
    pub statuses: Vec<StatusCode>,
    /// The wait before the second try.
    pub base: Duration,
    /// How many times as long each wait is as the one before it.
    pub multiplier: f64,
    /// The longest wait, unless the target asks for more.
    pub ceiling: Duration,
    /// Whether POST and PATCH are tried again even if the target may have begun to work.
    pub unsafe_methods: bool,
    /// The largest body that is kept to be sent again, in bytes.
    pub replay_bytes_max: usize,
}

/// How a target is asked whether it is well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResolvedHealthCheck {
    /// What is asked for, below the base URL.
    pub path: PathAndQuery,
    /// From one question to the next.
    pub interval: Duration,
    /// How long it may take to answer.
    pub timeout: Duration,
    /// Good answers in a row after which it is well.
    pub healthy_threshold: u32,
    /// Bad ones in a row after which it is ill.
    pub unhealthy_threshold: u32,
}

/// How much a target is asked to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResolvedLimits {
    /// Requests under way at a time.
    pub concurrency: Option<u32>,
    /// Requests that may begin within a time.
    pub rate: Option<ResolvedRate>,
}

/// How many requests may begin within a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResolvedRate {
    /// How many.
    pub requests: u32,
    /// Within which time.
    pub per: Duration,
}

/// What is logged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResolvedLogging {
    /// Whether each request is.
    pub log_request: bool,
    /// Whether each answer is.
    pub log_response: bool,
    /// How much of a body is, in bytes; 0 where none is.
    pub body_bytes_max: usize,
    /// Headers whose values aren't.
    pub redact: Vec<HeaderName>,
}
