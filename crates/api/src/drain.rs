//! A request that is answered before it was read is read to its end after all, within limits. A connection that
//! is closed while bytes of its caller are on their way is reset, and the answer is lost with it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Error;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use http::{StatusCode, Version, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use crate::pace::Paced;

/// The most that is read for nothing.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long it is read for nothing, and how long the next piece is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const PIECE_PATIENCE: Duration = Duration::from_secs(1);

pub(crate) async fn drain<F: Future<Output = Response>>(
    request: Request,
    idle_max: Duration,
    next: impl FnOnce(Request) -> F,
) -> Response {
    if request.body().is_end_stream() {
        return next(request).await;
    }
    // Later versions end a request without its connection.
    if request.version() > Version::HTTP_11 {
        return next(request.map(|body| Body::new(Paced::new(body, idle_max)))).await;
    }
    // Who asks first sends nothing when the answer is no.
    let is_sent = !request.headers().contains_key(header::EXPECT);
    let left = Left::default();
    let response =
        next(request.map(|body| Body::new(Paced::new(Lent { body, is_sent, left: left.clone() }, idle_max))))
            .await;
    // What didn't come in time isn't waited for again.
    if response.status() != StatusCode::REQUEST_TIMEOUT
        && let Some(body) = left.take()
    {
        // Whether it came to its end or not, all that is left to do is to answer.
        let _in_time = timeout(PATIENCE, discard(body)).await.is_ok();
    }
    response
}

async fn discard(mut body: Body) {
    let mut bytes = 0;
    while bytes <= BYTES_MAX
        && let Ok(Some(Ok(frame))) = timeout(PIECE_PATIENCE, body.frame()).await
    {
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// What a handler left unread; the other end is the body that it was given.
#[derive(Clone, Default)]
struct Left(Arc<Mutex<Option<Body>>>);

/// A body that comes back when it is dropped before its end.
struct Lent {
    body: Body,
    /// Whether its caller sends it, or waits to be told.
    is_sent: bool,
    left: Left,
}

impl Left {
    fn take(&self) -> Option<Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.is_sent && !self.body.is_end_stream() {
            let body = std::mem::take(&mut self.body);
            *self.left.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.is_sent = true;
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
