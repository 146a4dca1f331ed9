//! AIHubMix as a provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use fourfold_clients::aihubmix::{
    AihubmixApi, AihubmixClient, BASE_URL, PredictionTask, Video, default_settings,
};
use fourfold_clients::http::BaseHttpClient;
use fourfold_clients::openai::StreamOptions;
use fourfold_domain::{
    AttemptContext, BoxStream, ByteStream, Cancelled, Circuit, Effect, GenerationRequest, GenerationResult,
    Generator, ImageRequest, InvalidInput, MediaMaker, MediaReader, MediaRequest, ModelSpec, Output,
    OutputSource, Poll, Provider, ProviderError, ProviderKey, Reason, Request, Speaker, SpeechRequest,
    Spoken, Started, StreamChunk, UpstreamTask, WireText,
};

use super::errors::said;
use super::settings::AihubmixOptions;
use super::task::{Route, Task};
use super::{CODES, chat, images, models, transcriptions, videos};
use crate::classify::circuit;
use crate::fetch;
use crate::http_settings::http_client;
use crate::offered::offered;
use crate::openai::chat::{Limit, Manner, chunks, request, result};
use crate::openai::transcriptions as openai_transcriptions;
use crate::openai::wire::USUAL;
use crate::openai::{embeddings, speech};
use crate::wire::{Wire, Words};
use crate::{Constructed, ProviderSettings};

/// AIHubMix.
pub struct AihubmixProvider {
    key: ProviderKey,
    api: Arc<dyn AihubmixApi>,
    /// The client beneath, for its breaker.
    http: BaseHttpClient,
    specs: Vec<ModelSpec>,
    wire: Wire,
    /// Of the models whose limit goes into a field that the configuration names.
    limits: BTreeMap<String, Limit>,
}

const WORDS: Words = Words { said, codes: CODES, failed: chat::FAILED };

/// The row of AIHubMix in [`crate::BUILTIN`].
pub(crate) fn construct(key: &ProviderKey, settings: &ProviderSettings) -> Constructed {
    let options: AihubmixOptions = settings.options()?;
    let http = http_client(settings, BASE_URL, &default_settings(), |base_url, key| {
        let builder = AihubmixClient::builder(base_url, key);
        match &options.app_code {
            Some(app_code) => builder.default_header("APP-Code", app_code),
            None => builder,
        }
    })?;
    let api = Arc::new(AihubmixClient::new(http.clone()));
    let (specs, limits) = (options.specs()?, options.limits());
    let limit = |model: &str| limits.get(model).copied().unwrap_or_else(|| chat::limit(model)).field();
    let wire = Wire::new(key, &specs, &http, WORDS, USUAL).with_limits(limit);
    Ok(Arc::new(AihubmixProvider { key: key.clone(), api, http, specs, wire, limits }))
}

impl AihubmixProvider {
    /// A provider of the vendor's own models over this client, and over the HTTP client beneath it.
    pub fn new(key: ProviderKey, api: Arc<dyn AihubmixApi>, http: BaseHttpClient) -> Self {
        let specs = models::models();
        let wire = Wire::new(&key, &specs, &http, WORDS, USUAL);
        let wire = wire.with_limits(|model| chat::limit(model).field());
        Self { key, api, http, specs, wire, limits: BTreeMap::new() }
    }

    fn manner(&self, vendor_model: &str) -> Result<Manner, ProviderError> {
        offered(&self.key, &self.specs, vendor_model)?;
        let limit = self.limits.get(vendor_model).copied();
        Ok(chat::manner(limit.unwrap_or_else(|| chat::limit(vendor_model))))
    }

    async fn draw(
        &self,
        image: &ImageRequest,
        model: &str,
        media: &dyn MediaReader,
    ) -> Result<Started, ProviderError> {
        if let Some(path_vendor) = images::path_vendor(model) {
            let sent = images::prediction(image, path_vendor, model, media).await?;
            let prediction = self.api.predict_image(&sent).await.map_err(said)?;
            return images::started(prediction, image.quantity(image.n), model);
        }
        let pictures = if image.images.is_empty() {
            self.api.generate_image(&images::request(image, model)).await
        } else {
            self.api.edit_image(&images::edit_request(image, model, media).await?).await
        };
        crate::openai::images::outputs(CODES, image, pictures.map_err(said)?).map(Started::Done)
    }
}

