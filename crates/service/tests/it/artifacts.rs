//! Reading stored results: by the account that paid for them, or by a token for a while.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::{AccountId, InstanceId, JobId};
use fourfold_service::ServiceError;
use fourfold_service::artifacts::{ArtifactSettings, ArtifactsService, TokenKey};
use fourfold_service::backends::FolderStorage;
use fourfold_service::jobs::{Artifact, Claim, Delivery, Ending, Finish, RecordUpstream, Upstream};
use fourfold_service::ports::{JobStore as _, ObjectStorage as _};
use fourfold_service::testing::{MemoryStore, TestClock, begin, credits, submit};
use futures_util::{TryStreamExt as _, stream};
use tempfile::TempDir;
use uuid::Uuid;

struct House {
    clock: Arc<TestClock>,
    storage: FolderStorage,
    artifacts: ArtifactsService,
    account: AccountId,
    job: JobId,
    _folder: TempDir,
}

/// A job with one result, `0123456789`.
async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::default());
    let store = MemoryStore::new(clock.clone());
    let storage = FolderStorage::open(folder.path()).unwrap();
    let bytes = stream::iter([Ok(Bytes::from_static(b"0123456789"))]);
    let object = storage.put("a/0.txt", "text/plain", Box::pin(bytes)).await.unwrap();

    let step = submit("u1", "0");
    let job = step.id;
    store.submit(step).await.unwrap();
    let claim = Claim { job, instance: InstanceId::new(Uuid::now_v7()), lease: Duration::from_secs(30) };
    let lease = store.claim(claim).await.unwrap().lease;
    store.begin_attempt(begin(lease)).await.unwrap();
    let delivery = Delivery { items: vec![object.clone()], quantities: Vec::new(), missing: None };
    let record =
        RecordUpstream { lease, upstream: Upstream::Objects(delivery), vendor: serde_json::Map::new() };
    store.record_upstream(record).await.unwrap();
    let artifacts = vec![Artifact { job, index: 0, object, removed_at: None }];
    let ending =
        Ending::Succeeded { artifacts, used: credits("0"), output: None, missing: None, arrived: None };
    let account = store.finish(Finish { lease, ending, account_max: 0 }).await.unwrap().job.account;

    let settings =
        ArtifactSettings { url_ttl: Duration::from_secs(60), free_bytes_min: 1, ..Default::default() };
    let artifacts = ArtifactsService::new(
        Arc::new(store),
        Arc::new(storage.clone()),
        clock.clone(),
        TokenKey::new(&[7; 32]),
        settings,
    );
    House { clock, storage, artifacts, account, job, _folder: folder }
}

fn is_missing<T: std::fmt::Debug>(found: Result<T, ServiceError>) -> bool {
    matches!(found, Err(ServiceError::NotFound(_)))
}

#[tokio::test]
async fn a_token_finds_its_result_until_it_expires() {
    let house = house().await;
    let token = house.artifacts.sign(house.job, 0);
    house.clock.advance(Duration::from_millis(59_999));
    assert_eq!(house.artifacts.by_token(&token).await.unwrap().0.object.key, "a/0.txt");
    house.clock.advance(Duration::from_millis(1));
    assert!(is_missing(house.artifacts.by_token(&token).await));
}

#[tokio::test]
async fn another_token_finds_nothing() {
    let house = house().await;
    let token = house.artifacts.sign(house.job, 0);
    let altered: String = token.chars().rev().collect();
    for wrong in ["", "x", altered.as_str(), &house.artifacts.sign(house.job, 1), &format!("{token}A")] {
        assert!(is_missing(house.artifacts.by_token(wrong).await), "{wrong}");
    }
}

#[tokio::test]
async fn a_result_is_its_accounts_alone() {
    let house = house().await;
    assert!(house.artifacts.by_job(house.account, house.job, 0).await.is_ok());
    assert!(is_missing(house.artifacts.by_job(house.account, house.job, 1).await));
    let stranger = AccountId::new(Uuid::now_v7());
    assert!(is_missing(house.artifacts.by_job(stranger, house.job, 0).await));
}

#[tokio::test]
async fn a_result_is_read_in_parts_and_missed_when_it_is_gone() {
    let house = house().await;
    let artifact = house.artifacts.by_job(house.account, house.job, 0).await.unwrap();
    let object = house.artifacts.read(&artifact, 3, Some(4)).await.unwrap();
    assert_eq!(object.size_bytes, 10);
    let parts: Vec<Bytes> = object.bytes.try_collect().await.unwrap();
    assert_eq!(parts.concat(), b"3456");
    house.storage.delete("a/0.txt").await.unwrap();
    assert!(is_missing(house.artifacts.read(&artifact, 0, None).await.map(|object| object.size_bytes)));
}

#[tokio::test]
async fn there_is_room_while_enough_is_free() {
    let house = house().await;
    assert!(house.artifacts.has_room().await.unwrap());
}
