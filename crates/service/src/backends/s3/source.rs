//! The bytes of an object on their way to S3, cut into parts.

use bytes::{Buf as _, Bytes, BytesMut};
use fourfold_domain::BoxStream;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};

use crate::error::BoxError;
use crate::ports::StorageError;

/// The length of a part: the smallest that S3 takes. At most two are in memory, one that is filled and one that is sent;
/// ten thousand, the most that an object has, are 52 GB.
pub(super) const PART_BYTES: usize = 5 * 1024 * 1024;

/// What is taken for an object whose length isn't known yet: most are small.
const SMALL_BYTES: usize = 64 * 1024;

/// Cuts a stream into parts, and counts and sums what it gives.
pub(super) struct Source {
    bytes: BoxStream<Result<Bytes, BoxError>>,
    /// What came with the end of the last part and belongs to the next.
    rest: Bytes,
    ended: bool,
    size_bytes: u64,
    sha256: Sha256,
}

impl Source {
    pub(super) fn new(bytes: BoxStream<Result<Bytes, BoxError>>) -> Self {
        Self { bytes, rest: Bytes::new(), ended: false, size_bytes: 0, sha256: Sha256::new() }
    }

    /// The next part, full unless it is the last; nothing after that.
    pub(super) async fn next_part(&mut self) -> Result<Option<Bytes>, StorageError> {
        let mut part = BytesMut::new();
        loop {
            let taken = self.rest.len().min(PART_BYTES - part.len());
            if taken > 0 {
                let wanted = if part.len() + taken > SMALL_BYTES { PART_BYTES } else { SMALL_BYTES };
                part.reserve(wanted - part.len());
                part.extend_from_slice(&self.rest[..taken]);
                self.rest.advance(taken);
            }
            if part.len() == PART_BYTES || self.ended {
                break;
            }
            match self.bytes.next().await {
                Some(bytes) => self.rest = bytes.map_err(StorageError::Source)?,
                None => self.ended = true,
            }
        }
        self.size_bytes += part.len() as u64;
        self.sha256.update(&part);
        Ok((!part.is_empty()).then(|| part.freeze()))
    }

    /// Whether the last part was given.
    pub(super) fn has_ended(&self) -> bool {
        self.ended && self.rest.is_empty()
    }

    /// How much was given.
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The length and the SHA-256 of all that was given.
    pub(super) fn finish(self) -> (u64, String) {
        let sha256 = self.sha256.finalize();
        (self.size_bytes, sha256.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    async fn parts(chunks: &[usize]) -> Vec<usize> {
        let chunks: Vec<_> = chunks.iter().map(|length| Ok(Bytes::from(vec![7; *length]))).collect();
        let mut source = Source::new(Box::pin(stream::iter(chunks)));
        let mut lengths = Vec::new();
        while let Some(part) = source.next_part().await.unwrap() {
            lengths.push(part.len());
        }
        assert!(source.has_ended());
        assert_eq!(source.finish().0, lengths.iter().sum::<usize>() as u64);
        lengths
    }

    #[tokio::test]
    async fn every_part_but_the_last_is_full() {
        assert_eq!(parts(&[]).await, [0; 0]);
        assert_eq!(parts(&[0, 0]).await, [0; 0]);
        assert_eq!(parts(&[3, 0, 4]).await, [7]);
        assert_eq!(parts(&[PART_BYTES]).await, [PART_BYTES]);
        assert_eq!(parts(&[PART_BYTES - 1, 2]).await, [PART_BYTES, 1]);
        assert_eq!(parts(&[2 * PART_BYTES + 5]).await, [PART_BYTES, PART_BYTES, 5]);
    }
}
