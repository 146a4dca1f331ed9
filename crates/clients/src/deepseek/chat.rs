//! `/chat/completions`: OpenAI's wire, and what DeepSeek has besides.

use serde_json::{Value, json};

use super::queue;
use crate::http::{BaseHttpClient, Call, ClientError};
use crate::openai::{ChatCompletion, ChatRequest, ChatStream, ChatUsage, Message};
use crate::vendor::events::{self, Streaming};
use crate::vendor::open_enum;

/// Why an answer ends that the vendor cut off for want of resources: it failed, and may be asked for again.
pub const INSUFFICIENT_SYSTEM_RESOURCE: &str = "insufficient_system_resource";

/// What requests have beside OpenAI's fields. `reasoning_effort` is `low`, `high` or `max`, and the limit on what is
/// written `max_tokens`.
pub trait DeepSeekRequest: Sized {
    /// Whether the model thinks before it answers. It does, unless it is told not to.
    #[must_use]
    fn thinking(self, kind: ThinkingKind) -> Self;

    /// Stands for the end user: what is cached for one, another doesn't get.
    #[must_use]
    fn user_id(self, user_id: impl Into<String>) -> Self;
}

open_enum! {
    /// Whether a model thinks before it answers.
    pub enum ThinkingKind {
        /// It does.
        Enabled = "enabled",
        /// It doesn't.
        Disabled = "disabled",
    }
}

impl DeepSeekRequest for ChatRequest {
    fn thinking(self, kind: ThinkingKind) -> Self {
        self.with("thinking", json!({"type": kind}))
    }

    fn user_id(self, user_id: impl Into<String>) -> Self {
        self.with("user_id", user_id.into())
    }
}

/// What messages have beside OpenAI's fields.
///
/// A message that calls tools goes back in with its `reasoning_content`, even an empty one, as long as the model thinks.
pub trait DeepSeekMessage: Sized {
    /// Makes it the beginning of the answer, which the model goes on from. It is the last message, and the model's.
    #[must_use]
    fn prefix(self) -> Self;
}

impl DeepSeekMessage for Message {
    fn prefix(self) -> Self {
        self.with(PREFIX, true)
    }
}

/// What is charged for beside OpenAI's fields.
pub trait DeepSeekUsage {
    /// The tokens of the messages that were read from the cache.
    fn prompt_cache_hit_tokens(&self) -> Option<u64>;

    /// The tokens of the messages that weren't. Both together are `prompt_tokens`.
    fn prompt_cache_miss_tokens(&self) -> Option<u64>;
}

impl DeepSeekUsage for ChatUsage {
    fn prompt_cache_hit_tokens(&self) -> Option<u64> {
        self.extra.get("prompt_cache_hit_tokens")?.as_u64()
    }

    fn prompt_cache_miss_tokens(&self) -> Option<u64> {
        self.extra.get("prompt_cache_miss_tokens")?.as_u64()
    }
}

pub(super) async fn complete(
    http: &BaseHttpClient,
    request: &ChatRequest,
) -> Result<ChatCompletion, ClientError> {
    queue::whole(call(http, request).json(request)).await
}

pub(super) async fn stream(http: &BaseHttpClient, request: &ChatRequest) -> Result<ChatStream, ClientError> {
    Ok(events::values(call(http, request).json(&Streaming::new(request)).events().await?))
}

fn call<'c>(http: &'c BaseHttpClient, request: &ChatRequest) -> Call<'c> {
    let path = if is_beta(request) { "beta/chat/completions" } else { "chat/completions" };
    http.post(path).operation("chat_completion").paid()
}

/// Whether the request has what the vendor takes only below `/beta`.
fn is_beta(request: &ChatRequest) -> bool {
    let has_prefix = |message: &Message| message.extra.get(PREFIX) == Some(&Value::Bool(true));
    let mut functions = request.tools.iter().flatten().filter_map(|tool| tool.function.as_ref());
    request.messages.iter().any(has_prefix) || functions.any(|function| function.strict == Some(true))
}

const PREFIX: &str = "prefix";
