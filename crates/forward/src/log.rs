//! The log of a target: requests, answers and errors, each with the request's id, as `tracing` events.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use fourfold_clients::http::{Body, ClientError};
use http::{HeaderMap, HeaderName, Method, header};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::meter::ForwardOutcome;
use crate::record::ForwardReport;

/// What is logged of a target. Failures of the target and of ours are, whatever else is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForwardLog {
    /// Whether each request is, with its headers. Default yes.
    pub requests: bool,
    /// Whether each answer is when it is over. Default yes.
    pub answers: bool,
    /// How many bytes of each body are, which hold users' own texts. Default none.
    pub body_bytes_max: usize,
    /// Headers whose values aren't shown, beside those that are marked as secret and those whose names have `token`,
    /// `secret`, `key`, `password` or `credential` in them. Default the others that carry keys.
    pub hidden_headers: Vec<HeaderName>,
}

impl Default for ForwardLog {
    fn default() -> Self {
        Self {
            requests: true,
            answers: true,
            body_bytes_max: 0,
            hidden_headers: vec![
                header::AUTHORIZATION,
                header::PROXY_AUTHORIZATION,
                header::COOKIE,
                header::SET_COOKIE,
                // Browsers have no other place for a key where they open a WebSocket.
                HeaderName::from_static("sec-websocket-protocol"),
            ],
        }
    }
}

impl ForwardLog {
    pub(crate) fn request(&self, target: &str, request_id: &str, head: &LoggedHead<'_>) {
        if self.requests {
            let LoggedHead { method, path, headers, body_bytes } = head;
            let headers = Shown { headers, hidden: &self.hidden_headers };
            tracing::info!(forward.target = target, request.id = request_id, http.method = %method, path, sent_bytes = body_bytes, ?headers, "a request goes on");
        }
    }

    /// An answer's headers as they are shown at its end, if they are.
    pub(crate) fn shown_headers(&self, headers: &HeaderMap) -> Option<String> {
        self.answers.then(|| format!("{:?}", Shown { headers, hidden: &self.hidden_headers }))
    }

    pub(crate) fn ended(
        &self,
        target: &str,
        request_id: &str,
        report: &ForwardReport,
        &Seen { headers, body, cause }: &Seen<'_>,
    ) {
        let status = report.status.map(|status| status.as_u16());
        let duration_ms = u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX);
        let ForwardReport { received_bytes, outcome, .. } = report;
        if let Some(body) = body.filter(|body| body.whole_bytes > 0) {
            body.log("answer", target, request_id);
        }
        match report.error {
            // A person is to look at what failed, not at what a caller may not do.
            Some(error) if *outcome == ForwardOutcome::Failed => tracing::warn!(
                forward.target = target,
                request.id = request_id,
                http.status = status,
                duration_ms,
                received_bytes,
                headers,
                error,
                cause,
                "a request failed"
            ),
            error if self.answers => tracing::info!(
                forward.target = target,
                request.id = request_id,
                http.status = status,
                duration_ms,
                received_bytes,
                ?outcome,
                headers,
                error,
                cause,
                "a request ended"
            ),
            _ => {}
        }
    }

    /// The body, logged when it is over. One that is whole already is logged now and stays as it is, so that it can be
    /// sent again.
    pub(crate) fn capturing(&self, body: Body, target: &Arc<str>, request_id: &Arc<str>) -> Body {
        if self.body_bytes_max == 0 || HttpBody::is_end_stream(&body) {
            return body;
        }
        let mut capture = Capture::new(self.body_bytes_max);
        if let Some(whole) = body.as_bytes() {
            capture.look(whole);
            capture.log("request", target, request_id);
            return body;
        }
        Body::wrap(CapturedBody {
            body,
            capture,
            target: Arc::clone(target),
            request_id: Arc::clone(request_id),
        })
    }
}

