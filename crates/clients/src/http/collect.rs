//! Reading an answer's body into memory, up to a limit.

use std::future::poll_fn;

use bytes::{Bytes, BytesMut};

use super::answer_body::AnswerBody;
use super::error::{ClientError, Effect, ErrorKind};

/// Reads a body to its end. A body in one piece isn't copied.
pub(crate) async fn collect(body: &mut AnswerBody, bytes_max: u64) -> Result<Bytes, ClientError> {
    let expected_bytes = body.size_hint().lower();
    if expected_bytes > bytes_max {
        return Err(too_large());
    }
    let Some(first) = next_piece(body).await? else { return Ok(Bytes::new()) };
    let Some(second) = (if body.is_end_stream() { None } else { next_piece(body).await? }) else {
        return if first.len() as u64 > bytes_max { Err(too_large()) } else { Ok(first) };
    };
    let mut whole =
        BytesMut::with_capacity(usize::try_from(expected_bytes).unwrap_or(0).max(first.len() + second.len()));
    whole.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(piece) = next {
        if (whole.len() + piece.len()) as u64 > bytes_max {
            return Err(too_large());
        }
        whole.extend_from_slice(&piece);
        next = next_piece(body).await?;
    }
    Ok(whole.freeze())
}

/// Reads the start of a body, for as long as it comes. What follows a failure or the limit is left out.
pub(crate) async fn collect_start(body: &mut AnswerBody, bytes_max: usize) -> Bytes {
    let mut start = BytesMut::new();
    while let Ok(Some(piece)) = next_piece(body).await {
        let room = bytes_max - start.len();
        start.extend_from_slice(&piece[..piece.len().min(room)]);
        if start.len() == bytes_max {
            break;
        }
    }
    start.freeze()
}

async fn next_piece(body: &mut AnswerBody) -> Result<Option<Bytes>, ClientError> {
    loop {
        match poll_fn(|cx| body.poll_frame(cx)).await {
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

fn too_large() -> ClientError {
    ClientError::new(ErrorKind::TooLarge, Effect::Started)
}
