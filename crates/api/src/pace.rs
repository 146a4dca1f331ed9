//! A body that comes in time, piece by piece.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Error;
use axum::body::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// Fails with [`TooSlow`] where the next piece of a body takes too long.
pub(crate) struct Paced<B> {
    body: B,
    idle_max: Duration,
    /// Since the last piece; nothing while nobody waits.
    waiting: Option<Pin<Box<Sleep>>>,
}

/// The next piece of a body took too long.
#[derive(Debug, thiserror::Error)]
#[error("the body of the request paused for too long")]
pub(crate) struct TooSlow;

impl<B> Paced<B> {
    pub(crate) fn new(body: B, idle_max: Duration) -> Self {
        Self { body, idle_max, waiting: None }
    }
}

/// Whether what failed is a body that came too slowly.
pub(crate) fn is_too_slow(error: &(dyn StdError + 'static)) -> bool {
    let mut error = Some(error);
    while let Some(cause) = error {
        if cause.is::<TooSlow>() {
            return true;
        }
        error = cause.source();
    }
    false
}

impl<B: HttpBody<Data = Bytes, Error = Error> + Unpin> HttpBody for Paced<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.waiting = None;
            return Poll::Ready(frame);
        }
        let idle_max = self.idle_max;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(idle_max)));
        waiting.as_mut().poll(context).map(|()| Some(Err(Error::new(TooSlow))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
