//! The request that is to be passed on.

use std::sync::Arc;
use std::time::Duration;

use fourfold_clients::http::{AuthScheme, Body};
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request};

use crate::ForwardError;
use crate::timeouts::ForwardTimeouts;

/// A request that is to be passed on: what goes to the target, and how.
///
/// What can't be sent is said by [`Forwarder::forward`](crate::Forwarder::forward).
///
/// ```
/// use fourfold_forward::{Body, ForwardRequest};
///
/// let request = ForwardRequest::new(http::Method::POST, "/chat/completions")
///     .target("openai")
///     .query("api-version", "2026-01-01")
///     .header("content-type", "application/json")
///     .body(Body::from(r#"{"model": "any"}"#))
///     .request_id("r1");
/// ```
#[derive(Debug)]
pub struct ForwardRequest {
    pub(crate) method: Method,
    pub(crate) target: PathAndQuery,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) options: CallOptions,
    pub(crate) extensions: Extensions,
    /// What was wrong with what was given first.
    pub(crate) mistake: Option<ForwardError>,
}

/// What one request has otherwise than its target.
#[derive(Debug, Default)]
pub(crate) struct CallOptions {
    pub(crate) target: Option<String>,
    pub(crate) credential: Option<AuthScheme>,
    pub(crate) timeouts: Option<ForwardTimeouts>,
    pub(crate) is_tried_once: bool,
    pub(crate) request_id: Option<Arc<str>>,
    pub(crate) collected_within: Option<Duration>,
}

impl ForwardRequest {
    /// A request for a path below the target's base URL, which may have a query, byte for byte as it is to arrive.
    pub fn new(method: Method, path: &str) -> Self {
        let target = match path.contains('#') {
            true => Err(ForwardError::UnsafePath("a fragment")),
            false => path.parse().map_err(|_| ForwardError::UnsafePath("characters that no URL has")),
        };
        let (target, mistake) = match target {
            Ok(target) => (target, None),
            Err(mistake) => (PathAndQuery::from_static("/"), Some(mistake)),
        };
        Self {
            method,
            target,
            headers: HeaderMap::new(),
            body: Body::empty(),
            options: CallOptions::default(),
            extensions: Extensions::new(),
            mistake,
        }
    }

    /// Names the target, which [`Forwarders`](crate::Forwarders) need to know; no other passes it on.
    #[must_use]
    pub fn target(mut self, name: impl Into<String>) -> Self {
        self.options.target = Some(name.into());
        self
    }

    /// Adds a pair to the query, encoded.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let mut pair = url::form_urlencoded::Serializer::new(String::new());
        pair.append_pair(name, value);
        let joint = if self.target.query().is_some() { '&' } else { '?' };
        match format!("{}{joint}{}", self.target, pair.finish()).parse() {
            Ok(target) => self.target = target,
            Err(_) => self.mistaken(ForwardError::UnsafePath("a query that no URL has")),
        }
        self
    }

    /// Adds a header. Those that belong to one connection or to our callers' keys don't go on, whoever adds them.
    #[must_use]
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) => _ = self.headers.append(name, value),
            _ => self.mistaken(ForwardError::InvalidRequest("a header that can't be sent")),
        }
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Asks the target with this credential instead of its own.
    #[must_use]
    pub fn credential(mut self, credential: AuthScheme) -> Self {
        self.options.credential = Some(credential);
        self
    }

    /// Sets the time limits of this request. Connecting is limited by the target's own too.
    #[must_use]
    pub fn timeouts(mut self, timeouts: ForwardTimeouts) -> Self {
        self.options.timeouts = Some(timeouts);
        self
    }

    /// Sends it once, whatever happens.
    #[must_use]
    pub fn no_retry(mut self) -> Self {
        self.options.is_tried_once = true;
        self
    }

    /// Gives up on a body that somebody has to see before it goes on, unless it comes whole within this time. Bodies that
    /// go on as they come may take as long as they like.
    #[must_use]
    pub fn collected_within(mut self, limit: Duration) -> Self {
        self.options.collected_within = Some(limit);
        self
    }

    /// Names the request, for logs and the target, in place of an `x-request-id` that it may have.
    #[must_use]
    pub fn request_id(mut self, request_id: impl Into<Arc<str>>) -> Self {
        self.options.request_id = Some(request_id.into());
        self
    }

    /// Tells transformers and the meter something about the call, such as who makes it. One value a type.
    #[must_use]
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    pub(crate) fn named_target(&self) -> Option<&str> {
        self.options.target.as_deref()
    }

    /// Refuses to go to another target than that which was named.
    pub(crate) fn meant_for(mut self, target: &str) -> Self {
        if let Some(named) = self.options.target.take_if(|named| named != target) {
            self.mistaken(ForwardError::UnknownTarget(named));
        }
        self
    }

    fn mistaken(&mut self, mistake: ForwardError) {
        self.mistake.get_or_insert(mistake);
    }
}

/// Takes path and query of the URI, which are those below the target's base URL. A host in it is as little looked at as
/// a `Host` header: where the request goes is the target's to say.
impl From<Request<Body>> for ForwardRequest {
    fn from(request: Request<Body>) -> Self {
        let (head, body) = request.into_parts();
        let (target, mistake) = match head.uri.into_parts().path_and_query {
            Some(target) => (target, None),
            None => (PathAndQuery::from_static("/"), Some(ForwardError::UnsafePath("no slash at its start"))),
        };
        Self {
            method: head.method,
            target,
            headers: head.headers,
            body,
            options: CallOptions::default(),
            extensions: head.extensions,
            mistake,
        }
    }
}