/// What is logged of a request that is over, beside its report.
pub(crate) struct Seen<'a> {
    /// Of the answer, as they are shown.
    pub(crate) headers: Option<&'a str>,
    /// Of the answer.
    pub(crate) body: Option<&'a Capture>,
    /// What lies behind a failure.
    pub(crate) cause: Option<&'a str>,
}

/// What is logged of a request.
pub(crate) struct LoggedHead<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body_bytes: Option<u64>,
}

/// The first bytes of a body.
#[derive(Debug)]
pub(crate) struct Capture {
    start: Vec<u8>,
    bytes_max: usize,
    whole_bytes: u64,
}

impl Capture {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { start: Vec::new(), bytes_max, whole_bytes: 0 }
    }

    pub(crate) fn look(&mut self, piece: &[u8]) {
        let room = self.bytes_max - self.start.len();
        self.start.extend_from_slice(&piece[..piece.len().min(room)]);
        self.whole_bytes += piece.len() as u64;
    }

    fn log(&self, of: &'static str, target: &str, request_id: &str) {
        let body = String::from_utf8_lossy(&self.start);
        tracing::info!(
            forward.target = target,
            request.id = request_id,
            of,
            body = &*body,
            body_bytes = self.whole_bytes,
            "a body"
        );
    }
}

/// A request's body that is logged when it is over.
struct CapturedBody {
    body: Body,
    capture: Capture,
    target: Arc<str>,
    request_id: Arc<str>,
}

impl HttpBody for CapturedBody {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(piece) = frame.data_ref()
        {
            self.capture.look(piece);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        HttpBody::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        HttpBody::size_hint(&self.body)
    }
}

impl Drop for CapturedBody {
    fn drop(&mut self) {
        // Who never got to send it has nothing to show.
        if self.capture.whole_bytes > 0 {
            self.capture.log("request", &self.target, &self.request_id);
        }
    }
}

/// Headers without the values that nobody should read.
struct Shown<'a> {
    headers: &'a HeaderMap,
    hidden: &'a [HeaderName],
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.headers.iter().map(|(name, value)| {
            let is_hidden = value.is_sensitive() || self.hidden.contains(name) || says_secret(name.as_str());
            (
                name.as_str(),
                if is_hidden { "[hidden]".into() } else { String::from_utf8_lossy(value.as_bytes()) },
            )
        });
        f.debug_map().entries(shown).finish()
    }
}

/// Whether a header is called as what nobody should read is. Names are in lower case.
fn says_secret(name: &str) -> bool {
    let name = name.as_bytes();
    (0..name.len()).any(|at| {
        let word: &[u8] = match name[at] {
            b't' => b"token",
            b's' => b"secret",
            b'k' => b"key",
            b'p' => b"password",
            b'c' => b"credential",
            _ => return false,
        };
        name[at..].starts_with(word)
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn secrets_in_headers_are_not_shown() {
        let mut secret = HeaderValue::from_static("secret-1");
        secret.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (HeaderName::from_static("x-own"), secret),
            (header::SET_COOKIE, HeaderValue::from_static("secret-2")),
            (header::ACCEPT, HeaderValue::from_static("text/plain")),
            (HeaderName::from_static("x-auth-token"), HeaderValue::from_static("secret-3")),
            (HeaderName::from_static("ocp-apim-subscription-key"), HeaderValue::from_static("secret-4")),
            (HeaderName::from_static("x-amz-security-token"), HeaderValue::from_static("secret-5")),
            (HeaderName::from_static("apikey"), HeaderValue::from_static("secret-6")),
            (HeaderName::from_static("x-credentials"), HeaderValue::from_static("secret-7")),
            (HeaderName::from_static("x-password"), HeaderValue::from_static("secret-8")),
            (HeaderName::from_static("client-secret"), HeaderValue::from_static("value-9")),
        ]);
        let hidden = ForwardLog::default().hidden_headers;
        let shown = format!("{:?}", Shown { headers: &headers, hidden: &hidden });
        assert!(shown.contains("text/plain"), "{shown}");
        assert!(!shown.contains("secret-") && !shown.contains("value-9"), "{shown}");
    }
}
