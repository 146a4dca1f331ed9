//! How much callers may do: alone, together with other processes, and while those can't be asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{Realm, Subject};
use fourfold_service::backends::InProcessLimits;
use fourfold_service::instances::LiveInstances;
use fourfold_service::keys::{Identity, KeyKind, KeySecret, KeysService, NewKey};
use fourfold_service::limits::{
    Admission, LimitOf, LimitSettings, Limited, Limits, LimitsService, SharedBy, Standing,
};
use fourfold_service::ports::{LimitsError, Permits, Rate, SharedLimits, Taking};
use fourfold_service::testing::{MemoryStore, TestClock, account_subject};
use fourfold_service::{ServiceError, Spawner};
use tokio::runtime::Handle;

/// What processes share, which may be gone.
struct Shared {
    limits: InProcessLimits,
    is_gone: AtomicBool,
    asked: AtomicUsize,
}

#[async_trait]
impl SharedLimits for Shared {
    async fn take(&self, key: &str, taking: Taking) -> Result<Permits, LimitsError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match self.is_gone.load(Ordering::Relaxed) {
            true => Err(LimitsError("it is gone".into())),
            false => self.limits.take(key, taking).await,
        }
    }

    async fn give_back(&self, key: &str, rate: Rate, count: u32) -> Result<(), LimitsError> {
        self.limits.give_back(key, rate, count).await
    }

    async fn health(&self) -> Result<(), String> {
        Ok(())
    }
}

struct House {
    clock: Arc<TestClock>,
    shared: Arc<Shared>,
    nodes: [LimitsService; 2],
    identity: Identity,
    subject: Subject,
}

/// Two processes that share, and a key with these limits.
async fn house(limits: Limits) -> House {
    let clock = Arc::new(TestClock::default());
    let keys = KeysService::new(Arc::new(MemoryStore::new(clock.clone())), clock.clone());
    let secret = KeySecret::new([1; 32]);
    let new = NewKey { limits, ..NewKey::new(KeyKind::Service, Realm::default(), None) };
    keys.create(new, &secret).await.unwrap();
    let identity = keys.identify(secret.expose()).await.unwrap().unwrap();
    let limits = InProcessLimits::new(clock.clone());
    let shared = Arc::new(Shared { limits, is_gone: AtomicBool::new(false), asked: AtomicUsize::new(0) });
    let node = || {
        let shared_by = SharedBy { limits: shared.clone(), live: LiveInstances::of(2) };
        LimitsService::new(LimitSettings::default(), Some(shared_by), Spawner::new(Handle::current()))
    };
    let nodes = [node(), node()];
    House { clock, shared, nodes, identity, subject: account_subject("u1") }
}

fn alone(settings: LimitSettings) -> LimitsService {
    LimitsService::new(settings, None, Spawner::new(Handle::current()))
}

impl House {
    async fn admit(&self, node: &LimitsService) -> Result<Admission, ServiceError> {
        node.of(&self.identity, Some(&self.subject)).admit(self.identity.clone()).await
    }

    /// How many of so many are let in, one after the other.
    async fn admitted(&self, node: &LimitsService, tries: usize) -> usize {
        let mut admitted = 0;
        for _try in 0..tries {
            admitted += usize::from(self.admit(node).await.is_ok());
        }
        admitted
    }

    fn standing(&self, node: &LimitsService) -> Standing {
        node.of(&self.identity, Some(&self.subject)).standing()
    }

    async fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }
}

fn requests(count: u32) -> Limits {
    Limits { requests_per_minute: Some(count), ..Limits::default() }
}

fn tokens(count: u32) -> Limits {
    Limits { tokens_per_minute: Some(count), ..Limits::default() }
}

