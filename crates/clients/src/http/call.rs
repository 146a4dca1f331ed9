//! One call in the making: what to send, and which policies differ from the client's.

use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Serialize;
use url::Url;

use super::address::AddressPolicy;
use super::auth::{AuthScheme, Credential};
use super::body::Body;
use super::cache::CacheUse;
use super::client::BaseHttpClient;
use super::decode;
use super::error::{BoxError, ClientError};
use super::event_stream::EventStream;
use super::multipart::Multipart;
use super::path::call_url;
use super::redact::Redacted;
use super::response::{Response, StreamResponse};
use super::retry::{NoRetry, RetryPolicy};
use super::send;
use super::timeout::Timeouts;

/// A call that is being put together; nothing is sent before one of the last three methods.
///
/// A mistake in what was given comes out of those as [`InvalidRequest`](super::ErrorKind::InvalidRequest).
#[must_use = "a call does nothing before it is sent"]
pub struct Call<'c> {
    pub(crate) client: &'c BaseHttpClient,
    pub(crate) method: Method,
    url: Option<Url>,
    /// The first mistake in what was given, to be told when the call is sent.
    mistake: Option<ClientError>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) credential: Option<Credential>,
    pub(crate) timeouts: Option<Timeouts>,
    pub(crate) total: Option<Duration>,
    pub(crate) retry: Option<Arc<dyn RetryPolicy>>,
    pub(crate) addresses: Option<AddressPolicy>,
    pub(crate) redirects_max: u32,
    pub(crate) is_paid: bool,
    pub(crate) cache: CacheUse,
    pub(crate) skips_breaker: bool,
    pub(crate) operation: &'static str,
}

impl<'c> Call<'c> {
    pub(crate) fn new(client: &'c BaseHttpClient, method: Method, path: &str) -> Self {
        let (url, mistake) = match call_url(&client.shared.base_url, path) {
            Ok(url) => (Some(url), None),
            Err(mistake) => (None, Some(ClientError::invalid(mistake))),
        };
        Self {
            client,
            method,
            url,
            mistake,
            headers: HeaderMap::new(),
            body: Body::empty(),
            credential: None,
            timeouts: None,
            total: None,
            retry: None,
            addresses: None,
            redirects_max: 0,
            is_paid: false,
            cache: CacheUse::None,
            skips_breaker: false,
            operation: "",
        }
    }

    /// Names what the call is for, in spans and metrics.
    pub fn operation(mut self, operation: &'static str) -> Self {
        self.operation = operation;
        self
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        if let Some(url) = &mut self.url {
            url.query_pairs_mut().append_pair(name, &value.to_string());
        }
        self
    }

    /// Sets a header, instead of the client's default of that name.
    pub fn header<V>(mut self, name: HeaderName, value: V) -> Self
    where
        V: TryInto<HeaderValue>,
    {
        match value.try_into() {
            Ok(value) => _ = self.headers.insert(name, value),
            Err(_) => self.fail(format!("the header {name} has characters that a header can't carry")),
        }
        self
    }

    /// Asks for this media type.
    pub fn accept(self, media_type: &'static str) -> Self {
        self.header(header::ACCEPT, HeaderValue::from_static(media_type))
    }

