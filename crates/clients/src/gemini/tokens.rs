//! `models/{model}:countTokens`: how many tokens a request would have.

use serde_json::{Value, json};

use super::generate::{GenerateContentRequest, ModalityTokens};
use super::name::{full_model_name, model_path};
use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::wire_type;

wire_type! {
    /// How many tokens a request would have.
    #[serde(rename_all = "camelCase")]
    pub struct TokenCount {
        must {
            /// All of them.
            total_tokens: u64,
        }
        may {
            /// Those that would be read from the cache.
            cached_content_token_count: u64,
            /// What they are.
            prompt_tokens_details: Vec<ModalityTokens>,
        }
    }
}

pub(super) async fn count(
    http: &BaseHttpClient,
    request: &GenerateContentRequest,
) -> Result<TokenCount, ClientError> {
    let path = format!("{}:countTokens", model_path(&request.model));
    http.post(&path).operation("count_tokens").json(&body(request)?).send().await?.json()
}

/// Contents alone go as they are; all else is counted only within a whole request, which names the model once more.
fn body(request: &GenerateContentRequest) -> Result<Value, ClientError> {
    let mut whole = serde_json::to_value(request).map_err(ClientError::invalid)?;
    if whole.as_object().is_some_and(|fields| fields.len() == 1) {
        return Ok(whole);
    }
    whole["model"] = json!(full_model_name(&request.model));
    Ok(json!({"generateContentRequest": whole}))
}
