//! `/v1/models`: what there is, and until when.

use super::page::Page;
use crate::http::{BaseHttpClient, ClientError, segment};
use crate::vendor::wire_type;

wire_type! {
    /// A page of the models that a key may use.
    pub struct ModelList {
        must {
            /// The models, the newest first.
            data: Vec<Model>,
        }
        may {
            /// Whether there are more in the direction that was asked for.
            has_more: bool,
            /// The name of the first, before which the page before ends.
            first_id: String,
            /// The name of the last, after which the next page begins.
            last_id: String,
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
            #[serde(rename = "type")]
            kind: String,
            /// Its name for people.
            display_name: String,
            /// Since when there is it, in RFC 3339.
            created_at: String,
            /// Where it is in its life, such as `active`.
            lifecycle: String,
            /// The most tokens that it reads.
            max_input_tokens: u64,
            /// The most tokens that it writes.
            max_tokens: u64,
            /// From when on it should no longer be used, in RFC 3339.
            deprecated_at: String,
            /// From when on it can't be used, in RFC 3339.
            retires_at: String,
        }
    }
}

pub(super) async fn list(http: &BaseHttpClient, page: &Page) -> Result<ModelList, ClientError> {
    page.ask(http.get("v1/models").operation("list_models")).send().await?.json()
}

pub(super) async fn get(http: &BaseHttpClient, model: &str) -> Result<Model, ClientError> {
    http.get(&format!("v1/models/{}", segment(model))).operation("get_model").send().await?.json()
}
