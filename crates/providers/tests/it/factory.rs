//! Rules of the factory.

use std::collections::HashSet;
use std::sync::{Arc, Barrier};
use std::thread;

use fourfold_domain::Provider;
use fourfold_providers::{FactoryError, ProviderFactory, ProviderSettings, SettingsError};

use crate::stub::Stub;

fn factory() -> ProviderFactory {
    let factory = ProviderFactory::default();
    factory.register("stub", Stub::construct).unwrap();
    factory
}

fn create(factory: &ProviderFactory, key: &str) -> Result<Arc<dyn Provider>, FactoryError> {
    factory.create(key, ProviderSettings::default())
}

fn names(keys: &[fourfold_domain::ProviderKey]) -> Vec<&str> {
    keys.iter().map(fourfold_domain::ProviderKey::as_str).collect()
}

/// The error's text; a provider can't be printed, so `unwrap_err` doesn't do.
fn refusal<T>(result: Result<T, FactoryError>) -> String {
    match result {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn get_gives_what_create_made() {
    let factory = factory();
    let created = create(&factory, "stub").unwrap();
    assert!(Arc::ptr_eq(&created, &factory.get("stub").unwrap()));
    assert_eq!(created.key().as_str(), "stub");
}

#[test]
fn keys_have_no_case() {
    let factory = factory();
    let created = create(&factory, "Stub").unwrap();
    assert!(Arc::ptr_eq(&created, &factory.get("  STUB ").unwrap()));
    assert_eq!(created.key().as_str(), "stub");
    assert_eq!(
        refusal(factory.register("STUB", Stub::construct)),
        "provider kind stub is registered already"
    );
}

#[test]
fn keys_are_never_empty() {
    let factory = factory();
    let rule = "provider must be 1 to 64 characters of a-z 0-9 _ -";
    for empty in ["", "  "] {
        assert_eq!(refusal(factory.register(empty, Stub::construct)), rule);
        assert_eq!(refusal(create(&factory, empty)), rule);
        assert_eq!(refusal(factory.get(empty)), rule);
        let settings = ProviderSettings { kind: Some(empty.to_owned()), ..ProviderSettings::default() };
        assert_eq!(refusal(factory.create("stub", settings)), rule);
    }
}

#[test]
fn an_unknown_key_or_kind_is_told_what_there_is() {
    let nothing = ProviderFactory::default();
    assert_eq!(refusal(create(&nothing, "groq")), "unknown provider kind groq; there is none");
    assert_eq!(refusal(nothing.get("groq")), "unknown provider groq; there is none");

    let factory = factory();
    factory.register("other", Stub::construct).unwrap();
    create(&factory, "stub").unwrap();
    assert_eq!(refusal(create(&factory, "groq")), "unknown provider kind groq; there is other, stub");
    assert_eq!(refusal(factory.get("other")), "unknown provider other; there is stub");
}

#[test]
fn a_kind_is_registered_once() {
    let factory = factory();
    let second = |_: &_, _: &_| panic!("the second constructor must not run");
    let kind = "stub".parse().unwrap();
    assert_eq!(factory.register("stub", second), Err(FactoryError::Duplicate { kind }));
    assert!(create(&factory, "stub").is_ok());
}

#[test]
fn providers_of_one_kind_have_names_of_their_own() {
    let factory = factory();
    for key in ["groq", "local"] {
        let settings = ProviderSettings { kind: Some("Stub".to_owned()), ..ProviderSettings::default() };
        assert_eq!(factory.create(key, settings).unwrap().key().as_str(), key);
    }
    assert_eq!(names(&factory.keys()), ["groq", "local"]);
    assert_eq!(names(&factory.kinds()), ["stub"]);
}

#[test]
fn a_later_creation_replaces_the_shared_instance_and_spares_the_earlier() {
    let factory = factory();
    let first = create(&factory, "stub").unwrap();
    let second = create(&factory, "stub").unwrap();
    assert!(Arc::ptr_eq(&second, &factory.get("stub").unwrap()));
    assert!(!Arc::ptr_eq(&first, &second));
    assert_eq!(first.key(), second.key());
}

#[test]
fn a_failed_creation_leaves_the_shared_instance() {
    let factory = ProviderFactory::default();
    let construct = |key: &_, settings: &ProviderSettings| match &settings.base_url {
        Some(_) => Stub::construct(key, settings),
        None => Err(SettingsError::new("base_url", "is required")),
    };
    factory.register("stub", construct).unwrap();
    let good =
        ProviderSettings { base_url: Some("https://vendor.test".to_owned()), ..ProviderSettings::default() };
    let created = factory.create("stub", good).unwrap();
    assert_eq!(refusal(create(&factory, "stub")), "providers.stub.base_url: is required");
    assert!(Arc::ptr_eq(&created, &factory.get("stub").unwrap()));
}

#[test]
fn creations_at_once_end_with_one_shared_instance() {
    let factory = factory();
    let start = Barrier::new(100);
    let created: Vec<_> = thread::scope(|scope| {
        let creation = || {
            start.wait();
            let created = create(&factory, "stub").unwrap();
            assert_eq!(factory.get("stub").unwrap().key(), created.key());
            created
        };
        let threads: Vec<_> = (0..100).map(|_| scope.spawn(creation)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let address = |provider: &Arc<dyn Provider>| Arc::as_ptr(provider).cast::<()>();
    let different: HashSet<_> = created.iter().map(address).collect();
    assert_eq!(different.len(), 100);
    assert!(different.contains(&address(&factory.get("stub").unwrap())));
    assert_eq!(names(&factory.keys()), ["stub"]);
}

#[test]
fn registrations_at_once_end_with_one() {
    let factory = ProviderFactory::default();
    let start = Barrier::new(100);
    let taken: usize = thread::scope(|scope| {
        let registration = || {
            start.wait();
            usize::from(factory.register("stub", Stub::construct).is_ok())
        };
        let threads: Vec<_> = (0..100).map(|_| scope.spawn(registration)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(taken, 1);
}

#[test]
fn a_constructor_may_ask_the_factory() {
    let factory = Arc::new(factory());
    let (inner, outer) = (Arc::clone(&factory), Arc::clone(&factory));
    let construct = move |_: &_, _: &_| {
        inner
            .create("stub", ProviderSettings::default())
            .map_err(|_| SettingsError::new("stub", "is missing"))
    };
    outer.register("wrapper", construct).unwrap();
    assert_eq!(create(&factory, "wrapper").unwrap().key().as_str(), "stub");
}

#[test]
fn a_constructor_that_panics_leaves_the_factory_usable() {
    let factory = factory();
    factory.register("broken", |_, _| panic!("as its test wants")).unwrap();
    let panicked = thread::scope(|scope| scope.spawn(|| create(&factory, "broken").is_ok()).join());
    assert!(panicked.is_err());
    assert!(create(&factory, "stub").is_ok());
}

#[test]
fn a_factory_prints_its_kinds_and_keys() {
    let factory = factory();
    create(&factory, "stub").unwrap();
    let printed = format!("{factory:?}");
    assert!(printed.contains("kinds") && printed.contains("stub"), "{printed}");
}
