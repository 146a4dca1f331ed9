//! `models`: what there is, and what it can do.

use super::name::model_path;
use super::page::Page;
use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::wire_type;

wire_type! {
    /// A page of the models that a key may use.
    #[serde(rename_all = "camelCase")]
    pub struct ModelList {
        must {
            /// The models.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            models: Vec<Model>,
        }
        may {
            /// What the next page is asked for by; nothing on the last page.
            next_page_token: String,
        }
    }
}

wire_type! {
    /// A model.
    #[serde(rename_all = "camelCase")]
    pub struct Model {
        must {
            /// Its name, with `models/` in front.
            name: String,
        }
        may {
            /// The model that it was made of.
            base_model_id: String,
            /// Its version.
            version: String,
            /// Its name for people.
            display_name: String,
            /// What it is for.
            description: String,
            /// The most tokens that it reads.
            input_token_limit: u64,
            /// The most tokens that it writes.
            output_token_limit: u64,
            /// What can be asked of it, such as `generateContent`.
            supported_generation_methods: Vec<String>,
            /// Whether it thinks.
            thinking: bool,
            /// How much it leaves to chance where nothing is said.
            temperature: f64,
            /// How much it can leave to chance.
            max_temperature: f64,
            /// The share of likely words that it draws from where nothing is said.
            top_p: f64,
            /// How many likely words it draws from where nothing is said.
            top_k: f64,
        }
    }
}

pub(super) async fn list(http: &BaseHttpClient, page: &Page) -> Result<ModelList, ClientError> {
    page.ask(http.get("models")).operation("list_models").send().await?.json()
}

pub(super) async fn get(http: &BaseHttpClient, model: &str) -> Result<Model, ClientError> {
    http.get(&model_path(model)).operation("get_model").send().await?.json()
}
