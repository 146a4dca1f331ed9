//! A request's body that can be sent again, as long as little of it went out.
//!
//! Nothing is collected before it is sent: each piece is kept as it goes by, and once more went by than is kept,
//! there is no second try.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use fourfold_clients::http::{Body, ClientError, Effect, ErrorKind};
use http_body::{Body as HttpBody, Frame, SizeHint};

/// How many pieces are kept of whatever size, beside one for as many bytes as the place of one takes: a body in tiny
/// pieces would take far more memory than it has bytes.
const PIECES: usize = 16;
const PIECE_BYTES: usize = 64;

/// A body for as many tries as it takes.
pub(crate) enum Replay {
    /// In memory, where another costs nothing.
    Whole(Body),
    Kept(Arc<Mutex<Kept>>),
}

/// A caller's stream and what went by of it.
pub(crate) struct Kept {
    source: Body,
    pieces: Vec<Bytes>,
    kept_bytes: usize,
    kept_bytes_max: usize,
    /// More went by than was kept, or the answer has begun: there is no other try.
    is_lost: bool,
    /// Which try may read. One that was given up may still be held by its connection for a moment.
    current: u32,
}

impl Replay {
    pub(crate) fn new(body: Body, kept_bytes_max: usize) -> Self {
        if HttpBody::is_end_stream(&body) {
            return Self::Whole(Body::empty());
        }
        if body.try_clone().is_some() {
            return Self::Whole(body);
        }
        Self::Kept(Arc::new(Mutex::new(Kept {
            source: body,
            pieces: Vec::new(),
            kept_bytes: 0,
            kept_bytes_max,
            is_lost: false,
            current: 0,
        })))
    }

    /// The body for the next try, if all that went by is still there.
    pub(crate) fn next(&self) -> Option<Body> {
        match self {
            Self::Whole(body) => body.try_clone(),
            Self::Kept(kept) => {
                let mut inner = lock(kept);
                if inner.is_lost {
                    return None;
                }
                inner.current += 1;
                let length_bytes = inner.source.length_bytes().map(|left| left + inner.kept_bytes as u64);
                let body = Replayed {
                    kept: Arc::clone(kept),
                    number: inner.current,
                    next_piece: 0,
                    left_bytes: length_bytes,
                    is_ended: false,
                };
                drop(inner);
                Some(Body::wrap(body))
            }
        }
    }

    /// Whether another try would have the whole body.
    pub(crate) fn is_there(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Kept(kept) => !lock(kept).is_lost,
        }
    }

    /// Keeps no more, as there will be no other try.
    pub(crate) fn forget(&self) {
        if let Self::Kept(kept) = self {
            // What was kept stays for the try that runs, which may not have sent all of it.
            lock(kept).is_lost = true;
        }
    }
}

/// One try's view of the body.
struct Replayed {
    kept: Arc<Mutex<Kept>>,
    number: u32,
    next_piece: usize,
    left_bytes: Option<u64>,
    is_ended: bool,
}

impl HttpBody for Replayed {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        let this = self.get_mut();
        let mut kept = lock(&this.kept);
        if kept.current != this.number {
            let given_up = ClientError::new(ErrorKind::RequestBody, Effect::MayHaveStarted);
            return Poll::Ready(Some(Err(given_up.with_source("this try was given up"))));
        }
        let piece = match kept.pieces.get(this.next_piece) {
            Some(piece) => {
                this.next_piece += 1;
                piece.clone()
            }
            None => match std::task::ready!(kept.next_piece(cx)) {
                Some(Ok(piece)) => {
                    this.next_piece = kept.pieces.len();
                    piece
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    this.is_ended = true;
                    return Poll::Ready(None);
                }
            },
        };
        if let Some(left_bytes) = &mut this.left_bytes {
            *left_bytes = left_bytes.saturating_sub(piece.len() as u64);
        }
        this.is_ended = this.next_piece == kept.pieces.len() && HttpBody::is_end_stream(&kept.source);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_ended
    }

    fn size_hint(&self) -> SizeHint {
        self.left_bytes.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Kept {
    fn next_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ClientError>>> {
        loop {
            match std::task::ready!(Pin::new(&mut self.source).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    // Trailers have no data.
                    let Ok(piece) = frame.into_data() else { continue };
                    self.keep(&piece);
                    return Poll::Ready(Some(Ok(piece)));
                }
                Some(Err(error)) => {
                    self.is_lost = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => return Poll::Ready(None),
            }
        }
    }

    fn keep(&mut self, piece: &Bytes) {
        if self.is_lost {
            return;
        }
        let has_place = self.pieces.len() < PIECES + self.kept_bytes_max / PIECE_BYTES;
        if !has_place || self.kept_bytes + piece.len() > self.kept_bytes_max {
            self.is_lost = true;
            self.pieces = Vec::new();
            return;
        }
        self.kept_bytes += piece.len();
        self.pieces.push(piece.clone());
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    // Nothing under the lock can leave it half changed.
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::iter::repeat_n;

    use futures_util::stream::iter;
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_body_in_tiny_pieces_is_kept_only_where_that_takes_little() {
        for (pieces, is_there) in [(16, true), (17, false)] {
            let tiny = iter(repeat_n(Ok::<_, Infallible>(Bytes::from_static(b"x")), pieces));
            let replay = Replay::new(Body::from_stream(tiny), 32);
            let sent = replay.next().unwrap().collect().await.unwrap().to_bytes();
            assert_eq!(sent.len(), pieces, "what is lost for another try goes out all the same");
            assert_eq!(replay.is_there(), is_there);
        }
    }
}
