//! Processes that say that they live.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::InstanceId;
use fourfold_service::Spawner;
use fourfold_service::instances::{InstanceSettings, LiveInstances, end_orphaned_calls, start_beating};
use fourfold_service::ports::{AccountStore as _, CallStore as _, InstanceStore as _};
use fourfold_service::testing::{MemoryStore, account_subject, credits, open_call};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::ledger::grant;
use crate::worker::PausedClock;

#[tokio::test(start_paused = true)]
async fn calls_live_as_long_as_their_process_beats_and_end_when_it_stops() {
    let store = MemoryStore::new(Arc::new(PausedClock::new()));
    let settings = InstanceSettings::default();
    let me = InstanceId::new(Uuid::now_v7());
    store.grant(grant("u1", "10", "grant:a")).await.unwrap();
    store.beat(me, settings.lease).await.unwrap();
    store.open_call(open_call("u1", "4", me)).await.unwrap();
    let spawner = Spawner::new(Handle::current());
    let live = LiveInstances::default();
    start_beating(Arc::new(store.clone()), me, &settings, live.clone(), &spawner);

    tokio::time::sleep(Duration::from_secs(300)).await;
    end_orphaned_calls(&store).await.unwrap();
    assert_eq!(live.count(), 1);
    store.beat(InstanceId::new(Uuid::now_v7()), settings.lease).await.unwrap();
    tokio::time::sleep(settings.beat).await;
    assert_eq!(live.count(), 2);
    tokio::time::sleep(settings.lease).await;
    assert_eq!(live.count(), 1, "the other one has died");
    let account = store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!((account.available, account.held), (credits("6"), credits("4")));

    assert!(spawner.stop(Duration::from_secs(1)).await);
    tokio::time::sleep(settings.lease).await;
    end_orphaned_calls(&store).await.unwrap();
    let account = store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!((account.available, account.held), (credits("10"), credits("0")));
    assert!(store.audit().await.unwrap().findings.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_process_that_stops_beats_until_its_last_task_has_ended() {
    let store = MemoryStore::new(Arc::new(PausedClock::new()));
    let settings = InstanceSettings::default();
    let me = InstanceId::new(Uuid::now_v7());
    store.grant(grant("u1", "10", "grant:a")).await.unwrap();
    store.beat(me, settings.lease).await.unwrap();
    store.open_call(open_call("u1", "4", me)).await.unwrap();
    let spawner = Spawner::new(Handle::current());
    start_beating(Arc::new(store.clone()), me, &settings, LiveInstances::default(), &spawner);
    let answer = settings.lease * 3;
    let answering = spawner.start({
        let store = store.clone();
        async move {
            tokio::time::sleep(answer).await;
            end_orphaned_calls(&store).await.unwrap();
            store.account(&account_subject("u1")).await.unwrap().unwrap().held
        }
    });
    assert!(spawner.stop(answer * 2).await);
    assert_eq!(answering.await.unwrap(), credits("4"), "a call under way was ended");
}
