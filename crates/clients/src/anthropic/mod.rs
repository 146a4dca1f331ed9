//! Anthropic, and by its base URL any vendor that speaks Anthropic's wire.
//!
//! ```no_run
//! use fourfold_clients::anthropic::{AnthropicApi, AnthropicClient, BASE_URL, Message, MessageRequest};
//!
//! # async fn run(key: secrecy::SecretString) -> Result<(), fourfold_clients::http::ClientError> {
//! let client = AnthropicClient::new(AnthropicClient::builder(BASE_URL, key).build()?);
//! let request = MessageRequest::new("claude-sonnet-5", 100_u32, [Message::user("Say hello.")]);
//! let answer = client.create_message(&request).await?;
//! assert!(!answer.text().is_empty());
//! # Ok(())
//! # }
//! ```

mod batches;
mod client;
mod failure;
mod messages;
mod models;
mod page;

pub use batches::{
    Batch, BatchCounts, BatchItem, BatchList, BatchOutcome, BatchRequest, BatchResult, BatchResults,
    BatchStatus, CanceledOutcome, DeletedBatch, ErrorAnswer, ErrorDetail, ErroredOutcome, ExpiredOutcome,
    SucceededOutcome,
};
#[cfg(feature = "testing")]
pub use client::MockAnthropicApi;
pub use client::{AnthropicApi, AnthropicClient, BASE_URL, VERSION, default_settings};
pub use failure::AnthropicFailures;
pub use messages::{
    Base64Source, BlockDelta, BlockDeltaEvent, BlockStartEvent, BlockStopEvent, CacheControl, CacheCreation,
    CitationsDelta, Content, ContentBlock, DocumentBlock, FileSource, ImageBlock, InputJsonDelta, Message,
    MessageChange, MessageDeltaEvent, MessageEvent, MessageRequest, MessageResponse, MessageSoFar,
    MessageStartEvent, MessageStopEvent, MessageStream, MessageUsage, Metadata, OutputConfig, PingEvent,
    RedactedThinkingBlock, Role, SignatureDelta, Source, StopReason, TextBlock, TextDelta, TextSource,
    Thinking, ThinkingBlock, ThinkingDelta, ThinkingKind, TokenCount, TokenCountRequest, Tool, ToolChoice,
    ToolChoiceKind, ToolResultBlock, ToolUseBlock, UrlSource,
};
pub use models::{Model, ModelList};
pub use page::Page;
