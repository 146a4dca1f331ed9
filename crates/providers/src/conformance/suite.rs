//! The rules in their order.

use std::collections::BTreeSet;
use std::sync::Arc;

use fourfold_domain::{Modality, ModelSpec, Provider};

use super::{media, speech, table, text};

/// A rule that a provider breaks.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{about}: {rule}; found {found}")]
pub struct Broken {
    /// The model, or the provider where it isn't about one model.
    pub about: String,
    /// What must hold.
    pub rule: &'static str,
    /// What was there instead.
    pub found: String,
}

/// Runs every rule over a provider and tells the first that it breaks.
///
/// `build` makes a fresh instance each time it is called, as a restart would: what one instance started,
/// another must be able to answer for. Each model is asked for one small result, which a vendor may charge
/// for. Waits between polls by tokio's clock, so a test that pauses it doesn't wait.
pub async fn check(build: impl Fn() -> Arc<dyn Provider>) -> Result<(), Broken> {
    let provider = build();
    let models = provider.models();
    let key = provider.key().as_str();
    hold(!models.is_empty(), key, "offers at least one model", || "none".to_owned())?;
    let names: BTreeSet<_> = models.iter().map(|model| &model.vendor_model).collect();
    hold(names.len() == models.len(), key, "offers each model once", || format!("{names:?}"))?;
    hold(build().models() == models, key, "offers the same models after a restart", || "others".to_owned())?;
    for model in models {
        table::check(model)?;
        check_offer(&*provider, model)?;
        if is_text(model.modality) {
            text::check(&*provider, model).await?;
        } else {
            media::check(&build, model).await?;
            speech::check(&*provider, model).await?;
        }
    }
    Ok(())
}

/// Goes on where the rule holds.
pub(super) fn hold(
    holds: bool,
    about: &str,
    rule: &'static str,
    found: impl FnOnce() -> String,
) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { about: about.to_owned(), rule, found: found() }) }
}

fn check_offer(provider: &dyn Provider, model: &ModelSpec) -> Result<(), Broken> {
    let offered = match is_text(model.modality) {
        true => provider.generator().is_some() || provider.wire().is_some(),
        false => provider.media().is_some(),
    };
    hold(offered, &model.vendor_model, "the provider offers the trait that serves it", || {
        format!("none for {}", model.modality.as_str())
    })
}

fn is_text(modality: Modality) -> bool {
    matches!(modality, Modality::Chat | Modality::Embedding)
}
