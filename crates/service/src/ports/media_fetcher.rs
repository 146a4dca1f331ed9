//! Media that lie elsewhere.

use async_trait::async_trait;
use fourfold_domain::{OpenMedia, ProviderError};

/// Reads what a caller's address leads to. Only the public internet may be reached.
#[async_trait]
pub trait MediaFetcher: Send + Sync {
    /// Whether an address may be read, as far as its text tells: no look-up is made.
    fn may_fetch(&self, url: &str) -> bool;

    /// Begins to read. What is wrong with the address or with what it leads to is `InvalidRequest`; a host that
    /// doesn't answer is `Unavailable`. Nothing was begun at a vendor.
    async fn fetch(&self, url: &str) -> Result<OpenMedia, ProviderError>;
}
