//! The service's source of issuers' public keys, over the client layer.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use fourfold_clients::http::{AddressPolicy, BaseHttpClient, ClientError};
use fourfold_service::BoxError;
use fourfold_service::ports::KeySource;
use futures_util::TryStreamExt as _;

/// Calls name whole URLs; nothing is below this one, since the name never resolves.
const BASE_URL: &str = "https://keys.invalid";

/// The largest key set that is read.
const BYTES_MAX: usize = 256 * 1024;

/// How long a whole answer may take.
const TOTAL: Duration = Duration::from_secs(10);

/// Reads issuers' public keys from where the operator has said.
pub(crate) struct HttpKeys {
    client: BaseHttpClient,
}

impl HttpKeys {
    /// Reads them wherever they are: the operator's issuer may be on his own network.
    pub(crate) fn new() -> Result<Self, ClientError> {
        Ok(Self { client: BaseHttpClient::builder(BASE_URL).build()? })
    }
}

#[async_trait]
impl KeySource for HttpKeys {
    async fn load(&self, url: &str) -> Result<Bytes, BoxError> {
        let call = self.client.get(url).operation("load_keys").without_breaker().no_retry();
        let call = call.addresses(AddressPolicy::Any).total_timeout(TOTAL);
        let mut body = call.stream().await?.into_body().into_data_stream();
        let mut bytes = BytesMut::new();
        while let Some(piece) = body.try_next().await? {
            if bytes.len() + piece.len() > BYTES_MAX {
                return Err(format!("the key set is larger than {BYTES_MAX} bytes").into());
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }
}
