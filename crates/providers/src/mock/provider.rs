//! The mock as a provider: what it has, and how it was told to be.

use std::sync::Arc;
use std::time::SystemTime;

use fourfold_domain::{
    Effect, GenerationRequest, Generator, InvalidInput, MediaMaker, ModelSpec, Provider, ProviderError,
    ProviderKey, Reason, Request, Speaker,
};

use super::errors::unavailable;
use super::models::{Manner, models};
use super::settings::{MockFailure, MockSettings};
use super::{chat, embedding};
use crate::{Constructed, ProviderSettings};

/// The provider that needs no vendor.
///
/// Heavy work is done on the blocking threads of the tokio runtime that it is called in.
pub struct MockProvider {
    key: ProviderKey,
    pub(super) settings: MockSettings,
    /// How each of `specs` works, in the same order.
    manners: Vec<Manner>,
    specs: Vec<ModelSpec>,
    pub(super) now: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

/// The row of the mock in [`crate::BUILTIN`].
pub(crate) fn construct(key: &ProviderKey, settings: &ProviderSettings) -> Constructed {
    Ok(Arc::new(MockProvider::new(key.clone(), MockSettings::parse(settings)?)))
}

impl MockProvider {
    /// A mock that goes by the system's clock.
    pub fn new(key: ProviderKey, settings: MockSettings) -> Self {
        Self::with_clock(key, settings, SystemTime::now)
    }

    /// A mock whose slow tasks go by this clock.
    pub fn with_clock(
        key: ProviderKey,
        settings: MockSettings,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        let (manners, specs) = models().into_iter().map(|model| (model.manner, model.spec)).unzip();
        Self { key, settings, manners, specs, now: Box::new(now) }
    }

    pub(super) fn model(&self, vendor_model: &str) -> Result<(Manner, &ModelSpec), ProviderError> {
        let mut models = self.manners.iter().copied().zip(&self.specs);
        models.find(|(_, spec)| spec.vendor_model == vendor_model).ok_or_else(|| {
            let names: Vec<_> = self.specs.iter().map(|spec| spec.vendor_model.as_str()).collect();
            let message = format!("the mock has no model {vendor_model:?}; it has {}", names.join(", "));
            ProviderError::new(Reason::NotFound, Effect::NotStarted, message)
        })
    }

    /// Takes nothing if it is told so.
    pub(super) fn available(&self) -> Result<(), ProviderError> {
        if self.settings.fail == MockFailure::Unavailable { Err(unavailable()) } else { Ok(()) }
    }
}

impl Provider for MockProvider {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.specs
    }

    fn check(&self, _vendor_model: &str, request: &Request) -> Result<(), InvalidInput> {
        match request {
            Request::Generation(GenerationRequest::Chat(chat)) => chat::check(chat),
            Request::Generation(GenerationRequest::Embedding(embedding)) => embedding::check(embedding),
            Request::Media(_) => Ok(()),
        }
    }

    fn generator(&self) -> Option<&dyn Generator> {
        Some(self)
    }

    fn media(&self) -> Option<&dyn MediaMaker> {
        Some(self)
    }

    fn speaker(&self) -> Option<&dyn Speaker> {
        Some(self)
    }
}
