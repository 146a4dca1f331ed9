//! `models/{model}:generateContent`: contents in, contents out, whole or as they are made.

mod answer;
mod config;
mod request;
mod safety;
mod so_far;
mod tool;
mod voice;

use std::borrow::Cow;

use futures_util::stream::BoxStream;

use super::name::model_path;
use crate::http::{BaseHttpClient, Call, ClientError};
use crate::vendor::events;

pub use answer::{
    BlockReason, Candidate, FinishReason, GenerateContentResponse, ModalityTokens, PromptFeedback,
    UsageMetadata,
};
pub use config::{GenerationConfig, ImageConfig, Modality, ThinkingConfig};
pub use request::GenerateContentRequest;
pub use safety::{HarmBlockThreshold, HarmCategory, HarmProbability, SafetyRating, SafetySetting};
pub use so_far::ResponseSoFar;
pub use tool::{FunctionCallingConfig, FunctionCallingMode, FunctionDeclaration, Tool, ToolConfig};
pub use voice::{
    MultiSpeakerVoiceConfig, PrebuiltVoiceConfig, SpeakerVoiceConfig, SpeechConfig, VoiceConfig,
};

/// The next of an answer as it comes. Dropping it closes the vendor's connection.
pub type GenerateContentStream = BoxStream<'static, Result<GenerateContentResponse, ClientError>>;

pub(super) async fn generate(
    http: &BaseHttpClient,
    request: &GenerateContentRequest,
) -> Result<GenerateContentResponse, ClientError> {
    whole(http, "generate_content", request).await
}

pub(super) async fn stream(
    http: &BaseHttpClient,
    request: &GenerateContentRequest,
) -> Result<GenerateContentStream, ClientError> {
    // Without `alt` the answer would be one array.
    let call = call(http, &request.model, "streamGenerateContent").query("alt", "sse");
    let events = call.operation("generate_content").json(request).events().await?;
    Ok(events::values(events))
}

pub(super) async fn image(
    http: &BaseHttpClient,
    request: &GenerateContentRequest,
) -> Result<GenerateContentResponse, ClientError> {
    whole(http, "generate_image", &making(request, &[Modality::Text, Modality::Image])).await
}

pub(super) async fn speech(
    http: &BaseHttpClient,
    request: &GenerateContentRequest,
) -> Result<GenerateContentResponse, ClientError> {
    whole(http, "generate_speech", &making(request, &[Modality::Audio])).await
}

async fn whole(
    http: &BaseHttpClient,
    operation: &'static str,
    request: &GenerateContentRequest,
) -> Result<GenerateContentResponse, ClientError> {
    call(http, &request.model, "generateContent").operation(operation).json(request).send().await?.json()
}

fn call<'c>(http: &'c BaseHttpClient, model: &str, method: &str) -> Call<'c> {
    http.post(&format!("{}:{method}", model_path(model))).paid()
}

/// The request, for an answer made of this where it doesn't say itself what of.
fn making<'r>(
    request: &'r GenerateContentRequest,
    modalities: &[Modality],
) -> Cow<'r, GenerateContentRequest> {
    let config = request.generation_config.as_ref();
    if config.is_some_and(|config| config.response_modalities.is_some()) {
        return Cow::Borrowed(request);
    }
    let config = config.cloned().unwrap_or_default().response_modalities(modalities);
    Cow::Owned(request.clone().generation_config(config))
}
