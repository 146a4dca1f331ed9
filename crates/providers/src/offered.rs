//! Whether a model is one of those that a provider offers.

#[cfg(any(feature = "anthropic", feature = "gemini", feature = "openai", feature = "runway"))]
use fourfold_domain::ModelSpec;
use fourfold_domain::{Effect, ProviderError, ProviderKey, Reason};

/// The model by the vendor's name for it. Nothing is begun for any other.
#[cfg(any(feature = "anthropic", feature = "gemini", feature = "openai", feature = "runway"))]
pub(crate) fn offered<'s>(
    key: &ProviderKey,
    specs: &'s [ModelSpec],
    vendor_model: &str,
) -> Result<&'s ModelSpec, ProviderError> {
    let spec = specs.iter().find(|spec| spec.vendor_model == vendor_model);
    spec.ok_or_else(|| unknown(key, vendor_model))
}

/// The model isn't one of them.
pub(crate) fn unknown(key: &ProviderKey, vendor_model: &str) -> ProviderError {
    let message = format!("{key} has no model {vendor_model:?}");
    ProviderError::new(Reason::NotFound, Effect::NotStarted, message)
}
