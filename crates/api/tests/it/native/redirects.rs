//! Stored results that callers read at the store itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use fourfold_domain::BoxStream;
use fourfold_service::BoxError;
use fourfold_service::artifacts::{ArtifactSettings, ArtifactsService, TokenKey};
use fourfold_service::jobs::StoredObject;
use fourfold_service::ports::{ObjectStorage, Presigned, ReadObject, StorageError};

use super::artifacts::{by_job, by_link};
use crate::support::{House, outputs};

/// A store that nobody reads through us, with or without addresses of its own.
struct Elsewhere {
    has_addresses: bool,
}

#[async_trait]
impl ObjectStorage for Elsewhere {
    async fn put(
        &self,
        key: &str,
        _media_type: &str,
        _bytes: BoxStream<Result<Bytes, BoxError>>,
    ) -> Result<StoredObject, StorageError> {
        panic!("{key} is written")
    }

    async fn get(
        &self,
        key: &str,
        _offset: u64,
        _length: Option<u64>,
    ) -> Result<Option<ReadObject>, StorageError> {
        Err(StorageError::Failed(format!("{key} is read").into()))
    }

    async fn delete(&self, key: &str) -> Result<(), StorageError> {
        panic!("{key} is removed")
    }

    async fn free_bytes(&self) -> Result<Option<u64>, StorageError> {
        Ok(None)
    }

    async fn presigned(&self, read: Presigned<'_>) -> Result<Option<String>, StorageError> {
        let name = read.key.rsplit('/').next().unwrap();
        let seconds = read.ttl.as_secs();
        let address = format!("https://s3.test/{name}?{}&{}&{seconds}", read.media_type, read.disposition);
        Ok(self.has_addresses.then_some(address))
    }
}

fn over(house: &House, has_addresses: bool, redirect: bool) -> Router {
    house.router_over(|state| {
        let storage = Arc::new(Elsewhere { has_addresses });
        let settings = ArtifactSettings { redirect, ..ArtifactSettings::default() };
        let key = TokenKey::new(&[7; 32]);
        let (store, clock) = (Arc::new(house.store.clone()), house.clock.clone());
        state.artifacts = ArtifactsService::new(store, storage, clock, key, settings);
    })
}

#[tokio::test]
async fn a_result_is_read_at_the_store_for_as_long_as_its_link_works() {
    let house = House::new().await;
    let job = house.make("u1", outputs(&[("image/png", "0123456789")])).await;
    let router = over(&house, true, true);
    house.clock.advance(Duration::from_secs(23 * 3600));
    for (path, hours) in [(by_job(&job, 0), 24), (by_link(&job, 0), 1)] {
        let id = job["id"].as_str().unwrap();
        let shown = format!("image/png&inline; filename=\"{id}-0.png\"");
        let address = format!("https://s3.test/0.png?{shown}&{}", hours * 3600);
        for range in ["", "bytes=0-3"] {
            let answer = house.get(&path).of(router.clone()).by("u1").header("range", range).answer().await;
            assert_eq!((answer.status, answer.body.len()), (302, 0));
            assert_eq!(answer.header("location"), Some(address.as_str()));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        // What needs none of its bytes is answered here.
        let head = house.head(&path).of(router.clone()).by("u1").answer().await;
        assert_eq!((head.status, head.header("content-length")), (200, Some("10")));
        let etag = head.header("etag").unwrap().to_owned();
        let known = house.get(&path).of(router.clone()).by("u1").header("if-none-match", etag);
        assert_eq!(known.answer().await.status, 304);
        let beyond = house.get(&path).of(router.clone()).by("u1").header("range", "bytes=10-");
        beyond.check(416, "range_not_satisfiable", Some("Range")).await;
        let stranger = house.get(&by_job(&job, 0)).of(router.clone()).by("u2");
        stranger.check(404, "not_found", None).await;
    }
}

#[tokio::test]
async fn nobody_is_sent_to_a_store_unasked_or_to_one_without_addresses() {
    let house = House::new().await;
    let job = house.make("u1", outputs(&[("image/png", "0123456789")])).await;
    for (has_addresses, redirect) in [(true, false), (false, true)] {
        let router = over(&house, has_addresses, redirect);
        for path in [by_job(&job, 0), by_link(&job, 0)] {
            let answer = house.get(&path).of(router.clone()).by("u1").answer().await;
            assert_eq!((answer.status, answer.header("location")), (503, None), "it is read here, in vain");
        }
    }
}
