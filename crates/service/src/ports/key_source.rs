//! Where the public keys of those come from who sign tokens.

use async_trait::async_trait;
use bytes::Bytes;

use crate::BoxError;

/// Reads sets of public keys.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The JSON Web Key Set at an address that the operator has configured. Ends soon, with few bytes.
    async fn load(&self, url: &str) -> Result<Bytes, BoxError>;
}
