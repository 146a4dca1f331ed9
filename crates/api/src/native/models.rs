//! What can be asked for.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::ModelBody;
use crate::AppState;
use crate::error::{ApiError, ErrorBody};
use crate::extract::User;

/// The models of the catalog.
#[derive(Serialize, ToSchema)]
pub(crate) struct Models {
    data: Vec<ModelBody>,
}

/// Lists the models with their parameters and prices.
#[utoipa::path(get, path = "/api/v1/models", tag = "models",
    responses((status = 200, body = Models), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(crate) async fn list(State(state): State<AppState>, _user: User) -> Result<Json<Models>, ApiError> {
    let catalog = state.catalog.current();
    Ok(Json(Models { data: catalog.models().map(|model| ModelBody::new(model)).collect() }))
}
