//! What can be set about a provider that speaks OpenAI's wire.

use std::collections::BTreeMap;

use fourfold_clients::openai::BASE_URL;
use fourfold_domain::ModelSpec;
use serde::Deserialize;

use super::chat::Limit;
use super::model_options::{ModelOptions, limits};
use super::{models, wire};
use crate::SettingsError;
use crate::wire::WireRoute;

/// The options of a provider of kind `openai`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OpenAiOptions {
    /// The models of a vendor other than OpenAI, by its names for them. Left out, OpenAI's own.
    models: BTreeMap<String, ModelOptions>,
    /// The field that the limit of a chat goes into: `max_completion_tokens` or `max_tokens`.
    pub(super) limit_field: Limit,
}

impl OpenAiOptions {
    /// The models that are offered.
    pub(super) fn specs(&self) -> Result<Vec<ModelSpec>, SettingsError> {
        if self.models.is_empty() {
            return Ok(models::models());
        }
        self.models.iter().map(|(name, model)| model.spec(name, models::usual(model.modality))).collect()
    }

    /// The dialects that are spoken: of a vendor other than OpenAI, what any vendor of this wire speaks.
    pub(super) fn routes(&self, base_url: &str) -> &'static [WireRoute] {
        if self.models.is_empty() || base_url == BASE_URL { wire::OWN } else { wire::USUAL }
    }

    /// The limits of the models that have one of their own.
    pub(super) fn limits(&self) -> BTreeMap<String, Limit> {
        limits(&self.models)
    }
}
