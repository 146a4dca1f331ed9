//! Secrets given out under an idempotency key.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{KeyId, Realm};
use fourfold_service::keys::{Issued, KeyIdempotency, KeyKind, KeysService, NewKey, SecretSource};
use fourfold_service::ports::{JobStore as _, KeyStore as _};
use fourfold_service::testing::{MemoryStore, TestClock, idempotency};
use fourfold_service::{Clock as _, Refusal, ServiceError};
use futures_util::future::join_all;
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(60 * 60);

struct House {
    clock: Arc<TestClock>,
    store: Arc<MemoryStore>,
    keys: KeysService,
}

fn house() -> House {
    let clock = Arc::new(TestClock::default());
    let store = Arc::new(MemoryStore::new(clock.clone()));
    let keys = node(&store, &clock, 7);
    House { clock, store, keys }
}

/// A process over that store with this secret key.
fn node(store: &Arc<MemoryStore>, clock: &Arc<TestClock>, secret_key: u8) -> KeysService {
    KeysService::new(store.clone(), clock.clone()).with_secrets(SecretSource::new(&[secret_key; 32]))
}

fn new() -> NewKey {
    NewKey::new(KeyKind::Service, Realm::default(), None)
}

fn once(key: &str, body: u8) -> KeyIdempotency {
    KeyIdempotency { by: KeyId::new(Uuid::nil()), idempotency: idempotency(key, body) }
}

fn is_shown(issued: &Issued, first: &Issued) -> bool {
    issued.secret == first.secret && issued.key.id == first.key.id
}

fn check_gone(issued: Result<Issued, ServiceError>, key: KeyId) {
    match issued {
        Err(ServiceError::AlreadyMade { what, id, .. }) => assert_eq!((what, id), ("key", key.to_string())),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_same_request_makes_one_key_and_shows_its_secret_on_every_node() {
    let House { clock, store, keys } = house();
    let (once, other) = (once("a", 1), node(&store, &clock, 7));
    let asks =
        (0..8).map(|n| if n % 2 == 0 { &keys } else { &other }).map(|keys| keys.issue(new(), Some(&once)));
    let issued: Vec<_> = join_all(asks).await.into_iter().collect::<Result<_, _>>().unwrap();
    assert!(issued.iter().all(|again| is_shown(again, &issued[0])));
    assert_eq!(keys.list(None, 10).await.unwrap().len(), 1);
    let known = other.authenticate(&issued[0].secret).await.unwrap().unwrap();
    assert_eq!(known.id, issued[0].key.id);
}

#[tokio::test]
async fn another_request_makes_another_key_or_is_refused() {
    let House { keys, .. } = house();
    let first = keys.issue(new(), Some(&once("a", 1))).await.unwrap();
    let by_another = KeyIdempotency { by: KeyId::new(Uuid::max()), ..once("a", 1) };
    for other in [Some(once("b", 1)), Some(by_another), None] {
        assert_ne!(keys.issue(new(), other.as_ref()).await.unwrap().secret, first.secret);
    }
    let mismatch = keys.issue(new(), Some(&once("a", 2))).await;
    assert!(matches!(mismatch, Err(ServiceError::Refused(Refusal::IdempotencyMismatch))), "{mismatch:?}");
}

#[tokio::test]
async fn what_cannot_be_shown_again_is_named_and_not_made_twice() {
    let House { clock, store, keys } = house();
    let first = keys.issue(new(), Some(&once("a", 1))).await.unwrap();
    check_gone(node(&store, &clock, 8).issue(new(), Some(&once("a", 1))).await, first.key.id);
    for _ in 0..2 {
        keys.reissue(first.key.id, HOUR, None).await.unwrap();
    }
    check_gone(keys.issue(new(), Some(&once("a", 1))).await, first.key.id);
    assert_eq!(keys.list(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_rotation_rotates_once() {
    let House { keys, .. } = house();
    let made = keys.issue(new(), None).await.unwrap();
    let rotate = |name| {
        let (keys, id, once) = (keys.clone(), made.key.id, once(name, 1));
        async move { keys.reissue(id, HOUR, Some(&once)).await }
    };
    let issued: Vec<_> =
        join_all((0..4).map(|_| rotate("a"))).await.into_iter().collect::<Result<_, _>>().unwrap();
    assert!(issued.iter().all(|again| is_shown(again, &issued[0])));
    assert_eq!(issued[0].key.previous.unwrap().hash, made.secret.hash(), "the first secret lives on");
    let second = rotate("b").await.unwrap();
    assert!(is_shown(&rotate("a").await.unwrap(), &issued[0]), "it lives on");
    let third = rotate("c").await.unwrap();
    check_gone(rotate("a").await, made.key.id);
    assert!(is_shown(&rotate("b").await.unwrap(), &second));
    assert_eq!(keys.list(None, 1).await.unwrap()[0].hash, third.secret.hash());
}

/// Fails unless it is told that the secret is no longer good.
fn check_ended(issued: Result<Issued, ServiceError>) {
    let because = match &issued {
        Err(ServiceError::AlreadyMade { because, .. }) => *because,
        other => panic!("{other:?}"),
    };
    assert_eq!(because, "is no longer good");
}

#[tokio::test]
async fn a_secret_that_opens_nothing_any_more_is_not_shown_again() {
    let House { clock, keys, .. } = house();
    let (a, b, c) = (once("a", 1), once("b", 1), once("c", 1));
    let expiring = || NewKey { expires_at: Some(clock.now().after(2 * HOUR)), ..new() };
    let (new, expiring) = (new(), expiring());
    let revoked = keys.issue(new.clone(), Some(&a)).await.unwrap().key.id;
    keys.reissue(revoked, HOUR, Some(&b)).await.unwrap();
    keys.issue(expiring.clone(), Some(&c)).await.unwrap();
    clock.advance(HOUR);
    check_ended(keys.issue(new.clone(), Some(&a)).await);
    keys.reissue(revoked, HOUR, Some(&b)).await.unwrap();
    keys.issue(expiring.clone(), Some(&c)).await.unwrap();
    clock.advance(HOUR);
    check_ended(keys.issue(expiring, Some(&c)).await);
    keys.revoke(revoked).await.unwrap();
    check_ended(keys.issue(new, Some(&a)).await);
    check_ended(keys.reissue(revoked, HOUR, Some(&b)).await);
    let anew = keys.reissue(revoked, HOUR, Some(&once("d", 1))).await;
    assert!(matches!(anew, Err(ServiceError::NotFound(_))), "{anew:?}");
}

#[tokio::test]
async fn a_request_that_is_forgotten_leaves_nothing_to_derive_the_secret_from() {
    let House { clock, store, keys } = house();
    let first = keys.issue(new(), Some(&once("a", 1))).await.unwrap();
    clock.advance(24 * HOUR);
    store.forget_idempotency(clock.now()).await.unwrap();
    let anew = keys.issue(new(), Some(&once("a", 1))).await.unwrap();
    assert!(anew.secret != first.secret && anew.key.id != first.key.id);
    assert!(store.key(first.key.id).await.unwrap().is_some());
}
