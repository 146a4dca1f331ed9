//! The outermost layer: gives each request its id and span, each error its body, and writes one line.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::error::ApiError;
use crate::forward::{OUR_ERROR, is_forward};
use crate::request_metrics::RequestMetrics;

/// Where the routes are whose clients know Anthropic's errors and headers.
const MESSAGES: &str = "/v1/messages";

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The same for Anthropic's clients.
const ANTHROPICS_REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

pub(crate) async fn request(
    State(metrics): State<RequestMetrics>,
    mut request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map(MatchedPath::as_str);
    let span = tracing::info_span!(
        "request",
        request.id = id.as_str(),
        http.method = method.as_str(),
        http.route = route
    );
    let is_anthropics = route.is_some_and(|route| route.starts_with(MESSAGES));
    let is_forward = route.is_some_and(is_forward);
    if is_forward {
        request.extensions_mut().insert(id.clone());
    }
    let mut response = next.run(request).instrument(span.clone()).await;

    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        let headers =
            std::mem::replace(&mut response, error.answer(id.as_str(), is_anthropics)).into_parts().0.headers;
        for (name, value) in &headers {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        if is_forward {
            response.headers_mut().insert(OUR_ERROR, HeaderValue::from_static("1"));
        }
    }
    let (status, duration) = (response.status(), began.elapsed());
    let _entered = span.enter();
    tracing::info!(
        http.status = status.as_u16(),
        duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        "a request was answered"
    );
    metrics.record(route, &method, status, duration);
    if is_anthropics {
        response.headers_mut().insert(ANTHROPICS_REQUEST_ID, id.0.clone());
    }
    response.headers_mut().insert(REQUEST_ID, id.0);
    response
}

/// Names a request in our logs and in its answer. Visible ASCII.
#[derive(Clone)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's own id where it is fit for logs, else a new one.
    fn of(headers: &HeaderMap) -> Self {
        let fit = |id: &&HeaderValue| {
            (1..=64).contains(&id.len())
                && id.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
        };
        Self(headers.get(REQUEST_ID).filter(fit).cloned().unwrap_or_else(|| {
            let mut buffer = Uuid::encode_buffer();
            let text = Uuid::now_v7().hyphenated().encode_lower(&mut buffer);
            HeaderValue::from_str(text).expect("a UUID is visible ASCII")
        }))
    }

    /// As a header.
    pub(crate) fn value(self) -> HeaderValue {
        self.0
    }

    fn as_str(&self) -> &str {
        self.0.to_str().expect("a request's id is visible ASCII")
    }
}
