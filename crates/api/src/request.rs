//! The outermost layer: gives each request its id and span, each error its body, and writes one line.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::error::ApiError;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) async fn request(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", request.id = %id, http.method = %method, http.route = %route);
    let mut response = next.run(request).instrument(span.clone()).await;

    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        let answer = error.answer(&id);
        let headers = std::mem::take(response.headers_mut());
        response = answer;
        for (name, value) in &headers {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let (status, duration) = (response.status().as_u16(), began.elapsed());
    let _entered = span.enter();
    tracing::info!(
        http.status = status,
        duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        "a request was answered"
    );
    let labels = [("route", route), ("method", method.to_string()), ("status", status.to_string())];
    metrics::counter!("fourfold_http_requests_total", &labels).increment(1);
    metrics::histogram!("fourfold_http_request_seconds", &labels).record(duration);
    response
}

/// The caller's own id where it is fit for logs, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let fit = |id: &&str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    given.filter(fit).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}
