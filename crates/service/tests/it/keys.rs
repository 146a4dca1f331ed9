//! Keys: made once, known by their hash, revoked at once.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{Credits, KeyId, Realm};
use fourfold_service::keys::{KeyChange, KeyKind, KeySecret, KeysService, NewKey, Scope, Scopes};
use fourfold_service::limits::Limits;
use fourfold_service::ports::KeyStore as _;
use fourfold_service::testing::{MemoryStore, TestClock};
use fourfold_service::{Clock as _, ServiceError, Spawner};
use tokio::runtime::Handle;
use uuid::Uuid;

struct House {
    clock: Arc<TestClock>,
    store: Arc<MemoryStore>,
    keys: KeysService,
}

fn house() -> House {
    let clock = Arc::new(TestClock::default());
    let store = Arc::new(MemoryStore::new(clock.clone()));
    let keys = KeysService::new(store.clone(), clock.clone());
    House { clock, store, keys }
}

fn service_key() -> NewKey {
    NewKey::new(KeyKind::Service, Realm::default(), None)
}

fn secret(byte: u8) -> KeySecret {
    KeySecret::new([byte; 32])
}

#[tokio::test]
async fn a_key_is_known_by_its_secret_alone() {
    let House { keys, .. } = house();
    let key = keys.create(service_key(), &secret(1)).await.unwrap();
    for _ in 0..2 {
        let known = keys.authenticate(&secret(1)).await.unwrap();
        assert_eq!(known.as_deref(), Some(&key));
    }
    assert_eq!(keys.authenticate(&secret(2)).await.unwrap(), None);
    assert_eq!(keys.list(None, 10).await.unwrap(), [key]);
}

#[tokio::test]
async fn a_user_key_names_its_user() {
    let House { keys, .. } = house();
    let nobody = NewKey { kind: KeyKind::User, ..service_key() };
    match keys.create(nobody.clone(), &secret(1)).await {
        Err(ServiceError::Invalid(mistake)) => assert_eq!(mistake.field, "account"),
        other => panic!("{other:?}"),
    }
    let somebody = NewKey { account: Some("u1".parse().unwrap()), ..nobody };
    assert_eq!(keys.create(somebody, &secret(1)).await.unwrap().account, Some("u1".parse().unwrap()));
}

#[tokio::test]
async fn a_revoked_key_does_not_count_from_then_on() {
    let House { keys, .. } = house();
    let key = keys.create(service_key(), &secret(1)).await.unwrap();
    assert!(keys.authenticate(&secret(1)).await.unwrap().is_some());
    for _ in 0..2 {
        keys.revoke(key.id).await.unwrap();
        assert_eq!(keys.authenticate(&secret(1)).await.unwrap(), None);
    }
    let unknown = keys.revoke(KeyId::new(Uuid::now_v7())).await;
    assert!(matches!(unknown, Err(ServiceError::NotFound("key"))), "{unknown:?}");
}

#[tokio::test]
async fn an_expired_key_does_not_count() {
    let House { clock, keys, .. } = house();
    let expires_at = Some(clock.now().after(Duration::from_secs(60)));
    keys.create(NewKey { expires_at, ..service_key() }, &secret(1)).await.unwrap();
    clock.advance(Duration::from_millis(59_999));
    assert!(keys.authenticate(&secret(1)).await.unwrap().is_some());
    clock.advance(Duration::from_millis(1));
    assert_eq!(keys.authenticate(&secret(1)).await.unwrap(), None);
}

#[tokio::test]
async fn a_key_that_is_ensured_is_made_once() {
    let House { keys, .. } = house();
    let first = keys.ensure(service_key(), &secret(1)).await.unwrap();
    assert_eq!(keys.ensure(service_key(), &secret(1)).await.unwrap(), first);
    assert_eq!(keys.list(None, 10).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_process_revokes_counts_no_longer_than_two_seconds() {
    let House { store, keys, .. } = house();
    let spawner = Spawner::new(Handle::current());
    keys.watch(&spawner);
    let key = keys.create(service_key(), &secret(1)).await.unwrap();
    assert!(keys.authenticate(&secret(1)).await.unwrap().is_some());
    store.revoke_key(key.id).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(keys.authenticate(&secret(1)).await.unwrap(), None);
    assert!(spawner.stop(Duration::from_secs(1)).await);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_another_process_makes_counts_within_two_seconds() {
    let House { clock, store, keys } = house();
    let spawner = Spawner::new(Handle::current());
    keys.watch(&spawner);
    let key = keys.create(service_key(), &secret(1)).await.unwrap();
    assert!(keys.authenticate(&secret(1)).await.unwrap().is_some());
    let other = KeysService::new(store, clock);
    let change = KeyChange { scopes: Some(Scopes::of(&[Scope::Chat])), ..KeyChange::default() };
    let changed = other.change(key.id, change).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let known = keys.authenticate(&secret(1)).await.unwrap();
    assert_eq!(known.as_deref(), Some(&changed));
    assert!(spawner.stop(Duration::from_secs(1)).await);
}

#[tokio::test]
async fn a_change_keeps_to_what_a_key_of_its_kind_may_have() {
    let House { keys, .. } = house();
    let key = keys.create(service_key(), &secret(1)).await.unwrap();
    let limits = Limits { concurrency: Some(0), ..Limits::default() };
    for (change, field) in [
        (KeyChange { scopes: Some(Scopes::of(&[Scope::Admin])), ..KeyChange::default() }, "scopes"),
        (KeyChange { limits: Some(limits), ..KeyChange::default() }, "limits"),
        (KeyChange { budget: Some(Credits::ZERO), ..KeyChange::default() }, "budget"),
    ] {
        match keys.change(key.id, change).await {
            Err(ServiceError::Invalid(mistake)) => assert_eq!(mistake.field, field),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(keys.authenticate(&secret(1)).await.unwrap().as_deref(), Some(&key));
}

#[test]
fn a_secret_does_not_print() {
    let secret = secret(7);
    assert!(!format!("{secret:?}").contains(&secret.expose()[3..]));
    assert!(secret.expose().starts_with("ff_") && secret.expose().len() == 46, "{}", secret.expose());
    assert_ne!(KeySecret::random(), KeySecret::random());
}

#[test]
fn a_secret_is_16_to_256_visible_characters() {
    for right in ["x".repeat(16), "x".repeat(256), secret(1).expose().to_owned()] {
        assert!(right.parse::<KeySecret>().is_ok(), "{right}");
    }
    for wrong in
        ["x".repeat(15), "x".repeat(257), "with a space in it".to_owned(), "mit Ümläuten darin".to_owned()]
    {
        assert!(wrong.parse::<KeySecret>().is_err(), "{wrong}");
    }
}
