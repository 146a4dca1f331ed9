//! Where two layers meet that don't know each other: ports of one, filled with parts of another.

use std::sync::Arc;

use fourfold_domain::{Provider, ProviderKey};
use fourfold_providers::ProviderFactory;
use fourfold_service::ports::Providers;

/// The service's look-up of providers, over the factory that made them.
pub(crate) struct FactoryProviders(pub(crate) Arc<ProviderFactory>);

impl Providers for FactoryProviders {
    fn get(&self, key: &ProviderKey) -> Option<Arc<dyn Provider>> {
        self.0.get(key.as_str()).ok()
    }

    fn knows(&self, key: &ProviderKey) -> bool {
        self.0.kinds().contains(key)
    }
}
