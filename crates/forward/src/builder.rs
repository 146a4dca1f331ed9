//! Building a forwarder: what is checked and made ready once.

use std::fmt;
use std::sync::Arc;

use fourfold_clients::http::{
    BaseHttpClient, BreakerSettings, HttpSettings, PoolSettings, ProxyUrl, RetryPolicy, TimeoutSettings,
    TlsSettings,
};
use http::HeaderValue;

use crate::TargetError;
use crate::budget::CollectBudget;
use crate::chain::Chain;
use crate::credential::Credential;
use crate::forwarder::{Forwarder, Inner};
use crate::health::{Health, HealthCheck};
use crate::in_flight::Observers;
use crate::limits::{Gate, TargetLimits};
use crate::log::ForwardLog;
use crate::meter::Meter;
use crate::record::{BreakerWatch, ForwardRecorder};
use crate::retry::{ForwardRetry, Retries};
use crate::target::Target;
use crate::timeouts::ForwardTimeouts;
use crate::transform::{RequestTransformer, ResponseTransformer};

/// The largest JSON body that is collected for transformers, unless another limit is set.
pub(crate) const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Gathers what a [`Forwarder`] is made of. All but the target has a default.
pub struct ForwarderBuilder {
    target: Target,
    timeouts: ForwardTimeouts,
    retry: ForwardRetry,
    strategy: Option<Arc<dyn RetryPolicy>>,
    breaker: BreakerSettings,
    limits: TargetLimits,
    health: Option<HealthCheck>,
    tls: TlsSettings,
    proxy: Option<ProxyUrl>,
    pool: PoolSettings,
    user_agent: Option<HeaderValue>,
    requests: Vec<Arc<dyn RequestTransformer>>,
    responses: Vec<Arc<dyn ResponseTransformer>>,
    body_bytes_max: usize,
    budget: Option<CollectBudget>,
    observers: Observers,
}

impl ForwarderBuilder {
    pub(crate) fn new(target: Target) -> Self {
        Self {
            target,
            timeouts: ForwardTimeouts::default(),
            retry: ForwardRetry::default(),
            strategy: None,
            breaker: BreakerSettings::default(),
            limits: TargetLimits::default(),
            health: None,
            tls: TlsSettings::default(),
            proxy: None,
            pool: PoolSettings::default(),
            user_agent: None,
            requests: Vec::new(),
            responses: Vec::new(),
            body_bytes_max: BODY_BYTES_MAX,
            budget: None,
            observers: Observers::default(),
        }
    }

    /// Sets the time limits.
    #[must_use]
    pub fn timeouts(mut self, timeouts: ForwardTimeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Sets the retries.
    #[must_use]
    pub fn retry(mut self, retry: ForwardRetry) -> Self {
        self.retry = retry;
        self
    }

    /// Replaces what decides after a failed try; tries, cap and what may be repeated at all stay as set.
    #[must_use]
    pub fn retry_strategy(mut self, strategy: Arc<dyn RetryPolicy>) -> Self {
        self.strategy = Some(strategy);
        self
    }

    /// Sets the circuit breaker: by default open after 5 failures in a row, for 60 s, then 3 probes.
    #[must_use]
    pub fn breaker(mut self, breaker: BreakerSettings) -> Self {
        self.breaker = breaker;
        self
    }

    /// Sets how much the target takes. By default everything.
    #[must_use]
    pub fn limits(mut self, limits: TargetLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how the target's health is checked, by [`Forwarder::watch`]. By default it isn't.
    #[must_use]
    pub fn health(mut self, health: HealthCheck) -> Self {
        self.health = Some(health);
        self
    }

    /// Sets which servers are trusted.
    #[must_use]
    pub fn tls(mut self, tls: TlsSettings) -> Self {
        self.tls = tls;
        self
    }

    /// Sets the proxy that connections go through. By default none.
    #[must_use]
    pub fn proxy(mut self, proxy: ProxyUrl) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Sets which connections are kept, and whether HTTP/2 is spoken.
    #[must_use]
    pub fn pool(mut self, pool: PoolSettings) -> Self {
        self.pool = pool;
        self
    }

    /// Sets the user agent that the target sees. By default the caller's own.
    #[must_use]
    pub fn user_agent(mut self, user_agent: HeaderValue) -> Self {
        self.user_agent = Some(user_agent);
        self
    }

    /// Adds a transformer of requests. Lower priorities go first, equal ones as they were added.
    #[must_use]
    pub fn request_transformer(mut self, transformer: Arc<dyn RequestTransformer>) -> Self {
        self.requests.push(transformer);
        self
    }

    /// Adds a transformer of answers. Lower priorities go first, equal ones as they were added.
    #[must_use]
    pub fn response_transformer(mut self, transformer: Arc<dyn ResponseTransformer>) -> Self {
        self.responses.push(transformer);
        self
    }

    /// Sets up to how many bytes a JSON body is collected for transformers; larger ones go by untouched. Default 8 MiB.
    #[must_use]
    pub fn body_bytes_max(mut self, body_bytes_max: usize) -> Self {
        self.body_bytes_max = body_bytes_max;
        self
    }

    /// Sets what the bodies of requests may come to together that are collected for transformers and the meter; a request
    /// that has no room is refused. By default any number.
    #[must_use]
    pub fn collect_budget(mut self, budget: CollectBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Sets what measures requests and may refuse them. By default nothing.
    #[must_use]
    pub fn meter(mut self, meter: Arc<dyn Meter>) -> Self {
        self.observers.meter = Some(meter);
        self
    }

    /// Sets what takes the measurements. By default nothing.
    #[must_use]
    pub fn recorder(mut self, recorder: Arc<dyn ForwardRecorder>) -> Self {
        self.observers.recorder = Some(recorder);
        self
    }

    /// Sets what is logged. By default nothing.
    #[must_use]
    pub fn log(mut self, log: ForwardLog) -> Self {
        self.observers.log = Some(log);
        self
    }

    /// Checks everything and builds the forwarder. An error names what is wrong.
    pub fn build(self) -> Result<Forwarder, TargetError> {
        let timeouts = TimeoutSettings { connect: self.timeouts.connect, ..TimeoutSettings::default() };
        let settings = HttpSettings {
            timeouts,
            breaker: self.breaker,
            tls: self.tls,
            proxy: self.proxy,
            pool: self.pool,
            ..HttpSettings::default()
        };
        let mut client = BaseHttpClient::builder(&self.target.base_url).settings(settings);
        if let Some(recorder) = &self.observers.recorder {
            client = client.recorder(Arc::new(BreakerWatch(Arc::clone(recorder))));
        }
        let client = client.build().map_err(|error| TargetError::Client(Box::new(error)))?;
        let inner = Inner {
            name: self.target.name.as_str().into(),
            credential: Credential::new(&self.target.auth).map_err(TargetError::Credential)?,
            target: self.target,
            client,
            user_agent: self.user_agent,
            timeouts: self.timeouts,
            retries: Retries::new(self.retry, self.strategy),
            gate: Gate::new(self.limits)?,
            chain: Chain::new(self.requests, self.responses, self.body_bytes_max),
            budget: self.budget,
            observers: Arc::new(self.observers),
            health: self.health.map(Health::new).transpose()?,
        };
        Ok(Forwarder { inner: Arc::new(inner) })
    }
}

impl fmt::Debug for ForwarderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwarderBuilder").field("target", &self.target).finish_non_exhaustive()
    }
}
