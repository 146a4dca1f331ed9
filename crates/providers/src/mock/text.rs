//! The mock's text: answered at once, or after a while.

use async_trait::async_trait;
use fourfold_domain::{
    AttemptContext, BoxStream, Effect, GenerationRequest, GenerationResult, Generator, InvalidInput,
    Modality, ProviderError, Reason, StreamChunk,
};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};

use super::errors::{failed, invalid, refused};
use super::models::Manner;
use super::provider::MockProvider;
use super::settings::MockFailure;
use super::{chat, embedding};

#[async_trait]
impl Generator for MockProvider {
    async fn generate(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<GenerationResult, ProviderError> {
        let (manner, result) = self.taken(request, context).await?;
        match manner {
            Manner::Instant => {}
            Manner::Slow => sleep(self.settings.delay).await,
            Manner::Fail => return Err(failed()),
        }
        Ok(result)
    }

    /// Of a slow model it takes the delay in all; of one that fails it breaks off in the middle.
    async fn generate_stream(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<BoxStream<Result<StreamChunk, ProviderError>>, ProviderError> {
        let (manner, GenerationResult::Chat(result)) = self.taken(request, context).await? else {
            let message = "only chats come as streams";
            return Err(ProviderError::new(Reason::Unsupported, Effect::NotStarted, message));
        };
        let mut chunks: Vec<_> = chat::chunks(result).into_iter().map(Ok).collect();
        if manner == Manner::Fail {
            chunks.truncate(chunks.len() / 2);
            chunks.push(Err(failed()));
        }
        let (count, delay, start) = (chunks.len() as u32, self.settings.delay, Instant::now());
        let chunks = stream::iter((1_u32..).zip(chunks));
        Ok(match manner {
            Manner::Slow => Box::pin(chunks.then(move |(number, chunk)| async move {
                sleep_until(start + delay * number / count).await;
                chunk
            })),
            Manner::Instant | Manner::Fail => Box::pin(chunks.map(|(_, chunk)| chunk)),
        })
    }
}

impl MockProvider {
    /// The result of a request that is as it should be, and how its model gives it.
    async fn taken(
        &self,
        request: GenerationRequest,
        context: AttemptContext,
    ) -> Result<(Manner, GenerationResult), ProviderError> {
        let (manner, spec) = self.model(&context.vendor_model)?;
        let unfit = |input: InvalidInput| invalid(input.to_string());
        match (spec.modality, request) {
            (Modality::Chat, GenerationRequest::Chat(mut chat)) => {
                chat::check(&chat).map_err(unfit)?;
                let said = chat::Said::of(&chat, &*context.media).await?;
                self.willing(manner)?;
                let asked = chat.n;
                if self.settings.fail == MockFailure::Partial && asked > 1 {
                    chat.n -= 1;
                }
                let mut result = chat::result(&chat, &said);
                if chat.n < asked {
                    let missing = format!("the mock was told to leave out 1 of {asked} answers");
                    result.vendor.insert("missing".to_owned(), Value::String(missing));
                }
                Ok((manner, GenerationResult::Chat(result)))
            }
            (Modality::Embedding, GenerationRequest::Embedding(embedding)) => {
                embedding::check(&embedding).map_err(unfit)?;
                self.willing(manner)?;
                let result = embedding::result(embedding).await?;
                Ok((manner, GenerationResult::Embedding(result)))
            }
            (modality, _) => Err(invalid(format!("the model makes only {}", modality.as_str()))),
        }
    }

    fn willing(&self, manner: Manner) -> Result<(), ProviderError> {
        self.available()?;
        let refuses = self.settings.fail == MockFailure::Refuse && manner != Manner::Fail;
        if refuses { Err(refused(Effect::NotStarted)) } else { Ok(()) }
    }
}
