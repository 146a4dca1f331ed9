//! The one client that every vendor's client is built over.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Method, Uri};
use rustls::ClientConfig;
use url::Url;

use super::address::AddressPolicy;
use super::auth::Credential;
use super::breaker::{Breaker, BreakerState};
use super::builder::ClientBuilder;
use super::cache::Cache;
use super::call::Call;
use super::failure::FailureReader;
use super::observe::Recorder;
use super::pools::Pools;
use super::proxy::ProxyUrl;
use super::rate_limit::RateLimit;
use super::redact::Redacted;
use super::redirect::is_same_origin;
use super::resolve::Resolver;
use super::retry::{RandomSource, RetryPolicy};
use super::settings::HttpSettings;

/// An HTTP client for one base URL and one credential, with every policy of [`HttpSettings`].
///
/// Clones are cheap and share everything, but that each runtime has connections of its own.
///
/// - [`request`](Self::request) and its shorthands make a [`Call`]: base URL, credential, default headers, retries.
/// - [`exchange`](Self::exchange) passes a request on as it is, byte for byte, and its answer back.
#[derive(Clone)]
pub struct BaseHttpClient {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pools: Arc<Pools>,
}

/// What all clones of a client have in common, over all runtimes.
pub(crate) struct Shared {
    pub(crate) base_url: Url,
    pub(crate) settings: HttpSettings,
    pub(crate) credential: Credential,
    /// What goes with every request to the base URL's origin, the credential apart.
    pub(crate) own_headers: HeaderMap,
    /// The same and the credential.
    pub(crate) trusted_headers: HeaderMap,
    /// What goes with every request elsewhere.
    pub(crate) foreign_headers: HeaderMap,
    pub(crate) retry: Arc<dyn RetryPolicy>,
    pub(crate) random: Arc<dyn RandomSource>,
    pub(crate) failures: Arc<dyn FailureReader>,
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) cache: Cache,
    pub(crate) recorder: Option<Arc<dyn Recorder>>,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) tls: ClientConfig,
}

impl BaseHttpClient {
    /// Begins to build a client for this base URL. Calls name paths below it.
    pub fn builder(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url.into())
    }

    /// Begins a call. `path` is relative to the base URL; a whole `http(s)://` URL is taken as it is, and gets
    /// neither the credential nor the default headers unless it is of the base URL's origin.
    pub fn request(&self, method: Method, path: &str) -> Call<'_> {
        Call::new(self, method, path)
    }

    /// Begins a GET call.
    pub fn get(&self, path: &str) -> Call<'_> {
        self.request(Method::GET, path)
    }

    /// Begins a POST call. Mark it [`paid`](Call::paid) if it generates.
    pub fn post(&self, path: &str) -> Call<'_> {
        self.request(Method::POST, path)
    }

    /// Begins a PUT call.
    pub fn put(&self, path: &str) -> Call<'_> {
        self.request(Method::PUT, path)
    }

    /// Begins a PATCH call.
    pub fn patch(&self, path: &str) -> Call<'_> {
        self.request(Method::PATCH, path)
    }

    /// Begins a DELETE call.
    pub fn delete(&self, path: &str) -> Call<'_> {
        self.request(Method::DELETE, path)
    }

    /// The URL that calls are relative to.
    pub fn base_url(&self) -> &Url {
        &self.shared.base_url
    }

    /// What the circuit breaker does with the next call.
    pub fn breaker_state(&self) -> BreakerState {
        self.shared.breaker.state()
    }

    /// The client's settings.
    pub fn settings(&self) -> &HttpSettings {
        &self.shared.settings
    }
}

impl Shared {
    /// Whether this URL is of the base URL's origin, and so may have its credential.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        is_same_origin(&self.base_url, url)
    }

    /// As [`is_own`](Self::is_own), for a URI that was never a URL.
    pub(crate) fn is_own_uri(&self, uri: &Uri) -> bool {
        let base = &self.base_url;
        let host = |host: &str| base.host_str().is_some_and(|base| base.eq_ignore_ascii_case(host));
        let default_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        uri.scheme_str() == Some(base.scheme())
            && uri.host().is_some_and(host)
            && base.port_or_known_default() == Some(uri.port_u16().unwrap_or(default_port))
    }

    pub(crate) fn proxy_host(&self) -> Option<&str> {
        self.settings.proxy.as_ref().map(ProxyUrl::host)
    }

    /// The policy for an address: the configured origin may be anywhere, others as set.
    pub(crate) fn address_policy(&self, is_own: bool) -> AddressPolicy {
        if is_own { AddressPolicy::Any } else { self.settings.foreign_addresses }
    }
}

impl fmt::Debug for BaseHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseHttpClient")
            .field("base_url", &format_args!("{}", Redacted(&self.shared.base_url)))
            .finish_non_exhaustive()
    }
}
