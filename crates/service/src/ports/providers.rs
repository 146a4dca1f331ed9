//! The vendors, by name.

use std::sync::Arc;

use fourfold_domain::{Provider, ProviderKey};

/// Looks providers up.
pub trait Providers: Send + Sync {
    /// The provider of this name, if it is on.
    fn get(&self, key: &ProviderKey) -> Option<Arc<dyn Provider>>;

    /// The names of all that are on, in order.
    fn keys(&self) -> Vec<ProviderKey>;
}
