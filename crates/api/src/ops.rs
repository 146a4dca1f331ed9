//! For those who run it: health and metrics.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::AppState;
use crate::error::ErrorBody;

/// How the server is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// ok, degraded or not ready.
    status: &'static str,
    /// What is missing.
    missing: Vec<&'static str>,
    /// What is served all the same, but not as well as it should be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    degraded: Vec<String>,
}

/// How long whatever stands behind may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Says that the process lives.
#[utoipa::path(get, path = "/health/live", tag = "operations", security(()), operation_id = "show_life",
    responses((status = 200, body = Health, description = "the process lives")))]
pub(crate) async fn live() -> Json<Health> {
    Json(Health { status: "ok", missing: Vec::new(), degraded: Vec::new() })
}

/// Says whether requests can be served, and what is missing where they can't.
#[utoipa::path(get, path = "/health/ready", tag = "operations", security(()), operation_id = "show_readiness",
    responses((status = 200, body = Health, description = "requests can be served"),
        (status = 503, body = Health, description = "something is missing")))]
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    let mut missing = Vec::new();
    let mut degraded = Vec::new();
    let (database, storage, queue, limits) = tokio::join!(
        timeout(PATIENCE, state.keys.check()),
        timeout(PATIENCE, state.artifacts.has_room()),
        timeout(PATIENCE, state.jobs.queue_health()),
        timeout(PATIENCE, state.limits.health()),
    );
    match database {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the database doesn't answer");
            missing.push("database");
        }
        Err(_late) => missing.push("database"),
    }
    match storage {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => missing.push("room in the storage"),
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the storage doesn't answer");
            missing.push("storage");
        }
        Err(_late) => missing.push("storage"),
    }
    // Jobs are found in the database meanwhile.
    match queue {
        Ok(Ok(())) => {}
        Ok(Err(why)) => degraded.push(format!("queue: {why}")),
        Err(_late) => degraded.push("queue: it doesn't answer".to_owned()),
    }
    // Each process keeps to its share meanwhile.
    match limits {
        Ok(Ok(())) => {}
        Ok(Err(why)) => degraded.push(format!("limits: {why}; each process keeps to its share")),
        Err(_late) => degraded.push("limits: they don't answer; each process keeps to its share".to_owned()),
    }
    if state.stopping.is_cancelled() {
        missing.push("time: the server is stopping");
    }
    let (status, word) = match (missing.is_empty(), degraded.is_empty()) {
        (true, true) => (StatusCode::OK, "ok"),
        (true, false) => (StatusCode::OK, "degraded"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    (status, Json(Health { status: word, missing, degraded })).into_response()
}

/// Shows the metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operations", security(()), operation_id = "show_metrics",
    responses((status = 200, content_type = "text/plain", body = String, description = "the metrics"),
        (status = 500, body = ErrorBody, description = "the metrics can't be shown")))]
pub(crate) async fn metrics(State(state): State<AppState>) -> Response {
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (content_type, (state.metrics)()).into_response()
}