impl Provider for AihubmixProvider {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.specs
    }

    fn check(&self, _vendor_model: &str, request: &Request) -> Result<(), InvalidInput> {
        match request {
            Request::Generation(GenerationRequest::Chat(chat)) => chat::check(chat),
            Request::Media(MediaRequest::Image(image)) => {
                crate::openai::images::check_mask(image)?;
                images::check(image)
            }
            Request::Media(MediaRequest::Transcription(transcription)) => {
                openai_transcriptions::check(transcription)
            }
            _ => Ok(()),
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

    fn wire(&self) -> Option<&dyn WireText> {
        Some(&self.wire)
    }

    fn circuit(&self) -> Circuit {
        circuit(&self.http)
    }
}

#[async_trait]
impl Generator for AihubmixProvider {
    async fn generate(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<GenerationResult, ProviderError> {
        let manner = self.manner(&context.vendor_model)?;
        match request {
            GenerationRequest::Chat(chat) => {
                let sent = self::request(&chat, &context.vendor_model, &*context.media, manner).await?;
                let completion = self.api.chat_completion(&sent).await.map_err(said)?;
                result(manner, &chat, completion).map(GenerationResult::Chat)
            }
            GenerationRequest::Embedding(embedding) => {
                let sent = embeddings::request(&embedding, &context.vendor_model);
                let vectors = self.api.embeddings(&sent).await.map_err(said)?;
                embeddings::result(CODES, &embedding, vectors).map(GenerationResult::Embedding)
            }
        }
    }

    async fn generate_stream(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<BoxStream<Result<StreamChunk, ProviderError>>, ProviderError> {
        let manner = self.manner(&context.vendor_model)?;
        let GenerationRequest::Chat(chat) = request else {
            let message = "only chats come as streams";
            return Err(ProviderError::new(Reason::Unsupported, Effect::NotStarted, message));
        };
        let mut sent = self::request(&chat, &context.vendor_model, &*context.media, manner).await?;
        sent.stream_options = Some(StreamOptions::default().include_usage(true));
        let stream = self.api.chat_completion_stream(&sent).await.map_err(said)?;
        Ok(chunks(manner, &chat, stream))
    }
}

#[async_trait]
impl Speaker for AihubmixProvider {
    async fn speak(&self, speech: SpeechRequest, context: AttemptContext) -> Result<Spoken, ProviderError> {
        let model = context.vendor_model.as_str();
        offered(&self.key, &self.specs, model)?;
        let sound = self.api.generate_speech(&speech::request(&speech, model)).await.map_err(said)?;
        Ok(speech::spoken(CODES, &speech, sound))
    }
}

#[async_trait]
impl MediaMaker for AihubmixProvider {
    async fn start(&self, request: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError> {
        let (model, media) = (context.vendor_model.as_str(), &*context.media);
        offered(&self.key, &self.specs, model)?;
        match request {
            MediaRequest::Image(image) => self.draw(&image, model, media).await,
            MediaRequest::Video(video) => {
                let sent = videos::request(&video, model, media).await?;
                let taken = self.api.generate_video(&sent).await.map_err(said)?;
                videos::started(taken, video.quantity(video.seconds), model).map(Started::Task)
            }
            MediaRequest::Speech(speech) => {
                let sound = self.api.generate_speech(&speech::request(&speech, model)).await.map_err(said)?;
                speech::outputs(CODES, &speech, sound).await.map(Started::Done)
            }
            MediaRequest::Transcription(transcription) => {
                let (sent, audio_bytes) = transcriptions::request(&transcription, model, media).await?;
                let heard = if transcription.translate {
                    self.api.translate_audio(&sent).await
                } else {
                    self.api.transcribe_audio(&sent).await
                };
                openai_transcriptions::outputs(heard.map_err(said)?, audio_bytes).map(Started::Done)
            }
        }
    }

    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError> {
        let Task { id, route, asked } = Task::from_id(&task.id)?;
        match route {
            Route::Video => {
                let video = self.api.get_video_status(&id).await.map_err(said)?;
                Ok(videos::poll(video, asked))
            }
            Route::Prediction(polling_url) => {
                let task = PredictionTask::new(id, polling_url);
                let prediction = self.api.get_prediction(&task).await.map_err(said)?;
                images::poll(prediction, asked)
            }
        }
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        let media = match &output.source {
            OutputSource::Bytes(bytes) => return Ok(fetch::inline(bytes.clone())),
            OutputSource::Link(link) if output.media_type == videos::MEDIA_TYPE => {
                self.api.download_video(&Video::new("").video_url(link)).await
            }
            OutputSource::Link(link) => self.api.download_image(link).await,
            OutputSource::Handle(id) => self.api.download_video(&Video::new(id)).await,
        };
        Ok(fetch::body(CODES, media.map_err(said)?.body))
    }

    async fn cancel(&self, _task: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        // The vendor deletes a video at any stage, but what was begun is paid nevertheless, and then can't be had.
        Ok(Cancelled::Unsupported)
    }
}
