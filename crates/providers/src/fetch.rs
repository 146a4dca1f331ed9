//! Results as streams, wherever they lie.

use bytes::Bytes;
#[cfg(any(feature = "openai", feature = "stability"))]
use bytes::BytesMut;
#[cfg(any(feature = "gemini", feature = "openai", feature = "runway"))]
use fourfold_clients::http::BaseHttpClient;
use fourfold_clients::http::Body;
use fourfold_domain::{ByteStream, ProviderError};
use futures_util::{TryStreamExt, stream};

#[cfg(any(feature = "openai", feature = "stability"))]
use crate::classify::unreadable;
use crate::classify::{Codes, classify};

/// Some stores answer with the place of the bytes.
#[cfg(any(feature = "gemini", feature = "openai", feature = "runway"))]
const REDIRECTS_MAX: u32 = 3;

/// More than any picture or speech comes to.
#[cfg(any(feature = "openai", feature = "stability"))]
const WHOLE_BYTES_MAX: usize = 256 << 20;

/// What came with the answer.
pub(crate) fn inline(bytes: Bytes) -> ByteStream {
    Box::pin(stream::once(async move { Ok(bytes) }))
}

/// What lies at an address that the vendor gave, which needs no credential.
#[cfg(any(feature = "gemini", feature = "openai", feature = "runway"))]
pub(crate) async fn link(
    codes: Codes,
    http: &BaseHttpClient,
    url: &str,
) -> Result<ByteStream, ProviderError> {
    let call = http.get(url).operation("download").redirects(REDIRECTS_MAX);
    let answer = call.stream().await.map_err(|error| classify(codes, error))?;
    Ok(body(codes, answer.into_body()))
}

/// What the vendor sends.
#[cfg(any(feature = "gemini", feature = "openai", feature = "runway"))]
pub(crate) fn body(codes: Codes, body: Body) -> ByteStream {
    Box::pin(body.into_data_stream().map_err(move |error| classify(codes, error)))
}

/// All that the vendor sends, for results that can't be asked for again, or not at once.
#[cfg(any(feature = "openai", feature = "stability"))]
pub(crate) async fn whole(codes: Codes, body: Body) -> Result<Bytes, ProviderError> {
    let mut pieces = body.into_data_stream();
    let mut whole = BytesMut::new();
    while let Some(piece) = pieces.try_next().await.map_err(|error| classify(codes, error))? {
        if whole.len() + piece.len() > WHOLE_BYTES_MAX {
            return Err(unreadable("the vendor's result is too large to be held"));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}
