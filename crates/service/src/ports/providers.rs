//! The vendors, by name.

use std::sync::Arc;

use fourfold_domain::{Provider, ProviderKey};

/// Looks providers up. A provider with several credentials is several instances of it.
pub trait Providers: Send + Sync {
    /// The providers of this name that are in force, one a credential, in the operator's order; none where it
    /// is off.
    fn of(&self, key: &ProviderKey) -> Vec<Credentialed>;

    /// The provider that works with this credential; one that is no longer in force too, as long as work that
    /// it began isn't over.
    fn get(&self, key: &ProviderKey, credential: &str) -> Option<Arc<dyn Provider>>;

    /// The names of those in force.
    fn keys(&self) -> Vec<ProviderKey>;

    /// Whether there could be a provider of this name: one that is off is known, a misspelt one isn't.
    fn knows(&self, key: &ProviderKey) -> bool;
}

/// A provider with one of its credentials.
#[derive(Clone)]
pub struct Credentialed {
    /// The name of the credential, never the credential.
    pub credential: Arc<str>,
    /// The provider that works with it.
    pub provider: Arc<dyn Provider>,
}
