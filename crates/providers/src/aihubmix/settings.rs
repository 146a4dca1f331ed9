//! What can be set about a provider of AIHubMix.

use std::collections::BTreeMap;

use fourfold_domain::ModelSpec;
use serde::Deserialize;

use super::models;
use crate::SettingsError;
use crate::openai::chat::Limit;
use crate::openai::model_options::{ModelOptions, limits};

/// The options of a provider of kind `aihubmix`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AihubmixOptions {
    /// The code of an app that is registered with the vendor, which makes its calls cheaper.
    pub(super) app_code: Option<String>,
    /// Models beside those that are offered anyway, or in place of one of the same name. The vendor has many more than
    /// its page names.
    models: BTreeMap<String, ModelOptions>,
}

impl AihubmixOptions {
    /// The models that are offered: the vendor's own, and those that the configuration names.
    pub(super) fn specs(&self) -> Result<Vec<ModelSpec>, SettingsError> {
        let own = models::models().into_iter().filter(|spec| !self.models.contains_key(&spec.vendor_model));
        let named = self.models.iter().map(|(name, model)| {
            let usual = models::usual(name, model.modality);
            model.spec(name, usual)
        });
        own.map(Ok).chain(named).collect()
    }

    /// The limits of the models that have one of their own.
    pub(super) fn limits(&self) -> BTreeMap<String, Limit> {
        limits(&self.models)
    }
}
