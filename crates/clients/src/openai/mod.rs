//! OpenAI, and by its base URL any vendor that speaks OpenAI's wire.
//!
//! ```no_run
//! use fourfold_clients::openai::{BASE_URL, ChatRequest, Message, OpenAiApi, OpenAiClient};
//!
//! # async fn run(key: secrecy::SecretString) -> Result<(), fourfold_clients::http::ClientError> {
//! let client = OpenAiClient::new(OpenAiClient::builder(BASE_URL, key).build()?);
//! let request = ChatRequest::new("gpt-5-mini", [Message::user("Say hello.")]).max_completion_tokens(100_u32);
//! let completion = client.chat_completion(&request).await?;
//! assert!(completion.text().is_some());
//! # Ok(())
//! # }
//! ```

mod chat;
mod client;
mod embeddings;
mod failure;
mod images;
mod models;
mod responses;
mod speech;
mod transcriptions;
mod videos;

pub use chat::{
    ChatChoice, ChatChunk, ChatCompletion, ChatRequest, ChatStream, ChatUsage, ChunkChoice,
    CompletionTokensDetails, Content, ContentPart, Delta, FileContent, FinishReason, FunctionCall,
    FunctionDefinition, ImageUrl, InputAudio, Message, PromptTokensDetails, Role, StreamOptions, Tool,
    ToolCall,
};
#[cfg(feature = "testing")]
pub use client::MockOpenAiApi;
pub use client::{BASE_URL, OpenAiApi, OpenAiClient, default_settings};
pub use embeddings::{Embedding, EmbeddingInput, EmbeddingRequest, EmbeddingUsage, Embeddings, Vector};
pub use failure::OpenAiFailures;
pub use images::{Image, ImageEditRequest, ImageRequest, ImageUsage, Images, TokensByKind};
pub use models::{Model, ModelList};
pub use responses::{
    OutputItem, OutputPart, Response, ResponseEvent, ResponseRequest, ResponseStatus, ResponseStream,
    ResponseUsage,
};
pub use speech::SpeechRequest;
pub use transcriptions::{
    Segment, Transcription, TranscriptionEvent, TranscriptionEventKind, TranscriptionOptions,
    TranscriptionRequest, TranscriptionStream, TranscriptionUsage, Word,
};
pub use videos::{
    DeletedVideo, Video, VideoError, VideoList, VideoPage, VideoRequest, VideoStatus, VideoVariant,
};
