//! Answers that have a JSON value on each line.

use bytes::BytesMut;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;

use crate::http::{ClientError, DataStream, Effect, ErrorKind, StreamResponse, read_json};

/// The values as they come. A line is as long at most as an event of a stream.
pub(crate) fn values<T: DeserializeOwned + Send + 'static>(
    answer: StreamResponse,
) -> BoxStream<'static, Result<T, ClientError>> {
    let line_bytes_max = answer.event_bytes_max;
    let lines = Lines {
        pieces: answer.into_body().into_data_stream(),
        held: BytesMut::new(),
        searched: 0,
        line_bytes_max,
    };
    stream::try_unfold(lines, |mut lines| async move {
        let line = lines.next().await?;
        line.map(|line| Ok((read_json(&line)?, lines))).transpose()
    })
    .boxed()
}

struct Lines {
    pieces: DataStream,
    held: BytesMut,
    /// How much of what is held has no end of a line.
    searched: usize,
    line_bytes_max: usize,
}

impl Lines {
    /// The next line that isn't empty; the last one may lack its end.
    async fn next(&mut self) -> Result<Option<BytesMut>, ClientError> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.held[self.searched..]) {
                let line = self.take(self.searched + end + 1);
                if !line.trim_ascii().is_empty() {
                    return Ok(Some(line));
                }
                continue;
            }
            self.searched = self.held.len();
            if self.searched > self.line_bytes_max {
                let error = ClientError::new(ErrorKind::TooLarge, Effect::Started);
                return Err(error.with_source(format!("a line has more than {} bytes", self.line_bytes_max)));
            }
            match self.pieces.try_next().await? {
                Some(piece) => self.held.extend_from_slice(&piece),
                None => {
                    let line = self.take(self.held.len());
                    return Ok(Some(line).filter(|line| !line.trim_ascii().is_empty()));
                }
            }
        }
    }

    fn take(&mut self, length: usize) -> BytesMut {
        self.searched = 0;
        self.held.split_to(length)
    }
}
