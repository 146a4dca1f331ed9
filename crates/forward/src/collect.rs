//! Looking into a body without losing it.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use fourfold_clients::http::{Body, ClientError};
use http::{HeaderMap, header};
use http_body::{Body as HttpBody, Frame, SizeHint};

/// The beginning of a body.
pub(crate) enum Start {
    /// All of it.
    Whole(Bytes),
    /// It is larger than was asked for; this has everything.
    Rest(Body),
}

/// Reads a body to its end if it has at most that many bytes. A body in one piece isn't copied.
pub(crate) async fn collect(mut body: Body, bytes_max: usize) -> Result<Start, ClientError> {
    if body.length_bytes().is_some_and(|bytes| bytes > bytes_max as u64) {
        return Ok(Start::Rest(body));
    }
    let mut pieces = Vec::new();
    let mut collected_bytes = 0;
    while let Some(piece) = next_piece(&mut body).await? {
        collected_bytes += piece.len();
        pieces.push(piece);
        if collected_bytes > bytes_max {
            return Ok(Start::Rest(Body::wrap(Chained { pieces: pieces.into_iter(), rest: body })));
        }
        if HttpBody::is_end_stream(&body) {
            break;
        }
    }
    if pieces.len() == 1 {
        return Ok(Start::Whole(pieces.swap_remove(0)));
    }
    let mut whole = BytesMut::with_capacity(collected_bytes);
    pieces.iter().for_each(|piece| whole.extend_from_slice(piece));
    Ok(Start::Whole(whole.freeze()))
}

/// Whether the headers say that the body is JSON that can be read as it is.
pub(crate) fn is_plain_json(headers: &HeaderMap) -> bool {
    is_media_type(headers, |media_type| {
        media_type.eq_ignore_ascii_case("application/json")
            || media_type.len() > 5 && media_type[media_type.len() - 5..].eq_ignore_ascii_case("+json")
    }) && is_plain(headers)
}

/// Whether the headers say that the body is an event stream that can be read as it is.
pub(crate) fn is_plain_event_stream(headers: &HeaderMap) -> bool {
    is_media_type(headers, |media_type| media_type.eq_ignore_ascii_case("text/event-stream"))
        && is_plain(headers)
}

fn is_media_type(headers: &HeaderMap, is_wanted: impl Fn(&str) -> bool) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|media_type| media_type.to_str().ok());
    media_type.is_some_and(|text| is_wanted(text.split(';').next().unwrap_or_default().trim()))
}

/// Whether the body is neither compressed nor a part.
fn is_plain(headers: &HeaderMap) -> bool {
    let is_identity = |coding: &http::HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
    headers.get_all(header::CONTENT_ENCODING).iter().all(is_identity)
        && !headers.contains_key(header::CONTENT_RANGE)
}

async fn next_piece(body: &mut Body) -> Result<Option<Bytes>, ClientError> {
    loop {
        match poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => return Err(error),
            None => return Ok(None),
        }
    }
}

/// What was read, and then the rest.
struct Chained {
    pieces: std::vec::IntoIter<Bytes>,
    rest: Body,
}

impl HttpBody for Chained {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        match self.pieces.next() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.len() == 0 && HttpBody::is_end_stream(&self.rest)
    }

    fn size_hint(&self) -> SizeHint {
        let waiting_bytes: u64 = self.pieces.as_slice().iter().map(|piece| piece.len() as u64).sum();
        match self.rest.length_bytes() {
            Some(rest_bytes) => SizeHint::with_exact(waiting_bytes + rest_bytes),
            None => SizeHint::default(),
        }
    }
}
