//! The catalog that is shipped, a file a vendor. What each model costs the operator is in it; what it costs the user
//! follows from that and `pricing.markup_percent`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use fourfold_service::catalog::{Catalog, ModelSettings};
use fourfold_service::ports::Providers;

use crate::config::Settings;

/// The files, by the vendor's name.
const SHIPPED: &[(&str, &str)] = &[
    ("aihubmix", include_str!("catalog/aihubmix.yaml")),
    ("anthropic", include_str!("catalog/anthropic.yaml")),
    ("deepseek", include_str!("catalog/deepseek.yaml")),
    ("gemini", include_str!("catalog/gemini.yaml")),
    ("mock", include_str!("catalog/mock.yaml")),
    ("openai", include_str!("catalog/openai.yaml")),
    ("runway", include_str!("catalog/runway.yaml")),
    ("stability", include_str!("catalog/stability.yaml")),
];

/// The shipped catalog with the operator's models over it: theirs beat those of the same name.
pub(crate) fn catalog(settings: &Settings, providers: &dyn Providers) -> Result<Catalog> {
    let mut models = merged(SHIPPED)?;
    models.extend(settings.models.clone());
    Ok(Catalog::build(&models, settings.pricing, providers)?)
}

/// The models of all files. None may be in two of them.
fn merged(files: &[(&str, &str)]) -> Result<BTreeMap<String, ModelSettings>> {
    let mut models = BTreeMap::new();
    for (vendor, text) in files {
        let own: BTreeMap<String, ModelSettings> = serde_saphyr::from_str(text)
            .with_context(|| format!("the shipped catalog of {vendor} can't be read"))?;
        for (name, settings) in own {
            ensure!(
                models.insert(name.clone(), settings).is_none(),
                "the shipped catalog has {name} twice, the second time in that of {vendor}"
            );
        }
    }
    Ok(models)
}

#[cfg(test)]
mod tests;
