//! Controls that only look.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use http::header::HOST;
use serde_json::{Map, Value, json};

use super::wire::ReceivedJson;
use crate::fault::FaultRule;
use crate::world::World;
use crate::{Counts, PaidTask, Timings, Vendor};

pub(super) async fn vendors(headers: HeaderMap) -> Json<Value> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    let base_url =
        |vendor: Vendor| (vendor.name().to_owned(), json!(vendor.base_url(&format!("http://{host}"))));
    Json(json!({"base_urls": Vendor::ALL.into_iter().map(base_url).collect::<Map<_, _>>()}))
}

pub(super) async fn faults(State(world): State<Arc<World>>) -> Json<Vec<FaultRule>> {
    Json(world.rules.lock().list())
}

pub(super) async fn timings(State(world): State<Arc<World>>) -> Json<Timings> {
    Json(world.timings())
}

pub(super) async fn counts(State(world): State<Arc<World>>) -> Json<Counts> {
    Json(world.counts.get())
}

pub(super) async fn paid(State(world): State<Arc<World>>) -> Json<Vec<PaidTask>> {
    Json(world.paid.lock().clone())
}

pub(super) async fn received(State(world): State<Arc<World>>) -> Json<Vec<ReceivedJson>> {
    Json(world.log.lock().list().into_iter().map(ReceivedJson::from).collect())
}
