//! For those who run it: health, metrics and the description of the API.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::openapi::OpenApi as OpenApiDocument;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use crate::AppState;

/// How the server is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// ok, or what is missing.
    status: &'static str,
    /// What is missing.
    missing: Vec<&'static str>,
}

/// Says that the process lives.
#[utoipa::path(get, path = "/health/live", tag = "operations", security(()), responses((status = 200, body = Health)))]
pub(crate) async fn live() -> Json<Health> {
    Json(Health { status: "ok", missing: Vec::new() })
}

/// Says whether requests can be served, and what is missing where they can't.
#[utoipa::path(get, path = "/health/ready", tag = "operations", security(()),
    responses((status = 200, body = Health), (status = 503, body = Health)))]
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

/// The metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operations", security(()),
    responses((status = 200, content_type = "text/plain", body = String)))]
pub(crate) async fn metrics(State(state): State<AppState>) -> Response {
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (content_type, (state.metrics)()).into_response()
}

/// The description of the API as OpenAPI, generated from the code.
#[derive(OpenApi)]
#[openapi(
    info(title = "Fourfold", description = "One self-hosted backend for every generative model."),
    modifiers(&BearerKeys),
    security(("key" = [])),
    tags(
        (name = "jobs", description = "Durable generations and their results"),
        (name = "models", description = "What can be asked for"),
        (name = "credits", description = "The caller's account"),
        (name = "admin", description = "For the operator; admin keys only"),
        (name = "operations", description = "Health and metrics")
    )
)]
pub(crate) struct Description;

struct BearerKeys;

impl Modify for BearerKeys {
    fn modify(&self, document: &mut OpenApiDocument) {
        let scheme =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key, ff_…")).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// The description of the API.
pub fn openapi() -> OpenApiDocument {
    crate::router::routes().into_openapi()
}
