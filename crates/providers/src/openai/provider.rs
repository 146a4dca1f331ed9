//! OpenAI's wire as a provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use fourfold_clients::http::{BaseHttpClient, ClientError};
use fourfold_clients::openai::{BASE_URL, OpenAiApi, OpenAiClient, VideoVariant, default_settings};
use fourfold_domain::{
    AttemptContext, BoxStream, ByteStream, Cancelled, Circuit, Effect, GenerationRequest, GenerationResult,
    Generator, InvalidInput, MediaMaker, MediaRequest, ModelSpec, Output, OutputSource, Poll, Provider,
    ProviderError, ProviderKey, Reason, Request, Speaker, SpeechRequest, Spoken, Started, StreamChunk,
    UpstreamTask, WireText,
};

use super::chat::{Limit, Manner};
use super::settings::OpenAiOptions;
use super::{CODES, chat, embeddings, images, speech, transcriptions, videos, wire};
use crate::classify::{circuit, classify};
use crate::fetch;
use crate::http_settings::http_client;
use crate::offered::offered;
use crate::wire::{Wire, Words};
use crate::{Constructed, ProviderSettings};

/// A vendor that speaks OpenAI's wire.
pub struct OpenAiProvider {
    key: ProviderKey,
    api: Arc<dyn OpenAiApi>,
    /// The client beneath, for results that lie at addresses and for its breaker.
    http: BaseHttpClient,
    specs: Vec<ModelSpec>,
    manner: Manner,
    /// Of the models whose limit goes into another field than the manner's.
    limits: BTreeMap<String, Limit>,
    wire: Wire,
}

/// OpenAI's own chats.
const MANNER: Manner =
    Manner { codes: CODES, limit: Limit::MaxCompletionTokens, chooses_among_tools: false, failed: None };

const WORDS: Words = Words { said, codes: CODES, failed: None };

/// The row of OpenAI in [`crate::BUILTIN`].
pub(crate) fn construct(key: &ProviderKey, settings: &ProviderSettings) -> Constructed {
    let options: OpenAiOptions = settings.options()?;
    let http = http_client(settings, BASE_URL, &default_settings(), |base_url, key| {
        OpenAiClient::builder(base_url, key)
    })?;
    let specs = options.specs()?;
    let routes = options.routes(settings.base_url.as_deref().unwrap_or(BASE_URL));
    let limits = options.limits();
    let limit = |model: &str| limits.get(model).unwrap_or(&options.limit_field).field();
    Ok(Arc::new(OpenAiProvider {
        key: key.clone(),
        api: Arc::new(OpenAiClient::new(http.clone())),
        wire: Wire::new(key, &specs, &http, WORDS, routes).with_limits(limit),
        http,
        specs,
        manner: Manner { limit: options.limit_field, ..MANNER },
        limits,
    }))
}

impl OpenAiProvider {
    /// A provider of OpenAI's own models over this client, and over the HTTP client beneath it.
    pub fn new(key: ProviderKey, api: Arc<dyn OpenAiApi>, http: BaseHttpClient) -> Self {
        let specs = super::models::models();
        let wire = Wire::new(&key, &specs, &http, WORDS, wire::OWN);
        Self { key, api, http, specs, manner: MANNER, limits: BTreeMap::new(), wire }
    }

    fn manner(&self, vendor_model: &str) -> Manner {
        Manner { limit: *self.limits.get(vendor_model).unwrap_or(&self.manner.limit), ..self.manner }
    }
}

impl Provider for OpenAiProvider {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.specs
    }

    fn check(&self, _vendor_model: &str, request: &Request) -> Result<(), InvalidInput> {
        match request {
            Request::Media(MediaRequest::Transcription(transcription)) => {
                transcriptions::check(transcription)
            }
            Request::Media(MediaRequest::Image(image)) => images::check(image),
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
impl Generator for OpenAiProvider {
    async fn generate(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<GenerationResult, ProviderError> {
        offered(&self.key, &self.specs, &context.vendor_model)?;
        match request {
            GenerationRequest::Chat(chat) => {
                let manner = self.manner(&context.vendor_model);
                let sent = chat::request(&chat, &context.vendor_model, &*context.media, manner).await?;
                let completion = self.api.chat_completion(&sent).await.map_err(said)?;
                chat::result(manner, &chat, completion).map(GenerationResult::Chat)
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
        offered(&self.key, &self.specs, &context.vendor_model)?;
        let GenerationRequest::Chat(chat) = request else {
            let message = "only chats come as streams";
            return Err(ProviderError::new(Reason::Unsupported, Effect::NotStarted, message));
        };
        let manner = self.manner(&context.vendor_model);
        let mut sent = chat::request(&chat, &context.vendor_model, &*context.media, manner).await?;
        sent.stream_options = Some(fourfold_clients::openai::StreamOptions::default().include_usage(true));
        let stream = self.api.chat_completion_stream(&sent).await.map_err(said)?;
        Ok(chat::chunks(manner, &chat, stream))
    }
}

#[async_trait]
impl Speaker for OpenAiProvider {
    async fn speak(&self, speech: SpeechRequest, context: AttemptContext) -> Result<Spoken, ProviderError> {
        let model = context.vendor_model.as_str();
        offered(&self.key, &self.specs, model)?;
        let sound = self.api.generate_speech(&speech::request(&speech, model)).await.map_err(said)?;
        Ok(speech::spoken(CODES, &speech, sound))
    }
}

#[async_trait]
impl MediaMaker for OpenAiProvider {
    async fn start(&self, request: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError> {
        let (model, media) = (context.vendor_model.as_str(), &*context.media);
        offered(&self.key, &self.specs, model)?;
        match request {
            MediaRequest::Image(image) => {
                let images = if image.images.is_empty() {
                    self.api.generate_image(&images::request(&image, model)).await
                } else {
                    self.api.edit_image(&images::edit_request(&image, model, media).await?).await
                };
                images::outputs(CODES, &image, images.map_err(said)?).map(Started::Done)
            }
            MediaRequest::Video(video) => {
                let sent = videos::request(&video, model, media).await?;
                let video = self.api.generate_video(&sent).await.map_err(said)?;
                Ok(videos::started(&video, model))
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
                let heard = heard.map_err(said)?;
                transcriptions::outputs(heard, audio_bytes).map(Started::Done)
            }
        }
    }

    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError> {
        let video = self.api.get_video(&task.id).await.map_err(said)?;
        Ok(videos::poll(CODES, video))
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        match &output.source {
            OutputSource::Bytes(bytes) => Ok(fetch::inline(bytes.clone())),
            OutputSource::Link(url) => fetch::link(CODES, &self.http, url).await,
            OutputSource::Handle(id) => {
                let media = self.api.download_video(id, &VideoVariant::Video).await.map_err(said)?;
                Ok(fetch::body(CODES, media.body))
            }
        }
    }

    async fn cancel(&self, _task: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        // The vendor deletes only what is over.
        Ok(Cancelled::Unsupported)
    }
}

fn said(error: ClientError) -> ProviderError {
    classify(CODES, error)
}
