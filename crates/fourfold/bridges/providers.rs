//! The service's look-up of providers: what the configuration names, one instance a credential, exchanged as a
//! whole at a reload.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use arc_swap::ArcSwap;
use fourfold_domain::{Provider, ProviderKey};
use fourfold_providers::{FactoryError, HttpOptions, ProviderFactory, ProviderSettings};
use fourfold_service::ports::{Credentialed, Providers};

use super::limits::VendorLimits;
use super::recorder::MetricsRecorder;

/// The provider that needs no vendor, so that it is always on.
const MOCK: &str = "mock";

/// The providers of one configuration.
#[derive(Default)]
pub(crate) struct ProviderTable {
    on: BTreeMap<ProviderKey, Vec<Credentialed>>,
    /// Those that are known and off, since they have no key.
    off: BTreeSet<ProviderKey>,
}

/// The providers in force, and those that were and whose work isn't over.
#[derive(Default)]
pub(crate) struct LiveProviders {
    current: ArcSwap<ProviderTable>,
    /// Held for a look-up or a change, never longer.
    retired: Mutex<Vec<(Credentialed, Instant)>>,
}

impl ProviderTable {
    /// Builds every provider that has what it needs, or names the first mistake.
    pub(crate) fn build(
        factory: &ProviderFactory,
        settings: &BTreeMap<String, ProviderSettings>,
        http: &HttpOptions,
        limits: &VendorLimits,
    ) -> Result<Self, FactoryError> {
        let mut wanted = settings.clone();
        wanted.entry(MOCK.to_owned()).or_default();
        let mut table = Self { off: factory.kinds().into_iter().collect(), ..Self::default() };
        for (name, mut settings) in wanted {
            let key: ProviderKey = name.parse()?;
            settings.http = settings.http.over(http);
            table.off.remove(&key);
            let mut instances = Vec::new();
            for (credential, mut settings) in settings.by_credential() {
                settings.recorder = Some(Arc::new(MetricsRecorder::new(&name, &credential)));
                settings.rate_limit_sharing = Some(Arc::new(limits.clone()));
                let provider = factory.build(&name, &settings)?;
                instances.push(Credentialed { credential: credential.into(), provider });
            }
            if instances.is_empty() {
                match factory.build(&name, &settings) {
                    Ok(provider) => {
                        let credential = ProviderSettings::DEFAULT_CREDENTIAL.into();
                        instances.push(Credentialed { credential, provider });
                    }
                    Err(FactoryError::Settings { error, .. }) if error.field == "api_key" => {
                        table.off.insert(key);
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            table.on.insert(key, instances);
        }
        Ok(table)
    }

    /// The names of those that are off.
    pub(crate) fn off(&self) -> impl Iterator<Item = &str> {
        self.off.iter().map(ProviderKey::as_str)
    }

    fn find(&self, key: &ProviderKey, credential: &str) -> Option<&Credentialed> {
        self.on.get(key)?.iter().find(|known| *known.credential == *credential)
    }
}

impl Providers for ProviderTable {
    fn of(&self, key: &ProviderKey) -> Vec<Credentialed> {
        self.on.get(key).cloned().unwrap_or_default()
    }

    fn get(&self, key: &ProviderKey, credential: &str) -> Option<Arc<dyn Provider>> {
        self.find(key, credential).map(|known| Arc::clone(&known.provider))
    }

    fn keys(&self) -> Vec<ProviderKey> {
        self.on.keys().cloned().collect()
    }

    fn knows(&self, key: &ProviderKey) -> bool {
        self.on.contains_key(key) || self.off.contains(key)
    }
}

impl LiveProviders {
    pub(crate) fn new(table: ProviderTable) -> Self {
        Self { current: ArcSwap::from_pointee(table), retired: Mutex::default() }
    }

    /// Puts another table in force. What it doesn't have any more is retired; a credential of the same name
    /// takes over what the earlier one began.
    pub(crate) fn replace(&self, table: ProviderTable) {
        let mut retired = self.retired();
        let before = self.current.swap(Arc::new(table));
        let current = self.current.load();
        let now = Instant::now();
        retired.extend(before.on.values().flatten().map(|one| (one.clone(), now)));
        retired.retain(|(one, _since)| current.find(one.provider.key(), &one.credential).is_none());
    }

    /// Forgets those that were retired before this moment and that no work needs any more.
    pub(crate) fn forget_retired(&self, before: Instant, needed: &BTreeSet<(ProviderKey, String)>) {
        self.retired().retain(|(one, since)| {
            *since >= before || needed.contains(&(one.provider.key().clone(), one.credential.to_string()))
        });
    }

    /// Whether there are any.
    pub(crate) fn has_retired(&self) -> bool {
        !self.retired().is_empty()
    }

    fn retired(&self) -> MutexGuard<'_, Vec<(Credentialed, Instant)>> {
        self.retired.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Providers for LiveProviders {
    fn of(&self, key: &ProviderKey) -> Vec<Credentialed> {
        self.current.load().of(key)
    }

    fn get(&self, key: &ProviderKey, credential: &str) -> Option<Arc<dyn Provider>> {
        self.current.load().get(key, credential).or_else(|| {
            let retired = self.retired();
            let found = retired
                .iter()
                .find(|(one, _)| one.provider.key() == key && *one.credential == *credential)?;
            Some(Arc::clone(&found.0.provider))
        })
    }

    fn keys(&self) -> Vec<ProviderKey> {
        self.current.load().keys()
    }

    fn knows(&self, key: &ProviderKey) -> bool {
        self.current.load().knows(key)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn table(settings: Value) -> Result<ProviderTable, FactoryError> {
        let settings = serde_json::from_value(settings).unwrap();
        let (http, limits) = (HttpOptions::default(), VendorLimits::default());
        ProviderTable::build(&ProviderFactory::with_builtin(), &settings, &http, &limits)
    }

    fn key(name: &str) -> ProviderKey {
        name.parse().unwrap()
    }

    #[test]
    fn the_mock_is_always_on_and_a_vendor_without_a_key_is_off_and_known() {
        let table =
            table(json!({"openai": {"base_url": "http://127.0.0.1:1/v1"}, "groq": {"kind": "openai"}}));
        let table = table.unwrap();
        assert_eq!(table.keys(), [key("mock")]);
        assert!(table.knows(&key("openai")) && table.knows(&key("groq")) && table.knows(&key("anthropic")));
        assert!(!table.knows(&key("opnai")));
        assert!(table.off().any(|name| name == "groq"));
    }

    #[test]
    fn each_credential_is_an_instance() {
        let table = table(json!({"openai": {"api_key": "a", "keys": {"spare": "b"}}})).unwrap();
        let names: Vec<_> = table.of(&key("openai")).iter().map(|one| one.credential.to_string()).collect();
        assert_eq!(names, ["default", "spare"]);
    }

    #[test]
    fn a_mistake_is_one_even_in_a_provider_without_a_key() {
        let found = table(json!({"openai": {"modles": {}}})).map(|_| ()).unwrap_err();
        assert!(found.to_string().starts_with("providers.openai.modles"), "{found}");
    }

    #[test]
    fn what_is_dropped_is_kept_until_no_work_needs_it() {
        let live =
            LiveProviders::new(table(json!({"openai": {"api_key": "a", "keys": {"spare": "b"}}})).unwrap());
        live.replace(table(json!({"openai": {"api_key": "c"}})).unwrap());
        assert!(live.get(&key("openai"), "default").is_some());
        assert!(live.get(&key("openai"), "spare").is_some(), "its work isn't over");
        assert_eq!(live.of(&key("openai")).len(), 1, "it gets no more");
        live.replace(table(json!({})).unwrap());
        let needed = BTreeSet::from([(key("openai"), "spare".to_owned())]);
        live.forget_retired(Instant::now(), &needed);
        assert!(live.get(&key("openai"), "spare").is_some() && live.get(&key("openai"), "default").is_none());
        live.replace(table(json!({"openai": {"api_key": "a", "keys": {"spare": "b"}}})).unwrap());
        assert!(!live.has_retired(), "it is back");
    }
}
