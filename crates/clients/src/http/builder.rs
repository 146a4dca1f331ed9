//! Building a client: what is checked, prepared once and shared by all calls.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use url::Url;

use super::auth::{AuthScheme, Credential};
use super::breaker::Breaker;
use super::cache::Cache;
use super::client::{BaseHttpClient, Shared};
use super::error::{BoxError, ClientError};
use super::failure::{CommonFailures, FailureReader};
use super::observe::Recorder;
use super::pools::Pools;
use super::rate_limit::{RateLimit, SharedRateLimit};
use super::redact::Redacted;
use super::resolve::{Resolver, SystemResolver};
use super::retry::{ExponentialRetry, HashRandom, RandomSource, RetryPolicy};
use super::settings::HttpSettings;
use super::transport::Transports;

/// Gathers what a [`BaseHttpClient`] is made of. All but the base URL has a default.
pub struct ClientBuilder {
    base_url: String,
    settings: HttpSettings,
    auth: AuthScheme,
    headers: Vec<(String, String)>,
    retry: Option<Arc<dyn RetryPolicy>>,
    random: Arc<dyn RandomSource>,
    failures: Arc<dyn FailureReader>,
    resolver: Arc<dyn Resolver>,
    recorder: Option<Arc<dyn Recorder>>,
    shared_rate_limit: Option<Arc<dyn SharedRateLimit>>,
}

impl ClientBuilder {
    pub(crate) fn new(base_url: String) -> Self {
        Self {
            base_url,
            settings: HttpSettings::default(),
            auth: AuthScheme::None,
            headers: Vec::new(),
            retry: None,
            random: Arc::new(HashRandom),
            failures: Arc::new(CommonFailures),
            resolver: Arc::new(SystemResolver),
            recorder: None,
            shared_rate_limit: None,
        }
    }

    /// Sets everything that has a setting.
    #[must_use]
    pub fn settings(mut self, settings: HttpSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the credential. It goes to the base URL's origin and nowhere else.
    #[must_use]
    pub fn auth(mut self, auth: AuthScheme) -> Self {
        self.auth = auth;
        self
    }

    /// Adds a header to every request to the base URL's origin. Its value is treated as a secret.
    #[must_use]
    pub fn default_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Replaces the retry policy; only `retry.cap` of the settings stays in force.
    #[must_use]
    pub fn retry_policy(mut self, retry: impl RetryPolicy + 'static) -> Self {
        self.retry = Some(Arc::new(retry));
        self
    }

    /// Replaces the source of the jitter's randomness.
    #[must_use]
    pub fn random(mut self, random: impl RandomSource + 'static) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// Replaces what reads the vendor's error answers.
    #[must_use]
    pub fn failures(mut self, failures: impl FailureReader + 'static) -> Self {
        self.failures = Arc::new(failures);
        self
    }

    /// Replaces the resolver; the address policy holds for it too.
    #[must_use]
    pub fn resolver(mut self, resolver: impl Resolver + 'static) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Sets what takes the measurements.
    #[must_use]
    pub fn recorder(mut self, recorder: Arc<dyn Recorder>) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Sets what counts the calls of all who share the credential, where the settings have a rate limit.
    #[must_use]
    pub fn shared_rate_limit(mut self, shared: Arc<dyn SharedRateLimit>) -> Self {
        self.shared_rate_limit = Some(shared);
        self
    }

    /// Checks everything and builds the client. An error names the setting that is wrong.
    pub fn build(self) -> Result<BaseHttpClient, ClientError> {
        self.try_build().map_err(ClientError::misconfigured)
    }

    fn try_build(self) -> Result<BaseHttpClient, BoxError> {
        self.settings.validate()?;
        let base_url = parse_base_url(&self.base_url)?;
        let tls = super::tls::config(&self.settings.tls)?;
        let pools = Arc::new(Pools::new(Transports::new(&self.settings, &tls, &self.resolver)?));
        let credential = Credential::new(&self.auth)?;
        let foreign_headers =
            HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::try_from(&self.settings.user_agent)?)]);
        let mut own_headers = foreign_headers.clone();
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().map_err(|_| "a default header's name is not valid")?;
            let mut value = HeaderValue::from_str(value)
                .map_err(|_| format!("the default header {name} has characters that a header can't carry"))?;
            value.set_sensitive(true);
            own_headers.insert(name, value);
        }
        let mut trusted_headers = own_headers.clone();
        if let Some((name, value)) = credential.header.clone() {
            trusted_headers.insert(name, value);
        }
        tracing::debug!(base_url = %Redacted(&base_url), "built an HTTP client");
        let retry = self.retry.unwrap_or_else(|| Arc::new(ExponentialRetry::new(self.settings.retry)));
        let rate_limit = self.settings.rate_limit;
        let rate_limit =
            rate_limit.map(|limit| RateLimit::new(limit, base_url.clone(), self.shared_rate_limit));
        let shared = Shared {
            base_url,
            credential,
            own_headers,
            trusted_headers,
            foreign_headers,
            retry,
            random: self.random,
            failures: self.failures,
            resolver: self.resolver,
            breaker: Arc::new(Breaker::new(self.settings.breaker, self.recorder.clone())),
            rate_limit,
            cache: Cache::new(self.settings.cache),
            settings: self.settings,
            recorder: self.recorder,
            tls,
        };
        Ok(BaseHttpClient { shared: Arc::new(shared), pools })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn parse_base_url(text: &str) -> Result<Url, BoxError> {
    let url = Url::parse(text).map_err(|error| format!("the base URL is not valid: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the base URL must begin with http:// or https://".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the base URL can't carry a user or a password: give the credential as such".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the base URL can't have a query or a fragment".into());
    }
    Ok(url)
}