/// What was told after what was dropped.
async fn told() {
    for _turn in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn requests_come_back_evenly_and_a_refusal_says_when() {
    let house = house(requests(60)).await;
    let node = alone(LimitSettings::default());
    assert_eq!(house.admitted(&node, 70).await, 60);
    match house.admit(&node).await {
        Err(ServiceError::LimitExceeded { of, limited, limit, retry_after }) => {
            assert_eq!((of, limited, limit), (LimitOf::Key, Limited::Requests, 60));
            assert_eq!(retry_after, Duration::from_secs(1));
        }
        other => panic!("{other:?}"),
    }
    house.pass(3).await;
    assert_eq!(house.admitted(&node, 10).await, 3);
}

#[tokio::test(start_paused = true)]
async fn what_the_account_refuses_is_given_back_to_the_key() {
    let house = house(requests(10)).await;
    let node = alone(LimitSettings { account: requests(3), ..LimitSettings::default() });
    assert_eq!(house.admitted(&node, 10).await, 3);
    let refused = house.admit(&node).await;
    assert!(matches!(refused, Err(ServiceError::LimitExceeded { of: LimitOf::Account, .. })), "{refused:?}");
    let other = node.of(&house.identity, Some(&account_subject("u2")));
    assert_eq!(other.standing().requests.unwrap().remaining, 3, "the account's is nearer to its end");
    let key_alone = node.of(&house.identity, None).standing();
    assert_eq!(key_alone.requests.unwrap().remaining, 7);
}

#[tokio::test(start_paused = true)]
async fn a_place_is_held_until_the_last_of_a_request_is_dropped() {
    let house = house(Limits { concurrency: Some(2), ..Limits::default() }).await;
    let node = alone(LimitSettings::default());
    let (first, second) = (house.admit(&node).await.unwrap(), house.admit(&node).await.unwrap());
    let refused = house.admit(&node).await;
    let limited = Limited::Concurrency;
    assert!(matches!(refused, Err(ServiceError::LimitExceeded { limited: was, .. }) if was == limited));
    let goes_on = first.clone();
    drop(first);
    assert!(house.admit(&node).await.is_err());
    drop(goes_on);
    assert!(house.admit(&node).await.is_ok());
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_corrected_by_what_was_used() {
    let house = house(tokens(1000)).await;
    let node = alone(LimitSettings::default());
    let left = || house.standing(&node).tokens.unwrap().remaining;
    for (estimate, used, after) in [(500, 100, 900), (100, 300, 600), (400, 0, 600)] {
        let admission = house.admit(&node).await.unwrap();
        admission.take_tokens(|| estimate).await.unwrap();
        admission.used_tokens(used);
        drop(admission);
        told().await;
        assert_eq!(left(), after, "{estimate} {used}");
    }
    let admission = house.admit(&node).await.unwrap();
    let refused = admission.take_tokens(|| 700).await;
    assert!(matches!(refused, Err(ServiceError::LimitExceeded { limited: Limited::Tokens, .. })));
    drop(admission);
    told().await;
    assert_eq!(left(), 600, "what was refused took nothing");
}

#[tokio::test(start_paused = true)]
async fn processes_keep_a_limit_together_and_seldom_ask() {
    let house = house(requests(1000)).await;
    let [one, other] = &house.nodes;
    let mut admitted = 0;
    for _round in 0..15 {
        admitted += house.admitted(one, 50).await + house.admitted(other, 50).await;
    }
    assert!((900..=1000).contains(&admitted), "{admitted}");
    let asked = house.shared.asked.load(Ordering::Relaxed);
    assert!(asked < 60, "{asked} takings for {admitted} requests");
    assert!(house.standing(one).requests.unwrap().remaining < 100);
    house.pass(66).await;
    assert_eq!(house.admitted(other, 10).await, 10);
}

#[tokio::test(start_paused = true)]
async fn few_requests_are_counted_one_by_one() {
    let house = house(requests(5)).await;
    let [one, other] = &house.nodes;
    assert_eq!(house.admitted(one, 3).await + house.admitted(other, 10).await, 5);
    assert_eq!(house.admitted(one, 3).await, 0);
}

#[tokio::test(start_paused = true)]
async fn tokens_that_one_process_owes_hold_the_others_off() {
    let house = house(tokens(1000)).await;
    let [one, other] = &house.nodes;
    let admission = house.admit(one).await.unwrap();
    admission.take_tokens(|| 10).await.unwrap();
    admission.used_tokens(950);
    drop(admission);
    told().await;
    let admission = house.admit(other).await.unwrap();
    assert!(admission.take_tokens(|| 200).await.is_err());
    admission.take_tokens(|| 10).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_process_keeps_to_its_share_while_the_others_can_not_be_asked() {
    let house = house(requests(10)).await;
    let [one, other] = &house.nodes;
    house.shared.is_gone.store(true, Ordering::Relaxed);
    assert_eq!((house.admitted(one, 10).await, house.admitted(other, 10).await), (5, 5));
    house.shared.is_gone.store(false, Ordering::Relaxed);
    house.pass(70).await;
    assert_eq!(house.admitted(one, 20).await, 10, "the whole again");
}

#[tokio::test(start_paused = true)]
async fn changed_limits_count_from_the_next_request_on() {
    let house = house(Limits::default()).await;
    let node = alone(LimitSettings::default());
    assert_eq!(house.standing(&node), Standing::default());
    node.replace(LimitSettings { key: requests(2), ..LimitSettings::default() });
    assert_eq!(house.admitted(&node, 5).await, 2);
    node.replace(LimitSettings::default());
    assert_eq!(house.admitted(&node, 5).await, 5);
}
