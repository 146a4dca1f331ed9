//! Health and metrics.

use std::sync::Arc;

use async_trait::async_trait;
use fourfold_domain::KeyId;
use fourfold_service::artifacts::ArtifactSettings;
use fourfold_service::keys::{ApiKey, KeyChange, KeyRequest, KeyRotation, KeysService};
use fourfold_service::ports::{KeyStore, LimitsError, Permits, Rate, SharedLimits, Taking};
use fourfold_service::{StoreError, SystemClock};
use serde_json::json;

use crate::support::{House, Plan};

/// A database that doesn't answer.
pub(crate) struct Gone;

fn gone<T>() -> Result<T, StoreError> {
    Err(StoreError::Failed("the password is hunter2".into()))
}

#[async_trait]
impl KeyStore for Gone {
    async fn insert_key(&self, _: ApiKey) -> Result<(), StoreError> {
        gone()
    }
    async fn keep_key_request(&self, _: KeyRequest) -> Result<KeyRequest, StoreError> {
        gone()
    }
    async fn revoke_key(&self, _: KeyId) -> Result<bool, StoreError> {
        gone()
    }
    async fn rotate_key(&self, _: KeyId, _: KeyRotation) -> Result<Option<ApiKey>, StoreError> {
        gone()
    }
    async fn change_key(&self, _: KeyId, _: KeyChange) -> Result<Option<ApiKey>, StoreError> {
        gone()
    }
    async fn key(&self, _: KeyId) -> Result<Option<ApiKey>, StoreError> {
        gone()
    }
    async fn key_by_hash(&self, _: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        gone()
    }
    async fn keys(&self, _: Option<KeyId>, _: usize) -> Result<Vec<ApiKey>, StoreError> {
        gone()
    }
    async fn keys_revision(&self) -> Result<u64, StoreError> {
        gone()
    }
}

#[tokio::test]
async fn a_server_in_order_lives_and_is_ready() {
    let house = House::new().await;
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(house.get(path).ok(200).await, json!({"status": "ok", "missing": []}));
    }
}

#[tokio::test]
async fn a_server_without_room_is_not_ready() {
    let artifacts = ArtifactSettings { free_bytes_min: u64::MAX, ..ArtifactSettings::default() };
    let house = House::with(Plan { artifacts, ..Plan::default() }).await;
    let health = house.get("/health/ready").ok(503).await;
    assert_eq!(health, json!({"status": "not ready", "missing": ["room in the storage"]}));
    house.get("/health/live").ok(200).await;
}

/// Limits that can't be reached.
struct Alone;

#[async_trait]
impl SharedLimits for Alone {
    async fn take(&self, _: &str, _: Taking) -> Result<Permits, LimitsError> {
        Err(LimitsError("it is gone".into()))
    }
    async fn give_back(&self, _: &str, _: Rate, _: u32) -> Result<(), LimitsError> {
        Err(LimitsError("it is gone".into()))
    }
    async fn health(&self) -> Result<(), String> {
        Err("redis (I/O error)".to_owned())
    }
}

#[tokio::test]
async fn a_server_whose_limits_are_not_shared_serves_and_says_so() {
    let house = House::with(Plan { limits: Arc::new(Alone), ..Plan::default() }).await;
    let health = house.get("/health/ready").ok(200).await;
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["degraded"], json!(["limits: redis (I/O error); each process keeps to its share"]));
}

#[tokio::test]
async fn a_server_without_its_database_or_its_time_is_not_ready() {
    let house = House::new().await;
    let router = house.router_over(|state| {
        state.keys = KeysService::new(Arc::new(Gone), Arc::new(SystemClock));
        state.stopping.cancel();
    });
    let health = house.get("/health/ready").of(router).ok(503).await;
    assert_eq!(health["missing"], json!(["database", "time: the server is stopping"]));
}

#[tokio::test]
async fn the_metrics_are_shown_as_they_are_rendered() {
    let house = House::new().await;
    let answer = house.get("/metrics").answer().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "a_metric 1\n"));
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4"));
}

#[tokio::test]
async fn a_failure_of_ours_says_whether_to_try_again_and_nothing_of_its_cause() {
    let house = House::new().await;
    let router =
        house.router_over(|state| state.keys = KeysService::new(Arc::new(Gone), Arc::new(SystemClock)));
    let answer = house.get("/api/v1/credits").by("u1").of(router).check(503, "unavailable", None).await;
    assert_eq!((answer.header("x-should-retry"), answer.header("retry-after")), (Some("true"), Some("1")));
    assert!(!answer.text().contains("hunter2"));
}

#[tokio::test]
async fn a_panic_is_an_error_that_is_not_to_be_repeated() {
    let house = House::with(Plan { metrics: || panic!("hunter2"), ..Plan::default() }).await;
    let answer = house.get("/metrics").check(500, "internal", None).await;
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    assert!(!answer.text().contains("hunter2"));
    house.get("/health/live").ok(200).await;
}
