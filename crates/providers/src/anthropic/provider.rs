//! Anthropic's wire as a provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use fourfold_clients::anthropic::{AnthropicApi, AnthropicClient, BASE_URL, default_settings};
use fourfold_clients::http::BaseHttpClient;
use fourfold_domain::{
    AttemptContext, BoxStream, ChatRequest, Circuit, Effect, GenerationRequest, GenerationResult, Generator,
    InvalidInput, ModelSpec, Provider, ProviderError, ProviderKey, Reason, Request, StreamChunk, WireText,
};

use super::settings::{AnthropicOptions, ThinkingForm};
use super::wire::ROUTES;
use super::{CODES, chat, models, said};
use crate::classify::circuit;
use crate::http_settings::http_client;
use crate::offered::offered;
use crate::wire::{Wire, Words};
use crate::{Constructed, ProviderSettings};

/// A vendor that speaks Anthropic's wire.
pub struct AnthropicProvider {
    key: ProviderKey,
    api: Arc<dyn AnthropicApi>,
    /// The client beneath, for its breaker.
    http: BaseHttpClient,
    specs: Vec<ModelSpec>,
    thinking: BTreeMap<String, ThinkingForm>,
    wire: Wire,
}

const WORDS: Words = Words { said, codes: CODES, failed: None };

/// The row of Anthropic in [`crate::BUILTIN`].
pub(crate) fn construct(key: &ProviderKey, settings: &ProviderSettings) -> Constructed {
    let options: AnthropicOptions = settings.options()?;
    let http = http_client(settings, BASE_URL, &default_settings(), |base_url, key| {
        AnthropicClient::builder(base_url, key).default_header("anthropic-version", options.version.as_str())
    })?;
    let api = Arc::new(AnthropicClient::new(http.clone()));
    Ok(Arc::new(AnthropicProvider::with(key.clone(), api, http, &options)))
}

impl AnthropicProvider {
    /// A provider of Anthropic's own models over this client, and over the HTTP client beneath it.
    pub fn new(key: ProviderKey, api: Arc<dyn AnthropicApi>, http: BaseHttpClient) -> Self {
        Self::with(key, api, http, &AnthropicOptions::default())
    }

    fn with(
        key: ProviderKey,
        api: Arc<dyn AnthropicApi>,
        http: BaseHttpClient,
        options: &AnthropicOptions,
    ) -> Self {
        let offered = options.models();
        let specs: Vec<_> =
            offered.iter().map(|(name, model)| models::spec(name, model, options.version)).collect();
        let thinking = offered.into_iter().map(|(name, model)| (name, model.thinking)).collect();
        let wire = Wire::new(&key, &specs, &http, WORDS, ROUTES);
        Self { key, api, http, specs, thinking, wire }
    }

    /// How the model thinks; an error if there is no such model.
    fn known(&self, vendor_model: &str) -> Result<ThinkingForm, ProviderError> {
        offered(&self.key, &self.specs, vendor_model)?;
        Ok(self.thinking.get(vendor_model).copied().unwrap_or_default())
    }
}

impl Provider for AnthropicProvider {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.specs
    }

    fn check(&self, vendor_model: &str, request: &Request) -> Result<(), InvalidInput> {
        match (request, self.thinking.get(vendor_model)) {
            (Request::Generation(GenerationRequest::Chat(chat)), Some(thinking)) => {
                chat::check(chat, *thinking)
            }
            _ => Ok(()),
        }
    }

    fn generator(&self) -> Option<&dyn Generator> {
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
impl Generator for AnthropicProvider {
    async fn generate(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<GenerationResult, ProviderError> {
        let thinking = self.known(&context.vendor_model)?;
        let chat = chat_of(request)?;
        let sent = chat::request(&chat, &context.vendor_model, &*context.media, thinking).await?;
        let message = self.api.create_message(&sent).await.map_err(said)?;
        Ok(GenerationResult::Chat(chat::result(&chat, message)))
    }

    async fn generate_stream(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<BoxStream<Result<StreamChunk, ProviderError>>, ProviderError> {
        let thinking = self.known(&context.vendor_model)?;
        let chat = chat_of(request)?;
        let sent = chat::request(&chat, &context.vendor_model, &*context.media, thinking).await?;
        let events = self.api.create_message_stream(&sent).await.map_err(said)?;
        Ok(chat::chunks(&chat, events))
    }
}

fn chat_of(request: GenerationRequest) -> Result<Box<ChatRequest>, ProviderError> {
    match request {
        GenerationRequest::Chat(chat) => Ok(chat),
        GenerationRequest::Embedding(_) => {
            Err(ProviderError::new(Reason::Unsupported, Effect::NotStarted, "the vendor has no vectors"))
        }
    }
}
