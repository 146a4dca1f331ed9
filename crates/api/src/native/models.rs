//! What can be asked for.

use axum::Json;
use axum::extract::State;
use fourfold_domain::{Model, Parameter};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::AppState;
use crate::description::KeyErrors;
use crate::error::ApiError;
use crate::extract::Caller;

/// The models of the catalog.
#[derive(Serialize, ToSchema)]
pub(crate) struct Models {
    data: Vec<ModelBody>,
    /// Always null: the catalog is one page.
    next_cursor: Option<String>,
}

/// One model of the catalog.
#[derive(Serialize, ToSchema)]
pub(crate) struct ModelBody {
    id: String,
    /// Always `model`.
    object: &'static str,
    /// chat, embedding, image, video, speech or transcription.
    modality: &'static str,
    /// What `input` may be, as JSON Schema.
    #[schema(value_type = Object)]
    parameters: Value,
    /// What it costs.
    #[schema(value_type = Object)]
    price: Value,
}

/// Lists the models that the key may use, with their parameters and prices.
#[utoipa::path(get, path = "/api/v1/models", tag = "models", operation_id = "list_models",
    responses((status = 200, body = Models, description = "the models"), KeyErrors))]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<Models>, ApiError> {
    let catalog = state.catalog.current();
    Ok(Json(Models {
        data: catalog
            .models()
            .filter(|model| caller.may_use(model.name.as_str()))
            .map(|model| ModelBody::new(model))
            .collect(),
        next_cursor: None,
    }))
}

impl ModelBody {
    fn new(model: &Model) -> Self {
        Self {
            id: model.name.to_string(),
            object: "model",
            modality: model.modality.as_str(),
            parameters: Parameter::schema_of(&model.parameters),
            price: serde_json::to_value(&model.price).unwrap_or_default(),
        }
    }
}
