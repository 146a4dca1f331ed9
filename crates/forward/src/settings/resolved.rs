//! What the settings of a target come to, with every default filled in and every bound kept.

use std::sync::Arc;

use fourfold_clients::http::{AuthScheme, BreakerSettings, ProxyUrl, TlsSettings};
use http::HeaderValue;

use super::retry::StrategyName;
use crate::{
    Allow, ForwardLog, ForwardRetry, ForwardTimeouts, Forwarder, ForwarderBuilder, HealthCheck,
    RequestTransformer, ResponseTransformer, Target, TargetError, TargetLimits,
};

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
    pub timeouts: ForwardTimeouts,
    /// When a failed try is followed by another.
    pub retry: ForwardRetry,
    /// What decides that.
    pub strategy: StrategyName,
    /// Its circuit breaker; `failures_max` is 0 where there is none.
    pub breaker: BreakerSettings,
    /// What changes requests. Equal priorities are in the order that counts.
    pub request_transformers: Vec<Arc<dyn RequestTransformer>>,
    /// What changes answers, likewise.
    pub response_transformers: Vec<Arc<dyn ResponseTransformer>>,
    /// The largest body that is collected for transformers, in bytes.
    pub body_bytes_max: usize,
    /// Which servers are taken for it.
    pub tls: TlsSettings,
    /// The proxy that its connections go through.
    pub proxy: Option<ProxyUrl>,
    /// How it is asked whether it is well; none if it isn't.
    pub health_check: Option<HealthCheck>,
    /// How much it is asked to do.
    pub limits: TargetLimits,
    /// What is logged.
    pub logging: ForwardLog,
}

impl ResolvedTarget {
    /// A forwarder's builder with all of the settings. Who meters and measures is added by who embeds it.
    pub fn into_builder(self) -> Result<ForwarderBuilder, TargetError> {
        let target = Target::new(&self.name, &self.base_url)?.auth(self.auth).allow(self.allow);
        let strategy = self.strategy.of(&self.retry);
        let mut builder = Forwarder::builder(target)
            .timeouts(self.timeouts)
            .retry(self.retry)
            .retry_strategy(strategy)
            .breaker(self.breaker)
            .limits(self.limits)
            .tls(self.tls)
            .log(self.logging)
            .body_bytes_max(self.body_bytes_max);
        if let Some(check) = self.health_check {
            builder = builder.health(check);
        }
        if let Some(proxy) = self.proxy {
            builder = builder.proxy(proxy);
        }
        if let Some(user_agent) = self.user_agent {
            builder = builder.user_agent(user_agent);
        }
        builder = self.request_transformers.into_iter().fold(builder, ForwarderBuilder::request_transformer);
        Ok(self.response_transformers.into_iter().fold(builder, ForwarderBuilder::response_transformer))
    }
}
