//! What is handed to the connection, and how it is known when the connection takes it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::body::{Body, PIECE_BYTES};
use super::error::ClientError;
use super::timeout::Progress;

/// What is handed to the connection: the body, and the mark that says when it was taken.
pub(crate) struct SentBody {
    body: Body,
    progress: Arc<Progress>,
    /// Whether it goes out in many pieces, each of which is progress.
    is_long: bool,
}

impl SentBody {
    pub(crate) fn new(body: Body, progress: Arc<Progress>) -> Self {
        let is_long = body.length_bytes().is_none_or(|bytes| bytes > PIECE_BYTES as u64);
        Self { body, progress, is_long }
    }
}

impl HttpBody for SentBody {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        if self.is_long {
            self.progress.mark_written();
        }
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.progress.mark_waiting(frame.is_pending());
        frame
    }

    /// The connection asks this first when it writes a request's head and at no time before, so the question
    /// is what tells a request that was sent from one that still waits for its connection. Tests hold hyper to it.
    fn is_end_stream(&self) -> bool {
        if !self.progress.is_written() {
            self.progress.mark_written();
        }
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
