//! Gemini as a provider.

use std::sync::Arc;

use async_trait::async_trait;
use fourfold_clients::gemini::{BASE_URL, GeminiApi, GeminiClient, default_settings};
use fourfold_clients::http::BaseHttpClient;
use fourfold_domain::{
    AttemptContext, BoxStream, ByteStream, Cancelled, Circuit, Effect, GenerationRequest, GenerationResult,
    Generator, InvalidInput, MediaMaker, MediaRequest, ModelSpec, Output, OutputSource, Poll, Provider,
    ProviderError, ProviderKey, Quantity, Reason, Request, Started, StreamChunk, UpstreamTask,
};

use super::{CODES, chat, embeddings, images, safety, said, speech, videos};
use crate::classify::circuit;
use crate::http_settings::http_client;
use crate::offered::offered;
use crate::settings::NoOptions;
use crate::{Constructed, ProviderSettings, fetch, task_id};

/// Google's Gemini.
pub struct GeminiProvider {
    key: ProviderKey,
    api: Arc<dyn GeminiApi>,
    /// The client beneath, for results that lie at addresses and for its breaker.
    http: BaseHttpClient,
    specs: Vec<ModelSpec>,
}

/// The row of Gemini in [`crate::BUILTIN`].
pub(crate) fn construct(key: &ProviderKey, settings: &ProviderSettings) -> Constructed {
    let NoOptions {} = settings.options()?;
    let http = http_client(settings, BASE_URL, &default_settings(), |base_url, key| {
        GeminiClient::builder(base_url, key)
    })?;
    let api = Arc::new(GeminiClient::new(http.clone()));
    Ok(Arc::new(GeminiProvider::new(key.clone(), api, http)))
}

impl GeminiProvider {
    /// A provider of Gemini's models over this client, and over the HTTP client beneath it.
    pub fn new(key: ProviderKey, api: Arc<dyn GeminiApi>, http: BaseHttpClient) -> Self {
        Self { key, api, http, specs: super::models::models() }
    }
}

impl Provider for GeminiProvider {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.specs
    }

    fn check(&self, _vendor_model: &str, request: &Request) -> Result<(), InvalidInput> {
        match request {
            Request::Generation(GenerationRequest::Chat(chat)) => chat::check(chat),
            Request::Generation(GenerationRequest::Embedding(embedding)) => embeddings::check(embedding),
            Request::Media(MediaRequest::Image(image)) => safety::check(&image.extras),
            Request::Media(MediaRequest::Speech(speech)) => safety::check(&speech.extras),
            Request::Media(MediaRequest::Video(_) | MediaRequest::Transcription(_)) => Ok(()),
        }
    }

    fn generator(&self) -> Option<&dyn Generator> {
        Some(self)
    }

    fn media(&self) -> Option<&dyn MediaMaker> {
        Some(self)
    }

    fn circuit(&self) -> Circuit {
        circuit(&self.http)
    }
}

#[async_trait]
impl Generator for GeminiProvider {
    async fn generate(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<GenerationResult, ProviderError> {
        let model = context.vendor_model.as_str();
        offered(&self.key, &self.specs, model)?;
        match request {
            GenerationRequest::Chat(chat) => {
                let sent = chat::request(&chat, model, &*context.media).await?;
                let response = self.api.generate_content(&sent).await.map_err(said)?;
                chat::result(&chat, &response).map(GenerationResult::Chat)
            }
            GenerationRequest::Embedding(embedding) => {
                let sent = embeddings::requests(&embedding, model)?;
                let vectors = self.api.batch_embed_contents(&sent).await.map_err(said)?;
                embeddings::result(&embedding, model, vectors).map(GenerationResult::Embedding)
            }
        }
    }

    async fn generate_stream(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<BoxStream<Result<StreamChunk, ProviderError>>, ProviderError> {
        offered(&self.key, &self.specs, &context.vendor_model)?;
        let GenerationRequest::Chat(chat) = request else {
            let message = "only chats come as streams";
            return Err(ProviderError::new(Reason::Unsupported, Effect::NotStarted, message));
        };
        let sent = chat::request(&chat, &context.vendor_model, &*context.media).await?;
        let stream = self.api.generate_content_stream(&sent).await.map_err(said)?;
        Ok(chat::chunks(&chat, stream))
    }
}

#[async_trait]
impl MediaMaker for GeminiProvider {
    async fn start(&self, request: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError> {
        let (model, media) = (context.vendor_model.as_str(), &*context.media);
        offered(&self.key, &self.specs, model)?;
        match request {
            MediaRequest::Image(image) => {
                let sent = images::request(&image, model, media).await?;
                let response = self.api.generate_image(&sent).await.map_err(said)?;
                images::outputs(&image, &response).map(Started::Done)
            }
            MediaRequest::Video(video) => {
                let sent = videos::request(&video, model, media).await?;
                let interaction = self.api.create_interaction(&sent).await.map_err(said)?;
                videos::started(&video, model, &interaction)
            }
            MediaRequest::Speech(speech) => {
                let sent = speech::request(&speech, model);
                let response = self.api.generate_speech(&sent).await.map_err(said)?;
                speech::outputs(&speech, &response).map(Started::Done)
            }
            MediaRequest::Transcription(_) => {
                let message = "the vendor makes no transcriptions";
                Err(ProviderError::new(Reason::Unsupported, Effect::NotStarted, message))
            }
        }
    }

    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError> {
        let (id, asked): (_, Quantity) = task_id::unpack(&task.id)?;
        let interaction = self.api.get_interaction(id).await.map_err(said)?;
        videos::poll(asked, &interaction)
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        match &output.source {
            OutputSource::Bytes(bytes) => Ok(fetch::inline(bytes.clone())),
            OutputSource::Link(url) => fetch::link(CODES, &self.http, url).await,
            OutputSource::Handle(file) => {
                let media = self.api.download_file(file).await.map_err(said)?;
                Ok(fetch::body(CODES, media.body))
            }
        }
    }

    async fn cancel(&self, task: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        let (id, _): (_, Quantity) = task_id::unpack(&task.id)?;
        videos::cancelled(self.api.cancel_interaction(id).await)
    }
}
