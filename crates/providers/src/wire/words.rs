//! What a vendor's own words mean.

use fourfold_clients::http::ClientError;
use fourfold_domain::ProviderError;

use crate::classify::Codes;

/// What a vendor's own words mean.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    /// What its errors mean.
    pub(crate) said: fn(ClientError) -> ProviderError,
    /// Its codes.
    pub(crate) codes: Codes,
    /// Why an answer ends that the vendor failed to write, as one of its codes.
    pub(crate) failed: Option<&'static str>,
}
