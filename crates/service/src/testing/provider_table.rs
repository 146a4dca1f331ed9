//! Vendors that never change.

use std::collections::BTreeMap;
use std::sync::Arc;

use fourfold_domain::{Provider, ProviderKey};

use crate::ports::{Credentialed, Providers};

/// The providers that it was made of, by name.
#[derive(Clone, Default)]
pub struct ProviderTable(BTreeMap<ProviderKey, Vec<Credentialed>>);

impl ProviderTable {
    /// The name of the one credential of a provider that came without.
    pub const CREDENTIAL: &str = "default";

    /// Adds a provider with a credential of this name.
    pub fn add(&mut self, credential: &str, provider: Arc<dyn Provider>) {
        let credentialed = Credentialed { credential: credential.into(), provider };
        self.0.entry(credentialed.provider.key().clone()).or_default().push(credentialed);
    }
}

impl FromIterator<Arc<dyn Provider>> for ProviderTable {
    fn from_iter<I: IntoIterator<Item = Arc<dyn Provider>>>(providers: I) -> Self {
        let mut table = Self::default();
        for provider in providers {
            table.add(Self::CREDENTIAL, provider);
        }
        table
    }
}

impl Providers for ProviderTable {
    fn of(&self, key: &ProviderKey) -> Vec<Credentialed> {
        self.0.get(key).cloned().unwrap_or_default()
    }

    fn get(&self, key: &ProviderKey, credential: &str) -> Option<Arc<dyn Provider>> {
        let found = self.0.get(key)?.iter().find(|known| *known.credential == *credential)?;
        Some(Arc::clone(&found.provider))
    }

    fn keys(&self) -> Vec<ProviderKey> {
        self.0.keys().cloned().collect()
    }

    /// Every name could be one that is off.
    fn knows(&self, _key: &ProviderKey) -> bool {
        true
    }
}
