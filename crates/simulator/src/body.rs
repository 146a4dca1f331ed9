//! An answer's body on its way out: at a pace, in drips, cut, stalled; and whether the client took it all.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http_body::{Body as _, Frame, SizeHint};

use crate::answer::Content;
use crate::fault::{BodyEnd, Drip};
use crate::world::World;

/// The body as it is sent. The length is known where the content comes whole.
pub(crate) fn body(content: Content, pace: Duration, drip: Option<Drip>, end: Option<BodyEnd>) -> Body {
    let (pieces, pause) = match (content, drip) {
        (Content::Whole(bytes), None) if end.is_none() => return Body::from(bytes),
        (Content::Whole(bytes), None) => (vec![bytes], pace),
        (Content::Pieces(pieces), None) => (pieces, pace),
        (Content::Whole(bytes), Some(drip)) => (drops(&[bytes], drip.bytes), drip.every),
        (Content::Pieces(pieces), Some(drip)) => (drops(&pieces, drip.bytes), drip.every),
    };
    let playback = Playback { pieces: pieces.into(), pause, end, sent_bytes: 0, is_first: true };
    Body::from_stream(stream::unfold(Some(playback), |playback| async { playback?.next().await }))
}

/// A body that knows whether it was taken to its end.
pub(crate) struct WatchedBody {
    inner: Body,
    /// What of the newest piece wasn't handed on yet.
    rest: Bytes,
    watch: Watch,
}

/// Notes that the client left, unless it is told that the answer ended. Dropped with the request's future or
/// with the answer's body, whichever is the last that the connection holds.
pub(crate) struct Watch {
    world: Arc<World>,
    request: u64,
    is_over: bool,
}

/// What is still to be sent.
struct Playback {
    pieces: VecDeque<Bytes>,
    pause: Duration,
    end: Option<BodyEnd>,
    sent_bytes: usize,
    is_first: bool,
}

/// Closes the connection in the middle of a body.
#[derive(Debug, thiserror::Error)]
#[error("cut, as a fault asked")]
struct Cut;

impl Playback {
    async fn next(mut self) -> Option<(Result<Bytes, Cut>, Option<Self>)> {
        let mut piece = self.pieces.pop_front()?;
        if !std::mem::take(&mut self.is_first) && !self.pause.is_zero() {
            tokio::time::sleep(self.pause).await;
        }
        if let Some(BodyEnd::Cut(bytes_max) | BodyEnd::Stall(bytes_max)) = self.end {
            let left = bytes_max - self.sent_bytes;
            if left == 0 {
                return match self.end {
                    Some(BodyEnd::Cut(_)) => {
                        // Else the server may throw away what it hasn't flushed.
                        tokio::task::yield_now().await;
                        Some((Err(Cut), None))
                    }
                    _ => std::future::pending().await,
                };
            }
            if piece.len() > left {
                self.pieces.push_front(piece.split_off(left));
                self.is_first = true;
            }
        }
        self.sent_bytes += piece.len();
        Some((Ok(piece), Some(self)))
    }
}

impl WatchedBody {
    /// Pieces are handed on in parts of this size, so that a client that leaves in the middle is seen.
    const PART_BYTES: usize = 64 << 10;

    pub(crate) fn new(inner: Body, mut watch: Watch) -> Self {
        if inner.is_end_stream() {
            watch.over();
        }
        Self { inner, rest: Bytes::new(), watch }
    }
}

impl http_body::Body for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                ended => {
                    self.watch.over();
                    return Poll::Ready(ended);
                }
            }
        }
        let part_bytes = self.rest.len().min(Self::PART_BYTES);
        let part = self.rest.split_to(part_bytes);
        if self.is_end_stream() {
            self.watch.over();
        }
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let inner = self.inner.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

impl Watch {
    pub(crate) fn new(world: Arc<World>, request: u64) -> Self {
        Self { world, request, is_over: false }
    }

    /// The answer ended, or was broken off by us.
    pub(crate) fn over(&mut self) {
        self.is_over = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.is_over {
            let at = self.world.time.now();
            self.world.log.lock().closed_by_client(self.request, at);
            self.world.counts.change(|counts| counts.closed_by_client += 1);
        }
    }
}

fn drops(pieces: &[Bytes], size_bytes: usize) -> Vec<Bytes> {
    let drops =
        |piece: &Bytes| piece.chunks(size_bytes).map(|drop| piece.slice_ref(drop)).collect::<Vec<_>>();
    pieces.iter().flat_map(drops).collect()
}
