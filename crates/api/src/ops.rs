//! For those who run it: health and metrics.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::AppState;
use crate::error::ErrorBody;

/// How the server is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// ok, or what is missing.
    status: &'static str,
    /// What is missing.
    missing: Vec<&'static str>,
}

/// Says that the process lives.
#[utoipa::path(get, path = "/health/live", tag = "operations", security(()), operation_id = "show_life",
    responses((status = 200, body = Health, description = "the process lives")))]
pub(crate) async fn live() -> Json<Health> {
    Json(Health { status: "ok", missing: Vec::new() })
}

/// Says whether requests can be served, and what is missing where they can't.
#[utoipa::path(get, path = "/health/ready", tag = "operations", security(()), operation_id = "show_readiness",
    responses((status = 200, body = Health, description = "requests can be served"),
        (status = 503, body = Health, description = "something is missing")))]
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    let mut missing = Vec::new();
    if let Err(error) = state.keys.check().await {
        tracing::error!(error = &error as &dyn std::error::Error, "the database doesn't answer");
        missing.push("database");
    }
    match state.artifacts.has_room().await {
        Ok(true) => {}
        Ok(false) => missing.push("room in the storage"),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the storage doesn't answer");
            missing.push("storage");
        }
    }
    if state.stopping.is_cancelled() {
        missing.push("time: the server is stopping");
    }
    let (status, word) = match missing.is_empty() {
        true => (StatusCode::OK, "ok"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    (status, Json(Health { status: word, missing })).into_response()
}

/// Shows the metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operations", security(()), operation_id = "show_metrics",
    responses((status = 200, content_type = "text/plain", body = String, description = "the metrics"),
        (status = 500, body = ErrorBody, description = "the metrics can't be shown")))]
pub(crate) async fn metrics(State(state): State<AppState>) -> Response {
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (content_type, (state.metrics)()).into_response()
}
