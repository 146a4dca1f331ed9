//! The configuration, while the server runs.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::AppState;
use crate::description::KeyErrors;
use crate::error::{ApiError, ErrorBody};
use crate::extract::Admin;

/// What is in force now.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReloadedBody {
    /// How many models there are.
    models: usize,
    /// The providers that are on.
    providers: Vec<String>,
    /// Changed sections that wait for a restart.
    wait_for_restart: Vec<String>,
}

/// Reads the configuration again: models, prices, routes, providers and keys. A mistake changes nothing.
#[utoipa::path(post, path = "/api/v1/admin/config/reload", tag = "admin", operation_id = "reload_configuration",
    responses((status = 200, body = ReloadedBody, description = "what is in force now"), KeyErrors,
        (status = 422, body = ErrorBody, description = "a mistake, with its place; what was in force stays")))]
pub(crate) async fn reload(
    State(state): State<AppState>,
    _admin: Admin,
) -> Result<Json<ReloadedBody>, ApiError> {
    let reloaded = state.configuration.reload().await.map_err(ApiError::invalid_configuration)?;
    Ok(Json(ReloadedBody {
        models: reloaded.models,
        providers: reloaded.providers,
        wait_for_restart: reloaded.wait_for_restart,
    }))
}
