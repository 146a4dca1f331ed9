//! What can be set about a provider that speaks Anthropic's wire.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::models::{MODELS, OUTPUT_TOKENS_MAX};

/// The options of a provider of kind `anthropic`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AnthropicOptions {
    /// The models, by the vendor's names for them. Left out, those of our own table.
    models: BTreeMap<String, ModelOptions>,
    /// The version of the API.
    pub(super) version: Version,
}

/// A model that the configuration names.
#[derive(Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ModelOptions {
    /// How it is told to think: `adaptive`, `budget` or `none`.
    pub(super) thinking: ThinkingForm,
    /// The most tokens that it writes.
    pub(super) max_tokens: u32,
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self { thinking: ThinkingForm::default(), max_tokens: OUTPUT_TOKENS_MAX }
    }
}

/// How a model is told to think.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ThinkingForm {
    /// As much as it likes, for an effort: newer models.
    #[default]
    Adaptive,
    /// Within a budget of tokens: models that go on with a message which was begun for them.
    Budget,
    /// It doesn't.
    None,
}

/// A version of the API, as its header names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
pub(super) enum Version {
    /// The newest.
    #[default]
    #[serde(rename = "2026-10-21")]
    V2026,
    /// The one before, which has settings of chance.
    #[serde(rename = "2023-06-01")]
    V2023,
}

impl Version {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::V2026 => "2026-10-21",
            Self::V2023 => "2023-06-01",
        }
    }
}

impl AnthropicOptions {
    /// The models that are offered.
    pub(super) fn models(&self) -> BTreeMap<String, ModelOptions> {
        if !self.models.is_empty() {
            return self.models.clone();
        }
        let own = |(name, thinking): &(&str, ThinkingForm)| {
            ((*name).to_owned(), ModelOptions { thinking: *thinking, ..ModelOptions::default() })
        };
        MODELS.iter().map(own).collect()
    }
}
