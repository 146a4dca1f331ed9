//! The server-sent events of an answer, as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as HttpBody;

use super::body::Body;
use super::error::ClientError;
use super::event::Event;
use super::sse::EventReader;

/// The events of an answer. Dropping it closes the vendor's connection.
pub struct EventStream {
    body: Body,
    piece: Bytes,
    reader: EventReader,
    is_ended: bool,
}

impl EventStream {
    /// Reads events of up to that many bytes from a body.
    pub fn new(body: Body, event_bytes_max: usize) -> Self {
        Self { body, piece: Bytes::new(), reader: EventReader::new(event_bytes_max), is_ended: false }
    }

    fn end(&mut self, last: Result<Option<Event>, ClientError>) -> Poll<Option<Result<Event, ClientError>>> {
        self.is_ended = true;
        self.piece.clear();
        self.body = Body::empty();
        Poll::Ready(last.transpose())
    }
}

impl Stream for EventStream {
    type Item = Result<Event, ClientError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.is_ended {
            return Poll::Ready(None);
        }
        loop {
            if !this.piece.is_empty() {
                match this.reader.next_event(&mut this.piece) {
                    Ok(None) => {}
                    Ok(Some(event)) => return Poll::Ready(Some(Ok(event))),
                    Err(error) => return this.end(Err(error)),
                }
            }
            match std::task::ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => this.piece = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return this.end(Err(error)),
                None => {
                    let last = this.reader.end();
                    return this.end(last);
                }
            }
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("is_ended", &self.is_ended).finish_non_exhaustive()
    }
}
