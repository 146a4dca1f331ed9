//! The vendors, by name.

use std::sync::Arc;

use fourfold_domain::{Provider, ProviderKey};

/// Looks providers up.
pub trait Providers: Send + Sync {
    /// The provider of this name, if it is on.
    fn get(&self, key: &ProviderKey) -> Option<Arc<dyn Provider>>;

    /// Whether there could be a provider of this name: one that is off is known, a misspelt one isn't.
    fn knows(&self, key: &ProviderKey) -> bool;
}
