//! Stability as a provider.

use std::sync::Arc;

use async_trait::async_trait;
use fourfold_clients::http::{BaseHttpClient, ClientError};
use fourfold_clients::stability::{BASE_URL, StabilityApi, StabilityClient, default_settings};
use fourfold_domain::{
    AttemptContext, ByteStream, Cancelled, Circuit, Effect, InvalidInput, MediaMaker, MediaRequest,
    ModelSpec, Output, OutputSource, Poll, Provider, ProviderError, ProviderKey, Reason, Request, Started,
    UpstreamTask, VendorAccount, VendorBalance,
};

use super::images::{self, Asked};
use super::models::{self, Route};
use super::tasks::{self, FailedLooks};
use super::{CODES, check, results};
use crate::classify::{circuit, classify, invalid};
use crate::fetch;
use crate::http_settings::http_client;
use crate::offered::unknown;
use crate::settings::NoOptions;
use crate::{Constructed, ProviderSettings};

/// Stability, with one credential.
pub struct StabilityProvider {
    key: ProviderKey,
    api: Arc<dyn StabilityApi>,
    /// The client beneath, for its breaker.
    http: BaseHttpClient,
    specs: Vec<ModelSpec>,
    failed_looks: FailedLooks,
}

/// The row of Stability in [`crate::BUILTIN`].
pub(crate) fn construct(key: &ProviderKey, settings: &ProviderSettings) -> Constructed {
    let NoOptions {} = settings.options()?;
    let http = http_client(settings, BASE_URL, &default_settings(), |base_url, key| {
        StabilityClient::builder(base_url, key)
    })?;
    let api = Arc::new(StabilityClient::new(http.clone()));
    Ok(Arc::new(StabilityProvider::new(key.clone(), api, http)))
}

impl StabilityProvider {
    /// A provider of Stability's models over this client, and over the HTTP client beneath it.
    pub fn new(key: ProviderKey, api: Arc<dyn StabilityApi>, http: BaseHttpClient) -> Self {
        Self { key, api, http, specs: models::models(), failed_looks: FailedLooks::default() }
    }

    fn route(&self, vendor_model: &str) -> Result<Route, ProviderError> {
        models::route(vendor_model).ok_or_else(|| unknown(&self.key, vendor_model))
    }
}

impl Provider for StabilityProvider {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.specs
    }

    fn check(&self, vendor_model: &str, request: &Request) -> Result<(), InvalidInput> {
        match (request, models::route(vendor_model)) {
            (Request::Media(MediaRequest::Image(image)), Some(route)) => check::check(image, route),
            _ => Ok(()),
        }
    }

    fn media(&self) -> Option<&dyn MediaMaker> {
        Some(self)
    }

    fn account(&self) -> Option<&dyn VendorAccount> {
        Some(self)
    }

    fn circuit(&self) -> Circuit {
        circuit(&self.http)
    }
}

#[async_trait]
impl VendorAccount for StabilityProvider {
    async fn balance(&self) -> Result<Vec<VendorBalance>, ProviderError> {
        let balance = self.api.balance().await.map_err(|error| classify(CODES, error))?;
        let unit = "credits of Stability, of which 100 are a dollar".to_owned();
        Ok(vec![VendorBalance { amount: balance.credits.to_string(), unit }])
    }
}

#[async_trait]
impl MediaMaker for StabilityProvider {
    async fn start(&self, request: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError> {
        let (model, media) = (context.vendor_model.as_str(), &*context.media);
        let route = self.route(model)?;
        let MediaRequest::Image(image) = request else {
            return Err(unsupported("this provider makes pictures only"));
        };
        check::check(&image, route).map_err(|error| invalid(error.to_string()))?;
        match images::request(&image, route, model, media).await? {
            Asked::Picture(sent) => {
                let generated = self.api.generate_image(&sent).await.map_err(said)?;
                let generated = results::judged(generated)?;
                results::outputs(generated, image.format.as_deref()).await.map(Started::Done)
            }
            Asked::Task(sent) => {
                let task = self.api.start_image(&sent).await.map_err(said)?;
                Ok(tasks::started(task, model))
            }
        }
    }

    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError> {
        match self.api.get_result(&task.id).await {
            Ok(result) => {
                self.failed_looks.forget(&task.id);
                tasks::poll(result).await
            }
            Err(error) => self.failed_looks.judge(&task.id, error),
        }
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        match &output.source {
            OutputSource::Bytes(bytes) => Ok(fetch::inline(bytes.clone())),
            OutputSource::Link(_) | OutputSource::Handle(_) => {
                Err(unsupported("results of this provider come with their answers"))
            }
        }
    }

    async fn cancel(&self, _task: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        // The vendor can't be asked to stop.
        Ok(Cancelled::Unsupported)
    }
}

fn said(error: ClientError) -> ProviderError {
    classify(CODES, error)
}

fn unsupported(message: &str) -> ProviderError {
    ProviderError::new(Reason::Unsupported, Effect::NotStarted, message)
}