    /// Sends a value as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => self.typed_body("application/json", json),
            Err(error) => {
                self.fail(error);
                self
            }
        }
    }

    /// Sends pairs as a form.
    pub fn form<N: AsRef<str>, V: AsRef<str>>(self, pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.typed_body("application/x-www-form-urlencoded", form)
    }

    /// Sends the parts of a multipart form.
    pub fn multipart(mut self, parts: Multipart) -> Self {
        match parts.media_type() {
            Ok(media_type) => _ = self.headers.insert(header::CONTENT_TYPE, media_type),
            Err(error) => self.fail(error),
        }
        self.body = parts.into_body();
        self
    }

    /// Sends bytes or a stream; set its `Content-Type` by [`header`](Self::header).
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Uses this credential instead of the client's, whatever the URL.
    pub fn auth(mut self, auth: &AuthScheme) -> Self {
        match Credential::new(auth) {
            Ok(credential) => self.credential = Some(credential),
            Err(error) => self.fail(error),
        }
        self
    }

    /// Marks the call as one that generates: it is sent again only if nothing can have started, and waits for the
    /// answer's first byte as long as for the whole.
    pub fn paid(mut self) -> Self {
        self.is_paid = true;
        self
    }

    /// Replaces all time limits. `connect` can only be shortened: the client's own stays in force.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = Some(timeouts);
        self
    }

    /// Replaces the limit on the whole try; zero is none.
    pub fn total_timeout(mut self, total: Duration) -> Self {
        self.total = Some(total);
        self
    }

    /// Replaces the retry policy.
    pub fn retry(mut self, retry: Arc<dyn RetryPolicy>) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Tries once.
    pub fn no_retry(self) -> Self {
        self.retry(Arc::new(NoRetry))
    }

    /// Follows up to this many redirects. A credential, default headers and cookies stay behind when the origin changes.
    pub fn redirects(mut self, redirects_max: u32) -> Self {
        self.redirects_max = redirects_max;
        self
    }

    /// Replaces the address policy, for redirects too.
    pub fn addresses(mut self, policy: AddressPolicy) -> Self {
        self.addresses = Some(policy);
        self
    }

    /// Answers a GET from the cache while what is kept is fresh, and keeps the answer as its `Cache-Control` allows, or
    /// else for the settings' `cache.ttl`.
    pub fn cached(mut self) -> Self {
        self.cache = CacheUse::Default;
        self
    }

    /// As [`cached`](Self::cached), with another time for answers that don't say it themselves.
    pub fn cached_for(mut self, ttl: Duration) -> Self {
        self.cache = CacheUse::For(ttl);
        self
    }

    /// Goes past the circuit breaker and doesn't count in it.
    pub fn without_breaker(mut self) -> Self {
        self.skips_breaker = true;
        self
    }

    /// Sends the call and reads the answer whole, all within the retries and the limits.
    pub async fn send(self) -> Result<Response, ClientError> {
        send::whole(self).await
    }

    /// Sends the call and gives the answer when its head is there; the body is then read as a stream.
    pub async fn stream(self) -> Result<StreamResponse, ClientError> {
        send::streamed(self).await
    }

    /// The URL, or the first mistake in what was given.
    pub(crate) fn take_url(&mut self) -> Result<Url, ClientError> {
        match (self.url.take(), self.mistake.take()) {
            (Some(url), None) => Ok(url),
            (_, mistake) => Err(mistake.unwrap_or_else(|| ClientError::invalid("the call has no URL"))),
        }
    }

    /// The limits of each try, from the client's for this kind of answer.
    pub(crate) fn limits(&self, default: Timeouts) -> Timeouts {
        let timeouts = match self.timeouts {
            Some(timeouts) => timeouts,
            None if self.is_paid => self.client.shared.settings.timeouts.generating(default),
            None => default,
        };
        Timeouts { total: self.total.unwrap_or(timeouts.total), ..timeouts }
    }

    /// Sends the call and gives the answer's server-sent events. An answer of another media type is an error.
    pub async fn events(self) -> Result<EventStream, ClientError> {
        let answer = self.accept("text/event-stream").stream().await?;
        let media_type = answer.headers().get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        if media_type.is_empty() || media_type.starts_with(b"text/event-stream") {
            return Ok(answer.into_events());
        }
        let error = decode::unreadable("the answer is no event stream").with_status(answer.status());
        Err(error.with_request_id(answer.request_id()))
    }

    fn typed_body(mut self, media_type: &'static str, bytes: impl Into<Body>) -> Self {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        self.body = bytes.into();
        self
    }

    fn fail(&mut self, error: impl Into<BoxError>) {
        self.mistake.get_or_insert_with(|| ClientError::invalid(error));
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Call");
        out.field("method", &self.method);
        if let Some(url) = &self.url {
            out.field("url", &format_args!("{}", Redacted(url)));
        }
        out.finish_non_exhaustive()
    }
}
