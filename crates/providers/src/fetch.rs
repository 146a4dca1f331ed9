//! Results as streams, wherever they lie.

use bytes::Bytes;
use fourfold_clients::http::{BaseHttpClient, Body};
use fourfold_domain::{ByteStream, ProviderError};
use futures_util::{TryStreamExt, stream};

use crate::classify::{Codes, classify};

/// Some stores answer with the place of the bytes.
const REDIRECTS_MAX: u32 = 3;

/// What came with the answer.
pub(crate) fn inline(bytes: Bytes) -> ByteStream {
    Box::pin(stream::once(async move { Ok(bytes) }))
}

/// What lies at an address that the vendor gave, which needs no credential.
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
pub(crate) fn body(codes: Codes, body: Body) -> ByteStream {
    Box::pin(body.into_data_stream().map_err(move |error| classify(codes, error)))
}
