//! DeepSeek as a provider.

use std::sync::Arc;

use async_trait::async_trait;
use fourfold_clients::deepseek::{
    BASE_URL, DeepSeekApi, DeepSeekClient, INSUFFICIENT_SYSTEM_RESOURCE, default_settings,
};
use fourfold_clients::http::{BaseHttpClient, ClientError};
use fourfold_clients::openai::StreamOptions;
use fourfold_domain::{
    AttemptContext, BoxStream, ChatRequest, Circuit, Effect, GenerationRequest, GenerationResult, Generator,
    InvalidInput, ModelSpec, Provider, ProviderError, ProviderKey, Reason, Request, StreamChunk,
    VendorAccount, VendorBalance, WireText,
};

use super::{CODES, chat, models};
use crate::classify::{circuit, classify};
use crate::http_settings::http_client;
use crate::offered::offered;
use crate::openai::chat::{Limit, chunks, result};
use crate::openai::wire::CHATS;
use crate::settings::NoOptions;
use crate::wire::{Wire, Words};
use crate::{Constructed, ProviderSettings};

/// DeepSeek.
pub struct DeepSeekProvider {
    key: ProviderKey,
    api: Arc<dyn DeepSeekApi>,
    /// The client beneath, for its breaker.
    http: BaseHttpClient,
    specs: Vec<ModelSpec>,
    wire: Wire,
}

const WORDS: Words = Words { said, codes: CODES, failed: Some(INSUFFICIENT_SYSTEM_RESOURCE) };

/// The row of DeepSeek in [`crate::BUILTIN`].
pub(crate) fn construct(key: &ProviderKey, settings: &ProviderSettings) -> Constructed {
    let NoOptions {} = settings.options()?;
    let http = http_client(settings, BASE_URL, &default_settings(), |base_url, key| {
        DeepSeekClient::builder(base_url, key)
    })?;
    let api = Arc::new(DeepSeekClient::new(http.clone()));
    Ok(Arc::new(DeepSeekProvider::new(key.clone(), api, http)))
}

impl DeepSeekProvider {
    /// A provider over this client, and over the HTTP client beneath it.
    pub fn new(key: ProviderKey, api: Arc<dyn DeepSeekApi>, http: BaseHttpClient) -> Self {
        let specs = models::models();
        let wire = Wire::new(&key, &specs, &http, WORDS, CHATS);
        let wire = wire.with_limits(|_model| Limit::MaxTokens.field());
        Self { key, api, http, specs, wire }
    }

    fn chat(
        &self,
        request: GenerationRequest,
        context: &AttemptContext,
    ) -> Result<Box<ChatRequest>, ProviderError> {
        offered(&self.key, &self.specs, &context.vendor_model)?;
        match request {
            GenerationRequest::Chat(chat) => Ok(chat),
            GenerationRequest::Embedding(_) => {
                let message = "the vendor makes no embeddings";
                Err(ProviderError::new(Reason::Unsupported, Effect::NotStarted, message))
            }
        }
    }
}

impl Provider for DeepSeekProvider {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.specs
    }

    fn check(&self, vendor_model: &str, request: &Request) -> Result<(), InvalidInput> {
        match request {
            Request::Generation(GenerationRequest::Chat(chat)) => models::check(vendor_model, chat),
            _ => Ok(()),
        }
    }

    fn generator(&self) -> Option<&dyn Generator> {
        Some(self)
    }

    fn wire(&self) -> Option<&dyn WireText> {
        Some(&self.wire)
    }

    fn account(&self) -> Option<&dyn VendorAccount> {
        Some(self)
    }

    fn circuit(&self) -> Circuit {
        circuit(&self.http)
    }
}

#[async_trait]
impl VendorAccount for DeepSeekProvider {
    async fn balance(&self) -> Result<Vec<VendorBalance>, ProviderError> {
        let balance = self.api.balance().await.map_err(|error| classify(CODES, error))?;
        let balances = balance.balance_infos.into_iter();
        Ok(balances.map(|info| VendorBalance { amount: info.total_balance, unit: info.currency }).collect())
    }
}

#[async_trait]
impl Generator for DeepSeekProvider {
    async fn generate(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<GenerationResult, ProviderError> {
        let chat = self.chat(request, &context)?;
        let sent = chat::request(&chat, &context.vendor_model, &*context.media).await?;
        let completion = self.api.chat_completion(&sent).await.map_err(said)?;
        result(chat::MANNER, &chat, completion).map(GenerationResult::Chat)
    }

    async fn generate_stream(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<BoxStream<Result<StreamChunk, ProviderError>>, ProviderError> {
        let chat = self.chat(request, &context)?;
        let mut sent = chat::request(&chat, &context.vendor_model, &*context.media).await?;
        sent.stream_options = Some(StreamOptions::default().include_usage(true));
        let stream = self.api.chat_completion_stream(&sent).await.map_err(said)?;
        Ok(chunks(chat::MANNER, &chat, stream))
    }
}

fn said(error: ClientError) -> ProviderError {
    classify(CODES, error)
}
