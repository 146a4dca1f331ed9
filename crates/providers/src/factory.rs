//! Makes providers from settings and finds them again by their keys.
//!
//! ```text
//! register(kind, constructor)          create(key, settings)             get(key)
//!        │                                    │                             │
//!        ▼                                    ▼                             ▼
//!  constructors ──── by settings.kind, else by key ────→ providers, one shared instance a key
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use fourfold_domain::{InvalidName, Provider, ProviderKey};

use crate::{BUILTIN, ProviderSettings, SettingsError};

/// Makes providers and keeps the shared instance of each.
///
/// Keys and kinds follow [`ProviderKey`]: no case, never empty. Every method may be called from many
/// threads at once. No lock is held while a constructor runs, so a constructor may take its time, fail or
/// ask the factory itself.
#[derive(Default)]
pub struct ProviderFactory {
    /// By kind. Written by `register` only.
    constructors: RwLock<BTreeMap<ProviderKey, Arc<Constructor>>>,
    /// By key. Written by `create` only.
    providers: RwLock<BTreeMap<ProviderKey, Arc<dyn Provider>>>,
}

/// What a constructor gives.
pub type Constructed = Result<Arc<dyn Provider>, SettingsError>;

type Constructor = dyn Fn(&ProviderKey, &ProviderSettings) -> Constructed + Send + Sync;

/// Why there is no such provider.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FactoryError {
    /// The key or kind breaks the rule of keys.
    #[error(transparent)]
    InvalidKey(#[from] InvalidName),
    /// The kind has a constructor already.
    #[error("provider kind {kind} is registered already")]
    Duplicate {
        /// The kind.
        kind: ProviderKey,
    },
    /// No constructor is registered for this kind.
    #[error("unknown provider kind {kind}; there is {}", listed(known))]
    UnknownKind {
        /// The kind that was asked for.
        kind: ProviderKey,
        /// The kinds that there are.
        known: Vec<ProviderKey>,
    },
    /// No provider of this key was created.
    #[error("unknown provider {key}; there is {}", listed(known))]
    UnknownProvider {
        /// The key that was asked for.
        key: ProviderKey,
        /// The keys that there are.
        known: Vec<ProviderKey>,
    },
    /// The constructor can't build from these settings.
    #[error("providers.{key}.{error}")]
    Settings {
        /// The provider that was to be built.
        key: ProviderKey,
        /// The field and what is wrong there.
        error: SettingsError,
    },
}

impl ProviderFactory {
    /// A factory that can make every provider that we ship, and has made none yet.
    pub fn with_builtin() -> Self {
        let constructors = BUILTIN.iter().map(|builtin| {
            let kind = builtin.key.parse().expect("a test parses every key of the table");
            (kind, Arc::new(builtin.construct) as Arc<Constructor>)
        });
        Self { constructors: RwLock::new(constructors.collect()), providers: RwLock::default() }
    }

    /// Makes a kind of provider known. The constructor is told the key that the provider is to have, which
    /// is the kind itself unless the settings name the kind apart.
    pub fn register(
        &self,
        kind: &str,
        constructor: impl Fn(&ProviderKey, &ProviderSettings) -> Constructed + Send + Sync + 'static,
    ) -> Result<(), FactoryError> {
        let kind: ProviderKey = kind.parse()?;
        let mut constructors = self.constructors.write().unwrap_or_else(PoisonError::into_inner);
        if constructors.contains_key(&kind) {
            return Err(FactoryError::Duplicate { kind });
        }
        constructors.insert(kind, Arc::new(constructor));
        Ok(())
    }

    /// Builds a new instance and makes it the shared one of its key.
    ///
    /// Each call builds; of several for one key, at once or one after another, the last to finish is what
    /// [`Self::get`] gives from then on. Whoever has an earlier instance keeps it, so work that is under way
    /// ends on what it began with. On an error the shared instance stays as it was.
    pub fn create(&self, key: &str, settings: ProviderSettings) -> Result<Arc<dyn Provider>, FactoryError> {
        let provider = self.build(key, &settings)?;
        let key = key.parse()?;
        let mut providers = self.providers.write().unwrap_or_else(PoisonError::into_inner);
        providers.insert(key, Arc::clone(&provider));
        Ok(provider)
    }

    /// Builds an instance that nobody shares, such as one of several that work with a credential each.
    pub fn build(&self, key: &str, settings: &ProviderSettings) -> Result<Arc<dyn Provider>, FactoryError> {
        let key: ProviderKey = key.parse()?;
        let kind = settings.kind.as_deref().unwrap_or(key.as_str()).parse()?;
        let constructor = self.constructor(kind)?;
        constructor(&key, settings).map_err(|error| FactoryError::Settings { key, error })
    }

    /// The shared instance: the one that was created last under this key.
    pub fn get(&self, key: &str) -> Result<Arc<dyn Provider>, FactoryError> {
        let key: ProviderKey = key.parse()?;
        let providers = self.providers.read().unwrap_or_else(PoisonError::into_inner);
        match providers.get(&key) {
            Some(provider) => Ok(Arc::clone(provider)),
            None => Err(FactoryError::UnknownProvider { key, known: providers.keys().cloned().collect() }),
        }
    }

    /// The keys of the providers that were created, in their order.
    pub fn keys(&self) -> Vec<ProviderKey> {
        self.providers.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The kinds that can be created, in their order.
    pub fn kinds(&self) -> Vec<ProviderKey> {
        self.constructors.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    fn constructor(&self, kind: ProviderKey) -> Result<Arc<Constructor>, FactoryError> {
        let constructors = self.constructors.read().unwrap_or_else(PoisonError::into_inner);
        match constructors.get(&kind) {
            Some(constructor) => Ok(Arc::clone(constructor)),
            None => Err(FactoryError::UnknownKind { kind, known: constructors.keys().cloned().collect() }),
        }
    }
}

impl fmt::Debug for ProviderFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderFactory")
            .field("kinds", &self.kinds())
            .field("keys", &self.keys())
            .finish_non_exhaustive()
    }
}

fn listed(known: &[ProviderKey]) -> String {
    match known {
        [] => "none".to_owned(),
        _ => known.iter().map(ProviderKey::as_str).collect::<Vec<_>>().join(", "),
    }
}
