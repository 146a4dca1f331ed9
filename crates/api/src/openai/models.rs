//! `GET /v1/models`.

use axum::Json;
use axum::extract::State;
use fourfold_domain::Model;
use serde::Serialize;
use utoipa::ToSchema;

use crate::AppState;
use crate::description::KeyErrors;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Caller, Places};

/// The models of the catalog, in OpenAI's shape. What they can be told and what they cost is at `/api/v1/models`.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiModels)]
pub(crate) struct Models {
    /// Always `list`.
    object: &'static str,
    data: Vec<ModelBody>,
}

/// One model, in OpenAI's shape.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiModel)]
pub(crate) struct ModelBody {
    id: String,
    /// Always `model`.
    object: &'static str,
    /// Always 0: catalogs don't tell the ages of models.
    created: u64,
    /// The provider that is asked first.
    owned_by: String,
}

/// Lists the models that the key may use.
#[utoipa::path(get, path = "/v1/models", tag = "openai", operation_id = "list_openai_models",
    responses((status = 200, body = Models, description = "the models"), KeyErrors))]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Json<Models> {
    let catalog = state.catalog.current();
    let models = catalog.models().filter(|model| caller.may_use(model.name.as_str()));
    Json(Models { object: "list", data: models.map(|model| ModelBody::new(model)).collect() })
}

/// Shows a model.
#[utoipa::path(get, path = "/v1/models/{id}", tag = "openai", operation_id = "show_openai_model",
    params(("id" = String, Path, description = "the model's name; a slash in it is written `%2F`")),
    responses(
        (status = 200, body = ModelBody, description = "the model"),
        KeyErrors,
        (status = 404, body = ErrorBody, description = "no such model")))]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    places: Places,
) -> Result<Json<ModelBody>, ApiError> {
    let catalog = state.catalog.current();
    let model = catalog.model(places.text("id"))?;
    caller.check_model(model.name.as_str())?;
    Ok(Json(ModelBody::new(model)))
}

impl ModelBody {
    fn new(model: &Model) -> Self {
        Self {
            id: model.name.to_string(),
            object: "model",
            created: 0,
            owned_by: model.route.first().provider.to_string(),
        }
    }
}
