//! The two transports under a client, with one TLS, one resolver and one pool policy: reqwest for `request`,
//! hyper-util for `exchange`.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

use super::address::{AddressPolicy, AddressRefused};
use super::error::{BoxError, ClientError, Effect, ErrorKind, TimeoutStage};
use super::proxy::Connector;
use super::resolve::{PolicyResolver, Resolver};
use super::sent_body::SentBody;
use super::settings::HttpSettings;

/// How much of a connection's bytes is in memory each way, and so the largest head of an answer that is taken. hyper's own
/// limit of 400 KB makes large bodies no faster.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// How many headers an answer may have at most over HTTP/1.1: hyper's own limit, since another costs each answer an
/// allocation.
pub const ANSWER_HEADERS_MAX: usize = 100;

/// How large the head of an answer may be at most.
pub const ANSWER_HEAD_BYTES_MAX: usize = BUFFER_BYTES_MAX;

/// One connection pool for each address policy: a connection that one policy allowed must not serve the other.
pub(crate) struct Transports {
    any: Transport,
    public_only: Transport,
}

type HyperClient = legacy::Client<HttpsConnector<Connector>, SentBody>;

/// What leads to the outside.
pub(crate) struct Transport {
    pub(crate) reqwest: reqwest::Client,
    hyper: HyperClient,
    /// The same without HTTP/2, which has no upgrades; none where `hyper` has no HTTP/2 either.
    hyper_http1: Option<HyperClient>,
    /// What a forwarding proxy is told with every plain request of `exchange`.
    pub(crate) proxy_authorization: Option<HeaderValue>,
}

impl Transports {
    pub(crate) fn new(
        settings: &HttpSettings,
        tls: &ClientConfig,
        resolver: &Arc<dyn Resolver>,
    ) -> Result<Self, BoxError> {
        let build = |policy| {
            Transport::new(settings, tls, PolicyResolver::new(resolver, policy, settings.proxy.as_ref()))
        };
        Ok(Self { any: build(AddressPolicy::Any)?, public_only: build(AddressPolicy::PublicOnly)? })
    }

    pub(crate) fn under(&self, policy: AddressPolicy) -> &Transport {
        match policy {
            AddressPolicy::Any => &self.any,
            AddressPolicy::PublicOnly => &self.public_only,
        }
    }
}

impl Transport {
    fn new(settings: &HttpSettings, tls: &ClientConfig, resolver: PolicyResolver) -> Result<Self, BoxError> {
        Ok(Self {
            reqwest: reqwest_client(settings, tls, resolver.clone())?,
            hyper: hyper_client(settings, settings.pool.http2, tls, resolver.clone())?,
            hyper_http1: match settings.pool.http2 {
                true => Some(hyper_client(settings, false, tls, resolver)?),
                false => None,
            },
            proxy_authorization: Connector::authorization(settings.proxy.as_ref())?,
        })
    }

    /// What sends a request with these headers as it is.
    pub(crate) fn hyper_for(&self, headers: &HeaderMap) -> &HyperClient {
        match &self.hyper_http1 {
            Some(http1) if headers.contains_key(header::UPGRADE) => http1,
            _ => &self.hyper,
        }
    }
}

fn reqwest_client(
    settings: &HttpSettings,
    tls: &ClientConfig,
    resolver: PolicyResolver,
) -> Result<reqwest::Client, BoxError> {
    let mut tls = tls.clone();
    tls.alpn_protocols = match settings.pool.http2 {
        true => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        false => vec![b"http/1.1".to_vec()],
    };
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(resolver)
        // Ours are the only retries, redirects and proxies.
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .pool_idle_timeout(limit(settings.pool.idle_timeout))
        .pool_max_idle_per_host(settings.pool.idle_per_host_max)
        .tcp_keepalive(limit(settings.pool.tcp_keepalive))
        .tcp_nodelay(true);
    let builder = match limit(settings.timeouts.connect) {
        Some(connect) => builder.connect_timeout(connect),
        None => builder,
    };
    let builder = match &settings.proxy {
        Some(proxy) => builder.proxy(proxy.for_reqwest()?),
        None => builder,
    };
    Ok(builder.build()?)
}

fn hyper_client(
    settings: &HttpSettings,
    http2: bool,
    tls: &ClientConfig,
    resolver: PolicyResolver,
) -> Result<HyperClient, BoxError> {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(limit(settings.timeouts.connect));
    tcp.set_keepalive(limit(settings.pool.tcp_keepalive));
    let tcp = Connector::new(tcp, settings.proxy.as_ref())?;
    let https = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http().enable_http1();
    let https = match http2 {
        true => https.enable_http2().wrap_connector(tcp),
        false => https.wrap_connector(tcp),
    };
    Ok(legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(limit(settings.pool.idle_timeout))
        .pool_max_idle_per_host(settings.pool.idle_per_host_max)
        .http1_max_buf_size(BUFFER_BYTES_MAX)
        .http2_max_header_list_size(BUFFER_BYTES_MAX as u32)
        .build(https))
}

fn limit(duration: Duration) -> Option<Duration> {
    if duration.is_zero() { None } else { Some(duration) }
}

/// What a transport's failure before the answer's head means. Only what was surely not written is `NotStarted`.
pub(crate) fn send_failure(error: BoxError, is_connect: bool, is_written: bool) -> ClientError {
    if find::<AddressRefused>(&*error).is_some() {
        return ClientError::new(ErrorKind::AddressRefused, Effect::NotStarted).with_source(error);
    }
    if is_connect {
        let timed_out = find::<std::io::Error>(&*error)
            .is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
            || find::<reqwest::Error>(&*error).is_some_and(reqwest::Error::is_timeout);
        let kind = match timed_out {
            true => ErrorKind::Timeout(TimeoutStage::Connect),
            false => ErrorKind::Connect,
        };
        return ClientError::new(kind, Effect::NotStarted).with_source(error);
    }
    if find::<ClientError>(&*error).is_some_and(|error| error.kind() == ErrorKind::RequestBody) {
        return ClientError::new(ErrorKind::RequestBody, Effect::MayHaveStarted).with_source(error);
    }
    if find::<reqwest::Error>(&*error).is_some_and(reqwest::Error::is_builder) {
        // It never was a request, so it says nothing about the vendor and is none the next time either.
        return ClientError::new(ErrorKind::InvalidRequest, Effect::NotStarted).with_source(error);
    }
    // hyper hands a request back as canceled only if no byte of it was written.
    let canceled = find::<hyper::Error>(&*error).is_some_and(hyper::Error::is_canceled);
    if canceled || !is_written {
        return ClientError::new(ErrorKind::Connect, Effect::NotStarted).with_source(error);
    }
    // There is an answer, and it will be no other the next time.
    if find::<hyper::Error>(&*error).is_some_and(hyper::Error::is_parse) {
        return ClientError::new(ErrorKind::Decode, Effect::MayHaveStarted).with_source(error);
    }
    ClientError::new(ErrorKind::Interrupted, Effect::MayHaveStarted).with_source(error)
}

/// What a failure while the answer's body was read means.
pub(crate) fn read_failure(error: BoxError) -> ClientError {
    ClientError::new(ErrorKind::Interrupted, Effect::MayHaveStarted).with_source(error)
}

/// The first error of this type in the chain of causes.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
