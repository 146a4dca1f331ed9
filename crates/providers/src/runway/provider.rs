//! Runway as a provider.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fourfold_clients::http::{BaseHttpClient, ClientError};
use fourfold_clients::runway::{BASE_URL, DAILY_LIMIT, RunwayApi, RunwayClient, default_settings};
use fourfold_domain::{
    AttemptContext, ByteStream, Cancelled, Circuit, Effect, InvalidInput, MediaMaker, MediaRequest,
    ModelSpec, Output, OutputSource, Poll, Provider, ProviderError, ProviderKey, Reason, Request, Started,
    UpstreamTask, VendorAccount, VendorBalance,
};

use super::assets::Courier;
use super::models::{ImageModel, SpeechModel, VideoModel, models};
use super::tasks::{self, Work};
use super::{CODES, images, speech, videos};
use crate::classify::{circuit, classify, invalid};
use crate::http_settings::http_client;
use crate::offered::offered;
use crate::settings::NoOptions;
use crate::{Constructed, ProviderSettings, fetch, task_id};

/// Runway.
pub struct RunwayProvider {
    key: ProviderKey,
    api: Arc<dyn RunwayApi>,
    /// The client beneath, for results, which lie at addresses, and for its breaker.
    http: BaseHttpClient,
    specs: Vec<ModelSpec>,
}

/// The vendor says to wait hours for another day's tasks.
const DAILY_WAIT: Duration = Duration::from_secs(60 * 60);

/// The row of Runway in [`crate::BUILTIN`].
pub(crate) fn construct(key: &ProviderKey, settings: &ProviderSettings) -> Constructed {
    let NoOptions {} = settings.options()?;
    let http = http_client(settings, BASE_URL, &default_settings(), |base_url, key| {
        RunwayClient::builder(base_url, key)
    })?;
    let api = Arc::new(RunwayClient::new(http.clone()));
    Ok(Arc::new(RunwayProvider::new(key.clone(), api, http)))
}

impl RunwayProvider {
    /// A provider over this client, and over the HTTP client beneath it.
    pub fn new(key: ProviderKey, api: Arc<dyn RunwayApi>, http: BaseHttpClient) -> Self {
        Self { key, api, http, specs: models() }
    }
}

impl Provider for RunwayProvider {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.specs
    }

    fn check(&self, vendor_model: &str, request: &Request) -> Result<(), InvalidInput> {
        let Request::Media(request) = request else { return Ok(()) };
        match request {
            MediaRequest::Image(image) => {
                ImageModel::find(vendor_model).map_or(Ok(()), |model| model.check(image))
            }
            MediaRequest::Video(video) => {
                VideoModel::find(vendor_model).map_or(Ok(()), |model| model.check(video))
            }
            MediaRequest::Speech(speech) => {
                SpeechModel::find(vendor_model).map_or(Ok(()), |model| model.check(speech))
            }
            MediaRequest::Transcription(_) => Ok(()),
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
impl VendorAccount for RunwayProvider {
    async fn balance(&self) -> Result<Vec<VendorBalance>, ProviderError> {
        let organization = self.api.organization().await.map_err(|error| classify(CODES, error))?;
        let unit = "credits of Runway, of which 100 are a dollar".to_owned();
        Ok(vec![VendorBalance { amount: organization.credit_balance.to_string(), unit }])
    }
}

#[async_trait]
impl MediaMaker for RunwayProvider {
    async fn start(&self, request: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError> {
        let courier = Courier { api: &*self.api, media: &*context.media };
        let name = context.vendor_model;
        offered(&self.key, &self.specs, &name)?;
        let other = |makes| move || invalid(format!("this model makes no {makes}"));
        let (generation, work) = match request {
            MediaRequest::Image(image) => {
                let model = ImageModel::find(&name).ok_or_else(other("pictures"))?;
                images::request(model, &image, courier).await?
            }
            MediaRequest::Video(video) => {
                let model = VideoModel::find(&name).ok_or_else(other("videos"))?;
                videos::request(model, &video, courier).await?
            }
            MediaRequest::Speech(speech) => {
                let model = SpeechModel::find(&name).ok_or_else(other("speech"))?;
                speech::request(model, &speech)?
            }
            MediaRequest::Transcription(_) => return Err(other("transcriptions")()),
        };
        let task = self.api.create_generation(&generation).await.map_err(said)?;
        tasks::started(&task, name, &work)
    }

    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError> {
        let (id, work): (_, Work) = task_id::unpack(&task.id)?;
        // A task that isn't there was deleted or is another account's. Which of them can't be told, so that it is no
        // verdict.
        let task = self.api.get_generation_status(id).await.map_err(said)?;
        Ok(tasks::poll(task, work))
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        match &output.source {
            OutputSource::Bytes(bytes) => Ok(fetch::inline(bytes.clone())),
            OutputSource::Link(url) => fetch::link(CODES, &self.http, url).await,
            OutputSource::Handle(_) => {
                let message = "the vendor gives links and no handles";
                Err(ProviderError::new(Reason::Unsupported, Effect::Started, message))
            }
        }
    }

    async fn cancel(&self, task: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        let (id, _): (_, Work) = task_id::unpack(&task.id)?;
        // What is over would be deleted, with all that it made. What isn't there any more was cancelled before, by a
        // call whose answer was lost.
        let gone = |error: &ProviderError| error.reason == Reason::NotFound;
        match self.api.get_generation_status(id).await.map_err(said) {
            Ok(task) if tasks::is_over(&task) => return Ok(Cancelled::TooLate),
            Ok(_) => {}
            Err(error) if gone(&error) => return Ok(Cancelled::Stopped { used: None }),
            Err(error) => return Err(error),
        }
        // The vendor gives no figure: the task is unknown from here on.
        match self.api.cancel_generation(id).await.map_err(said) {
            Err(error) if !gone(&error) => Err(error),
            _ => Ok(Cancelled::Stopped { used: None }),
        }
    }
}

fn said(error: ClientError) -> ProviderError {
    let is_daily = error.last().code() == Some(DAILY_LIMIT);
    let error = classify(CODES, error);
    let wait = error.retry_after.or(is_daily.then_some(DAILY_WAIT));
    ProviderError { retry_after: wait, ..error }
}
