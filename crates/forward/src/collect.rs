//! Looking into a body without losing it.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use fourfold_clients::http::{Body, ClientError};
use http::{HeaderMap, header};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::budget::{HeldBytes, NoRoom};

/// The beginning of a body.
pub(crate) enum Start {
    /// All of it.
    Whole(Bytes),
    /// It is larger than was asked for; this has everything.
    Rest(Body),
}

/// Why a body wasn't collected.
pub(crate) enum CollectError {
    /// It failed.
    Body(ClientError),
    /// There is no room for it.
    NoRoom,
}

/// Reads a body to its end if it has at most that many bytes. A body in one piece isn't copied.
pub(crate) async fn collect(body: Body, bytes_max: usize) -> Result<Start, ClientError> {
    gather(body, bytes_max, |_| Ok(())).await
}

/// The same where there is room for it.
pub(crate) async fn collect_within(
    body: Body,
    bytes_max: usize,
    held: &mut HeldBytes<'_>,
) -> Result<Start, CollectError> {
    gather(body, bytes_max, |bytes| held.hold(bytes).map_err(|NoRoom| CollectError::NoRoom)).await
}

/// Reads a body into memory that is its own: a piece keeps all of what it came with, however small it is.
async fn gather<E: From<ClientError>>(
    mut body: Body,
    bytes_max: usize,
    mut hold: impl FnMut(usize) -> Result<(), E>,
) -> Result<Start, E> {
    if body.length_bytes().is_some_and(|bytes| bytes > bytes_max as u64) {
        return Ok(Start::Rest(body));
    }
    let Some(first) = next_piece(&mut body).await? else { return Ok(Start::Whole(Bytes::new())) };
    hold(first.len())?;
    if first.len() > bytes_max {
        return Ok(Start::Rest(Body::wrap(Chained { start: first, rest: body })));
    }
    if HttpBody::is_end_stream(&body) {
        return Ok(Start::Whole(first));
    }
    let Some(second) = next_piece(&mut body).await? else { return Ok(Start::Whole(first)) };
    let left_bytes = body.length_bytes().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
    let mut whole = BytesMut::with_capacity((first.len() + second.len() + left_bytes).min(bytes_max));
    whole.extend_from_slice(&first);
    drop(first);
    let mut next = Some(second);
    while let Some(piece) = next {
        hold(piece.len())?;
        whole.extend_from_slice(&piece);
        if whole.len() > bytes_max {
            return Ok(Start::Rest(Body::wrap(Chained { start: whole.freeze(), rest: body })));
        }
        next = if HttpBody::is_end_stream(&body) { None } else { next_piece(&mut body).await? };
    }
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
    /// Empty once it has gone on.
    start: Bytes,
    rest: Body,
}

impl HttpBody for Chained {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        match self.start.is_empty() {
            true => Pin::new(&mut self.rest).poll_frame(cx),
            false => Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.start))))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.start.is_empty() && HttpBody::is_end_stream(&self.rest)
    }

    fn size_hint(&self) -> SizeHint {
        match self.rest.length_bytes() {
            Some(rest_bytes) => SizeHint::with_exact(self.start.len() as u64 + rest_bytes),
            None => SizeHint::default(),
        }
    }
}

impl From<ClientError> for CollectError {
    fn from(error: ClientError) -> Self {
        Self::Body(error)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream::iter;
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::budget::CollectBudget;

    fn pieces(pieces: &[&'static str]) -> Body {
        let pieces: Vec<_> =
            pieces.iter().map(|piece| Ok::<_, Infallible>(Bytes::from_static(piece.as_bytes()))).collect();
        Body::from_stream(iter(pieces))
    }

    #[tokio::test]
    async fn a_body_is_whole_up_to_the_limit_and_else_all_there() {
        for (given, bytes_max, is_whole) in [
            (&[][..], 0, true),
            (&["ab"], 2, true),
            (&["ab"], 1, false),
            (&["a", "b"], 2, true),
            (&["a", "b", "c"], 2, false),
            (&["a", "", "b", "c", "d"], 4, true),
        ] {
            let start = collect(pieces(given), bytes_max).await.unwrap();
            assert_eq!(matches!(start, Start::Whole(_)), is_whole, "{given:?}");
            let all = match start {
                Start::Whole(bytes) => bytes,
                Start::Rest(body) => body.collect().await.unwrap().to_bytes(),
            };
            assert_eq!(all, given.concat(), "{given:?}");
        }
    }

    #[tokio::test]
    async fn a_body_in_one_piece_is_not_copied_and_one_in_many_takes_its_length() {
        let one = Bytes::from(vec![b'x'; 9]);
        let Start::Whole(same) = collect(Body::from(one.clone()), 9).await.unwrap() else {
            panic!("it fits")
        };
        assert_eq!(same.as_ptr(), one.as_ptr());
        let tiny = iter(std::iter::repeat_n(Ok::<_, Infallible>(Bytes::from_static(b"x")), 1 << 16));
        let Start::Whole(whole) = collect(Body::from_stream(tiny), 1 << 16).await.unwrap() else {
            panic!("it fits")
        };
        // The only owner gets the memory back, however large that is.
        let whole = whole.try_into_mut().unwrap();
        assert_eq!(whole.len(), 1 << 16);
        assert!(whole.capacity() <= 1 << 17, "{}", whole.capacity());
    }

    #[tokio::test]
    async fn what_has_no_room_is_not_collected() {
        let budget = CollectBudget::new(3);
        for (given, has_room) in
            [(&["abc"][..], true), (&["ab", "c"], true), (&["abcd"], false), (&["ab", "cd"], false)]
        {
            let mut held = HeldBytes::of(Some(&budget));
            let collected = collect_within(pieces(given), 9, &mut held).await;
            assert_eq!(!matches!(collected, Err(CollectError::NoRoom)), has_room, "{given:?}");
        }
        assert_eq!(budget.held_bytes(), 0);
    }
}
