//! Paid work in somebody else's own bytes: the vendor gets them as they are, and its errors are read as always.

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use secrecy::ExposeSecret;

use super::body::Body;
use super::client::BaseHttpClient;
use super::collect::collect_start;
use super::error::ClientError;
use super::failure::{FailedAnswer, status_error};
use super::hops::ERROR_BYTES_MAX;
use super::path::call_url;
use super::response::StreamResponse;

impl BaseHttpClient {
    /// Posts bytes as they are to a path below the base URL, with the client's default headers and credential, of
    /// which `headers` replace those of their names; the answer's body comes as it is, whatever is in it.
    ///
    /// It goes by [`exchange`](Self::exchange): once, without a retry or a redirect, but within the rate limit. A status
    /// that isn't a success is an error that says what the vendor does, as with a [`Call`](super::Call). The first
    /// byte may take as long as an answer that is read whole; the other limits are those of a stream, or of an
    /// answer that is read whole.
    pub async fn exchange_paid(
        &self,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
        is_streamed: bool,
    ) -> Result<StreamResponse, ClientError> {
        let shared = &self.shared;
        let request = self.own_request(path, headers, body)?;
        if let Some(rate_limit) = &shared.rate_limit {
            rate_limit.pass(&shared.credential).await?;
        }
        let timeouts = &shared.settings.timeouts;
        let limits = if is_streamed { timeouts.streamed() } else { timeouts.whole() };
        let answer = self.exchange_within(request, timeouts.generating(limits)).await?;
        let (head, mut body) = answer.into_parts();
        if head.status.is_success() {
            let event_bytes_max = shared.settings.event_bytes_max;
            return Ok(StreamResponse { status: head.status, headers: head.headers, body, event_bytes_max });
        }
        let start = match body.as_answer() {
            Some(answer) => collect_start(answer, ERROR_BYTES_MAX).await,
            None => Bytes::new(),
        };
        let failed = FailedAnswer { status: head.status, headers: &head.headers, body: &start };
        Err(status_error(&*shared.failures, &failed, start.clone(), shared.credential.secret()))
    }

    fn own_request(&self, path: &str, headers: HeaderMap, body: Bytes) -> Result<Request<Body>, ClientError> {
        let mut url = call_url(&self.shared.base_url, path).map_err(ClientError::invalid)?;
        if !self.shared.is_own(&url) {
            return Err(ClientError::invalid(
                "the path is a URL of another origin, which the credential isn't for",
            ));
        }
        if let Some((name, key)) = &self.shared.credential.query {
            url.query_pairs_mut().append_pair(name, key.expose_secret());
        }
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.as_str().parse().map_err(ClientError::invalid)?;
        *request.headers_mut() = self.shared.trusted_headers.clone();
        for (name, value) in &headers {
            request.headers_mut().insert(name, value.clone());
        }
        Ok(request)
    }
}
