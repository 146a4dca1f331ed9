//! What browsers are told of forwarded answers: our word, in place of the target's, and only where a browser asks.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, Method, header};
use tower::{Layer as _, ServiceExt as _};
use tower_http::cors::CorsLayer;

/// Asks leave for another request; every other `OPTIONS` is the target's to answer.
const LEAVE: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;

pub(crate) async fn cors(State(cors): State<CorsLayer>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_browsers = headers.contains_key(header::ORIGIN);
    if !is_browsers || (request.method() == Method::OPTIONS && !headers.contains_key(LEAVE)) {
        return next.run(request).await;
    }
    let answer = tower::service_fn(|request| {
        let next = next.clone();
        async move { Ok::<_, std::convert::Infallible>(without_targets_word(next.run(request).await)) }
    });
    cors.layer(answer).oneshot(request).await.into_response()
}

fn without_targets_word(mut answer: Response) -> Response {
    let theirs = |name: &&HeaderName| name.as_str().starts_with("access-control-");
    let theirs: Vec<_> = answer.headers().keys().filter(theirs).cloned().collect();
    for name in theirs {
        answer.headers_mut().remove(name);
    }
    answer
}
