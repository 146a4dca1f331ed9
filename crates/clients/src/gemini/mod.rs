//! Google's Gemini: contents, pictures, speech and vectors, interactions and with them videos, files.
//!
//! ```no_run
//! use fourfold_clients::gemini::{BASE_URL, Content, GeminiApi, GeminiClient, GenerateContentRequest};
//!
//! # async fn run(key: secrecy::SecretString) -> Result<(), fourfold_clients::http::ClientError> {
//! let client = GeminiClient::new(GeminiClient::builder(BASE_URL, key).build()?);
//! let request = GenerateContentRequest::new("gemini-3.8-flash", [Content::user("Say hello.")]);
//! let response = client.generate_content(&request).await?;
//! // What the vendor's filter catches is an answer like any other.
//! assert!(response.block_reason().is_none());
//! assert!(!response.text().is_empty());
//! # Ok(())
//! # }
//! ```

mod blob;
mod client;
mod content;
mod embeddings;
mod failure;
mod files;
mod generate;
mod images;
mod interactions;
mod models;
mod name;
mod page;
mod status;
mod tokens;
mod videos;

pub use blob::Blob;
#[cfg(feature = "testing")]
pub use client::MockGeminiApi;
pub use client::{BASE_URL, GeminiApi, GeminiClient, default_settings};
pub use content::{
    CodeExecutionResult, Content, ExecutableCode, FileData, FunctionCall, FunctionResponse, Part, Role,
};
pub use embeddings::{
    BatchEmbedContentsResponse, ContentEmbedding, EmbedContentRequest, EmbedContentResponse, TaskType,
};
pub use failure::GeminiFailures;
pub use files::{FileList, FileState, FileUpload, StoredFile, file_id_of_uri};
pub use generate::{
    BlockReason, Candidate, FinishReason, FunctionCallingConfig, FunctionCallingMode, FunctionDeclaration,
    GenerateContentRequest, GenerateContentResponse, GenerateContentStream, GenerationConfig,
    HarmBlockThreshold, HarmCategory, HarmProbability, ImageConfig, Modality, ModalityTokens,
    MultiSpeakerVoiceConfig, PrebuiltVoiceConfig, PromptFeedback, ResponseSoFar, SafetyRating, SafetySetting,
    SpeakerVoiceConfig, SpeechConfig, ThinkingConfig, Tool, ToolConfig, UsageMetadata, VoiceConfig,
};
pub use images::{
    OutputOptions, PredictInstance, PredictParameters, PredictRequest, Prediction, Predictions,
};
pub use interactions::{
    Interaction, InteractionContent, InteractionError, InteractionEvent, InteractionEventKind,
    InteractionInput, InteractionRequest, InteractionStatus, InteractionStream, InteractionUsage,
    ResponseFormat, Step, StepDelta, StepKind,
};
pub use models::{Model, ModelList};
pub use page::Page;
pub use status::Status;
pub use tokens::TokenCount;
pub use videos::{
    GeneratedVideo, GeneratedVideos, Operation, OperationResponse, ReferenceImage, VideoFile, VideoImage,
    VideoInstance, VideoParameters, VideoRequest,
};
