//! What can be set about a provider that speaks OpenAI's wire.

use std::collections::BTreeMap;

use fourfold_domain::{Modality, ModelSpec};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::models;

/// The options of a provider of kind `openai`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OpenAiOptions {
    /// The HTTP client.
    pub(super) http: Map<String, Value>,
    /// The models of a vendor other than OpenAI, by its names for them. Left out, OpenAI's own.
    pub(super) models: BTreeMap<String, ModelOptions>,
    /// The field that the limit of a chat goes into: `max_completion_tokens` or `max_tokens`.
    pub(super) limit_field: LimitField,
}

/// A model that the configuration names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelOptions {
    /// What it makes.
    modality: Modality,
}

/// The field that the limit of a chat goes into.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LimitField {
    #[default]
    MaxCompletionTokens,
    MaxTokens,
}

impl OpenAiOptions {
    /// The models that are offered.
    pub(super) fn specs(&self) -> Vec<ModelSpec> {
        if self.models.is_empty() {
            return models::models();
        }
        let spec = |(name, options): (&String, &ModelOptions)| ModelSpec {
            vendor_model: name.clone(),
            modality: options.modality,
            parameters: models::usual(options.modality),
        };
        self.models.iter().map(spec).collect()
    }
}
