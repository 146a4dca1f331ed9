//! Bytes on their way to the store: looked at where they begin, counted as they pass.

use bytes::{Bytes, BytesMut};
use fourfold_domain::{BoxStream, MEDIA_TYPE_HEAD_BYTES};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::error::BoxError;

/// Bytes of a caller, as they come.
pub(super) type Incoming = BoxStream<Result<Bytes, BoxError>>;

/// What makes a stream no file. Told to the store as the source's error, and told apart again afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the file is larger than is taken")]
pub(super) struct TooLarge;

/// Ends a stream with [`TooLarge`] once it has more bytes than this.
pub(super) fn limited(bytes: Incoming, bytes_max: u64) -> Incoming {
    let mut passed: u64 = 0;
    let count = move |piece: Bytes| {
        passed = passed.saturating_add(piece.len() as u64);
        if passed > bytes_max { Err(TooLarge.into()) } else { Ok(piece) }
    };
    let mut count = count;
    Box::pin(bytes.map(move |piece| piece.and_then(&mut count)))
}

/// As much of a stream's beginning as tells its media type, and the whole stream.
pub(super) async fn peek(mut bytes: Incoming) -> Result<(Bytes, Incoming), BoxError> {
    let mut head = BytesMut::new();
    while head.len() < MEDIA_TYPE_HEAD_BYTES
        && let Some(piece) = bytes.try_next().await?
    {
        head.extend_from_slice(&piece);
    }
    let head = head.freeze();
    let first = stream::iter([Ok(head.clone())]);
    Ok((head, Box::pin(first.chain(bytes))))
}

/// A stream of what is in memory.
pub(super) fn whole(bytes: Bytes) -> Incoming {
    Box::pin(stream::iter([Ok(bytes)]))
}
