//! `/chat/completions`: messages in, a message out, whole or as it is written.

mod answer;
mod message;
mod request;
mod stream;
mod tool;

use crate::http::{BaseHttpClient, Call, ClientError};
use crate::vendor::events::{self, Streaming};

pub use answer::{
    ChatChoice, ChatCompletion, ChatUsage, CompletionTokensDetails, FinishReason, PromptTokensDetails,
};
pub use message::{Content, ContentPart, FileContent, ImageUrl, InputAudio, Message, Role};
pub use request::{ChatRequest, StreamOptions};
pub use stream::{ChatChunk, ChatStream, ChunkChoice, Delta};
pub use tool::{FunctionCall, FunctionDefinition, Tool, ToolCall};

pub(in crate::openai) async fn complete(
    http: &BaseHttpClient,
    request: &ChatRequest,
) -> Result<ChatCompletion, ClientError> {
    call(http).json(request).send().await?.json()
}

pub(in crate::openai) async fn stream(
    http: &BaseHttpClient,
    request: &ChatRequest,
) -> Result<ChatStream, ClientError> {
    let events = call(http).json(&Streaming::new(request)).events().await?;
    Ok(events::values(events))
}

fn call(http: &BaseHttpClient) -> Call<'_> {
    http.post("chat/completions").operation("chat_completion").paid()
}
