//! Where two layers meet that don't know each other: ports of one, filled with parts of another.

use std::sync::Arc;

use fourfold_domain::{Provider, ProviderKey};
use fourfold_providers::ProviderFactory;
use fourfold_service::ports::{Credentialed, Providers};

/// The service's look-up of providers, over the factory that made them.
pub(crate) struct FactoryProviders(pub(crate) Arc<ProviderFactory>);

impl Providers for FactoryProviders {
    fn of(&self, key: &ProviderKey) -> Vec<Credentialed> {
        let provider = self.0.get(key.as_str()).ok();
        provider.map(|provider| Credentialed { credential: "default".into(), provider }).into_iter().collect()
    }

    fn get(&self, key: &ProviderKey, _credential: &str) -> Option<Arc<dyn Provider>> {
        self.0.get(key.as_str()).ok()
    }

    fn keys(&self) -> Vec<ProviderKey> {
        self.0.keys()
    }

    fn knows(&self, key: &ProviderKey) -> bool {
        self.0.kinds().contains(key)
    }
}
