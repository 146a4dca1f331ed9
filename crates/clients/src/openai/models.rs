//! `/models`: what there is, and until when.

use crate::http::{BaseHttpClient, ClientError, segment};
use crate::vendor::wire_type;

wire_type! {
    /// The models that a key may use.
    pub struct ModelList {
        must {
            /// The models.
            data: Vec<Model>,
        }
        may {
            /// `list`.
            object: String,
        }
    }
}

wire_type! {
    /// A model.
    pub struct Model {
        must {
            /// Its name.
            id: String,
        }
        may {
            /// `model`.
            object: String,
            /// Since when there is it, in Unix seconds.
            created: u64,
            /// Whose it is.
            owned_by: String,
            /// The day from which on there isn't, such as `2026-12-11`.
            shutdown_date: String,
        }
    }
}

pub(super) async fn list(http: &BaseHttpClient) -> Result<ModelList, ClientError> {
    http.get("models").operation("list_models").send().await?.json()
}

pub(super) async fn get(http: &BaseHttpClient, model: &str) -> Result<Model, ClientError> {
    http.get(&format!("models/{}", segment(model))).operation("get_model").send().await?.json()
}
