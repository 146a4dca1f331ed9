//! Tells callers who are limited what is left to them.

use std::cell::RefCell;
use std::time::Duration;

use axum::response::Response;
use fourfold_service::limits::{CallerLimits, Headroom, Standing};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::forward::Forwarded;

/// The headers that web pages of other origins may read: of requests and of tokens, how much there is, how much is left,
/// and when all of it is there again.
pub(crate) const LIMIT_HEADERS: [HeaderName; 6] = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
    HeaderName::from_static("x-ratelimit-limit-tokens"),
    HeaderName::from_static("x-ratelimit-remaining-tokens"),
    HeaderName::from_static("x-ratelimit-reset-tokens"),
];

tokio::task_local! {
    /// What holds for the caller of this request, once it is known who that is.
    static CALLER: RefCell<CallerLimits>;
}

/// Remembers what holds for the caller of this request.
pub(crate) fn remember(limits: &CallerLimits) {
    CALLER.with(|caller| *caller.borrow_mut() = limits.clone());
}

/// Tells the caller what is left when the answer begins, refusals too.
pub(crate) async fn limit_headers(answer: impl Future<Output = Response>) -> Response {
    let answering = async {
        let mut response = answer.await;
        // A target may have limits of its own, of which it tells by these names.
        if response.extensions().get::<Forwarded>().is_some() {
            return response;
        }
        let standing = CALLER.with(|caller| caller.borrow().standing());
        write(standing, response.headers_mut());
        response
    };
    CALLER.scope(RefCell::default(), answering).await
}

fn write(standing: Standing, headers: &mut HeaderMap) {
    for (first, headroom) in [(0, standing.requests), (3, standing.tokens)] {
        let Some(Headroom { limit, remaining, reset }) = headroom else { continue };
        let values = [limit.into(), remaining.into(), spelled(reset)];
        headers.extend(LIMIT_HEADERS.into_iter().skip(first).zip(values));
    }
}

/// As OpenAI's: `1.5s`.
fn spelled(duration: Duration) -> HeaderValue {
    let text = format!("{}.{:03}s", duration.as_secs(), duration.subsec_millis());
    HeaderValue::from_str(&text).expect("digits are visible ASCII")
}
