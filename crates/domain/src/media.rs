//! Reading what a request names, whatever it is and wherever it lies.

use std::fmt;
use std::future::poll_fn;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use crate::{ByteStream, Effect, MediaInput, ProviderError, Reason};

/// Reads the media that a request names, whatever they are: files of ours, data URIs, addresses.
#[async_trait]
pub trait MediaReader: Send + Sync {
    /// Begins to read one. What is wrong with it is `InvalidRequest`; nothing was begun at a vendor.
    async fn open(&self, input: &MediaInput) -> Result<OpenMedia, ProviderError>;
}

/// A medium that is being read.
pub struct OpenMedia {
    /// Its media type, such as `image/png`.
    pub media_type: String,
    /// How many bytes there are, where that is known.
    pub length: Option<u64>,
    /// The bytes as they come.
    pub body: ByteStream,
}

impl OpenMedia {
    /// All of its bytes, if they are at most so many.
    pub async fn read(mut self, bytes_max: usize) -> Result<Bytes, ProviderError> {
        let too_large = || {
            let message = format!("a file has more than the {bytes_max} bytes that the vendor takes");
            ProviderError::new(Reason::InvalidRequest, Effect::NotStarted, message)
        };
        if self.length.is_some_and(|length| length > bytes_max as u64) {
            return Err(too_large());
        }
        let mut all = BytesMut::new();
        while let Some(piece) = poll_fn(|cx| self.body.as_mut().poll_next(cx)).await {
            let piece = piece?;
            if all.len() + piece.len() > bytes_max {
                return Err(too_large());
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }
}

impl fmt::Debug for OpenMedia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenMedia")
            .field("media_type", &self.media_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// Reads data URIs and nothing else: for those who keep no files and fetch no addresses.
#[derive(Clone, Copy, Debug, Default)]
pub struct InlineMedia;

#[async_trait]
impl MediaReader for InlineMedia {
    async fn open(&self, input: &MediaInput) -> Result<OpenMedia, ProviderError> {
        let invalid =
            |message: String| ProviderError::new(Reason::InvalidRequest, Effect::NotStarted, message);
        let data = input.data().ok_or_else(|| invalid("only data URIs can be read here".to_owned()))?;
        let data = data.map_err(|allowed| invalid(format!("a data URI {allowed}")))?;
        let length = Some(data.bytes.len() as u64);
        Ok(OpenMedia { media_type: data.media_type, length, body: once(data.bytes) })
    }
}

/// A stream of these bytes.
fn once(bytes: Bytes) -> ByteStream {
    Box::pin(Once(Some(bytes)))
}

struct Once(Option<Bytes>);

impl futures_core::Stream for Once {
    type Item = Result<Bytes, ProviderError>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.take().map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// Nothing here waits for anything.
    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("it waits"),
        }
    }

    fn open(input: &str) -> Result<OpenMedia, ProviderError> {
        now(InlineMedia.open(&input.parse().unwrap()))
    }

    #[test]
    fn a_data_uri_is_read_up_to_a_limit() {
        let media = open("data:image/png;base64,UE5H").unwrap();
        assert_eq!((media.media_type.as_str(), media.length), ("image/png", Some(3)));
        assert_eq!(now(media.read(3)).unwrap(), "PNG");
        let error = now(open("data:image/png;base64,UE5H").unwrap().read(2)).unwrap_err();
        assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
    }

    #[test]
    fn what_is_no_data_uri_is_refused() {
        for input in ["https://x.test/a.png", "data:image/png;base64,%%"] {
            assert_eq!(open(input).unwrap_err().reason, Reason::InvalidRequest, "{input}");
        }
    }
}
