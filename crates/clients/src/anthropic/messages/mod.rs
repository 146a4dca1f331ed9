//! `/v1/messages`: messages in, a message out, whole or as it is written; and how many tokens go in.

mod answer;
mod block;
mod count;
mod event;
mod message;
mod request;
mod so_far;
mod tool;

use crate::http::{BaseHttpClient, Call, ClientError};
use crate::vendor::events::{self, Streaming};

pub use answer::{CacheCreation, MessageResponse, MessageUsage, StopReason};
pub use block::{
    Base64Source, CacheControl, ContentBlock, DocumentBlock, FileSource, ImageBlock, RedactedThinkingBlock,
    Source, TextBlock, TextSource, ThinkingBlock, ToolResultBlock, ToolUseBlock, UrlSource,
};
pub use count::{TokenCount, TokenCountRequest};
pub use event::{
    BlockDelta, BlockDeltaEvent, BlockStartEvent, BlockStopEvent, CitationsDelta, InputJsonDelta,
    MessageChange, MessageDeltaEvent, MessageEvent, MessageStartEvent, MessageStopEvent, MessageStream,
    PingEvent, SignatureDelta, TextDelta, ThinkingDelta,
};
pub use message::{Content, Message, Role};
pub use request::{MessageRequest, Metadata, OutputConfig, Thinking, ThinkingKind};
pub use so_far::MessageSoFar;
pub use tool::{Tool, ToolChoice, ToolChoiceKind};

pub(in crate::anthropic) async fn create(
    http: &BaseHttpClient,
    request: &MessageRequest,
) -> Result<MessageResponse, ClientError> {
    call(http).json(request).send().await?.json()
}

pub(in crate::anthropic) async fn stream(
    http: &BaseHttpClient,
    request: &MessageRequest,
) -> Result<MessageStream, ClientError> {
    Ok(events::values(call(http).json(&Streaming::new(request)).events().await?))
}

pub(in crate::anthropic) async fn count_tokens(
    http: &BaseHttpClient,
    request: &TokenCountRequest,
) -> Result<TokenCount, ClientError> {
    http.post("v1/messages/count_tokens").operation("count_tokens").json(request).send().await?.json()
}

fn call(http: &BaseHttpClient) -> Call<'_> {
    http.post("v1/messages").operation("create_message").paid()
}
