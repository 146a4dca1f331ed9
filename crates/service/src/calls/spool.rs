//! What a caller was sent, kept as far as it isn't too much.

use bytes::{Bytes, BytesMut};

/// The bytes of an answer so far.
pub(super) struct Spool {
    /// Nothing where none are kept; an error once they were too many.
    bytes: Option<Result<BytesMut, TooMany>>,
    bytes_max: usize,
}

/// An answer is longer than is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TooMany;

impl Spool {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { bytes: Some(Ok(BytesMut::new())), bytes_max }
    }

    /// Keeps nothing.
    pub(super) fn off() -> Self {
        Self { bytes: None, bytes_max: 0 }
    }

    pub(super) fn add(&mut self, more: &[u8]) {
        let Some(kept) = &mut self.bytes else { return };
        match kept {
            Ok(bytes) if bytes.len() + more.len() <= self.bytes_max => bytes.extend_from_slice(more),
            Ok(_) => *kept = Err(TooMany),
            Err(TooMany) => {}
        }
    }

    /// All of it with what comes last; nothing where none is kept.
    pub(super) fn whole(mut self, last: &[u8]) -> Option<Result<Bytes, TooMany>> {
        self.add(last);
        Some(self.bytes?.map(BytesMut::freeze))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(mut spool: Spool, parts: [&str; 2]) -> Option<Result<Bytes, TooMany>> {
        let [first, last] = parts.map(str::as_bytes);
        spool.add(first);
        spool.whole(last)
    }

    #[test]
    fn an_answer_is_kept_whole_or_not_at_all() {
        assert_eq!(kept(Spool::new(8), ["abcd", "efgh"]), Some(Ok(Bytes::from("abcdefgh"))));
        assert_eq!(kept(Spool::new(7), ["abcd", "efgh"]), Some(Err(TooMany)));
        assert_eq!(kept(Spool::new(3), ["abcd", ""]), Some(Err(TooMany)));
        assert_eq!(kept(Spool::off(), ["abcd", "efgh"]), None);
    }
}
