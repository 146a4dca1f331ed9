//! Whether a model is one of those that a provider offers.

use fourfold_domain::{Effect, ModelSpec, ProviderError, ProviderKey, Reason};

/// The model by the vendor's name for it. Nothing is begun for any other.
pub(crate) fn offered<'s>(
    key: &ProviderKey,
    specs: &'s [ModelSpec],
    vendor_model: &str,
) -> Result<&'s ModelSpec, ProviderError> {
    specs.iter().find(|spec| spec.vendor_model == vendor_model).ok_or_else(|| {
        let message = format!("{key} has no model {vendor_model:?}");
        ProviderError::new(Reason::NotFound, Effect::NotStarted, message)
    })
}
