//! Bodies, both ways: whole in memory, streamed from the caller, or streamed from the vendor.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::TryStreamExt;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};

use tokio::time::Instant;

use super::answer_body::AnswerBody;
use super::error::{BoxError, ClientError, Effect, ErrorKind};

/// Large bodies go out in pieces of this size, so that progress can be seen and nothing is copied at once.
pub(crate) const PIECE_BYTES: usize = 256 * 1024;

/// The body of a request or of an answer.
///
/// It is an [`http_body::Body`]; [`into_data_stream`](Self::into_data_stream) makes a [`Stream`] of it. Dropping
/// the body of an answer before its end closes the vendor's connection at once (on HTTP/2 it resets the stream).
#[derive(Default)]
pub struct Body(Content);

#[derive(Default)]
enum Content {
    #[default]
    Empty,
    Whole(Bytes),
    /// Pieces in memory, sent one after the other.
    Pieces(VecDeque<Bytes>),
    Streamed(Streamed),
    Answer(Box<AnswerBody>),
}

/// A caller's stream. The mutex is never locked: it only makes the stream `Sync`, which reqwest asks for.
struct Streamed {
    stream: Mutex<UnsyncBoxBody<Bytes, BoxError>>,
    left_bytes: Option<u64>,
    is_ended: bool,
    drops_trailers: bool,
}

impl Body {
    /// A body without a byte.
    pub fn empty() -> Self {
        Self(Content::Empty)
    }

    /// Streams another crate's body. Such a body can't be sent a second time.
    pub fn wrap<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let left_bytes = body.size_hint().exact();
        Self::streamed(body, left_bytes)
    }

    /// Streams pieces of unknown number. Such a body can't be sent a second time.
    pub fn from_stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self::streamed(StreamBody::new(stream.map_ok(Frame::data)), None)
    }

    /// Streams pieces that come to `length_bytes` in all, which is sent as `Content-Length`.
    pub fn from_stream_with_length<S, E>(stream: S, length_bytes: u64) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self::streamed(StreamBody::new(stream.map_ok(Frame::data)), Some(length_bytes))
    }

    /// The same body without the trailers that may come after its data.
    #[must_use]
    pub fn without_trailers(mut self) -> Self {
        match &mut self.0 {
            Content::Empty | Content::Whole(_) | Content::Pieces(_) => {}
            Content::Streamed(streamed) => streamed.drops_trailers = true,
            Content::Answer(answer) => answer.drop_trailers(),
        }
        self
    }

    /// Ends the body of an answer with the time limit of its whole at that moment, also where pieces keep coming. Other
    /// bodies have none.
    pub fn ends_at(&mut self, moment: Instant) {
        if let Content::Answer(answer) = &mut self.0 {
            answer.ends_at(moment);
        }
    }

    /// The body's data as a stream of pieces.
    pub fn into_data_stream(self) -> DataStream {
        DataStream(self)
    }

    fn streamed<B>(body: B, left_bytes: Option<u64>) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let is_ended = body.is_end_stream();
        let stream = Mutex::new(body.map_err(Into::into).boxed_unsync());
        Self(Content::Streamed(Streamed { stream, left_bytes, is_ended, drops_trailers: false }))
    }

    /// Pieces in memory as one body, which can be replayed.
    pub(crate) fn from_pieces(pieces: impl Into<VecDeque<Bytes>>) -> Self {
        Self(Content::Pieces(pieces.into()))
    }

    pub(crate) fn answer(answer: AnswerBody) -> Self {
        Self(Content::Answer(Box::new(answer)))
    }

    /// What comes from a vendor, if that is what it is.
    pub(crate) fn as_answer(&mut self) -> Option<&mut AnswerBody> {
        match &mut self.0 {
            Content::Answer(answer) => Some(answer),
            _ => None,
        }
    }

    /// A second body with the same bytes, if this one is whole in memory. Copies no bytes.
    pub fn try_clone(&self) -> Option<Self> {
        match &self.0 {
            Content::Empty => Some(Self::empty()),
            Content::Whole(bytes) => Some(Self(Content::Whole(bytes.clone()))),
            Content::Pieces(pieces) => Some(Self(Content::Pieces(pieces.clone()))),
            Content::Streamed(_) | Content::Answer(_) => None,
        }
    }

    /// The bytes of a body that is whole in memory.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Whole(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The bytes that are left, where they are known.
    pub fn length_bytes(&self) -> Option<u64> {
        match &self.0 {
            Content::Empty => Some(0),
            Content::Whole(bytes) => Some(bytes.len() as u64),
            Content::Pieces(pieces) => Some(pieces.iter().map(|piece| piece.len() as u64).sum()),
            Content::Streamed(streamed) => streamed.left_bytes,
            Content::Answer(answer) => answer.size_hint().exact(),
        }
    }
}

macro_rules! body_from {
    ($($bytes:ty),*) => {$(
        impl From<$bytes> for Body {
            fn from(bytes: $bytes) -> Self {
                Self(Content::Whole(bytes.into()))
            }
        }
    )*};
}

body_from!(Bytes, Vec<u8>, String, &'static str, &'static [u8]);

impl HttpBody for Body {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        match &mut self.get_mut().0 {
            Content::Empty => Poll::Ready(None),
            Content::Whole(bytes) => Poll::Ready(next_piece(bytes).map(Ok)),
            Content::Pieces(pieces) => {
                while let Some(bytes) = pieces.front_mut() {
                    if let Some(piece) = next_piece(bytes) {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                    pieces.pop_front();
                }
                Poll::Ready(None)
            }
            Content::Streamed(streamed) => streamed.poll_frame(cx),
            Content::Answer(answer) => answer.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Empty => true,
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Pieces(pieces) => pieces.iter().all(Bytes::is_empty),
            Content::Streamed(streamed) => streamed.is_ended,
            Content::Answer(answer) => answer.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Answer(answer) => answer.size_hint(),
            _ => self.length_bytes().map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}

fn next_piece(bytes: &mut Bytes) -> Option<Frame<Bytes>> {
    if bytes.is_empty() {
        return None;
    }
    Some(Frame::data(bytes.split_to(bytes.len().min(PIECE_BYTES))))
}

/// The data of a body as a stream of pieces; trailers are left out.
#[derive(Debug)]
pub struct DataStream(Body);

impl Stream for DataStream {
    type Item = Result<Bytes, ClientError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match Pin::new(&mut self.0).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("length_bytes", &self.length_bytes()).finish_non_exhaustive()
    }
}

impl Streamed {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        let stream = self.stream.get_mut().unwrap_or_else(PoisonError::into_inner);
        let frame = std::task::ready!(Pin::new(&mut *stream).poll_frame(cx));
        Poll::Ready(match frame {
            Some(Ok(frame)) => {
                if let (Some(left), Some(data)) = (&mut self.left_bytes, frame.data_ref()) {
                    *left = left.saturating_sub(data.len() as u64);
                }
                self.is_ended = stream.is_end_stream();
                if self.drops_trailers && frame.is_trailers() {
                    self.is_ended = true;
                    return Poll::Ready(None);
                }
                Some(Ok(frame))
            }
            Some(Err(error)) => Some(Err(body_failure(error))),
            None => {
                self.is_ended = true;
                None
            }
        })
    }
}

/// What a failing stream means: what it says itself, where it is one of ours, and else a body that can't be read.
fn body_failure(error: BoxError) -> ClientError {
    match error.downcast::<ClientError>() {
        Ok(error) => *error,
        Err(error) => ClientError::new(ErrorKind::RequestBody, Effect::MayHaveStarted).with_source(error),
    }
}
