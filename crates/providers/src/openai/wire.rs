//! OpenAI's wire as callers speak it: where each dialect is, and what it tells of its usage.

use fourfold_clients::openai as wire;
use fourfold_domain::{Dialect, Usage};
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::chat;
use crate::wire::{StreamEnd, WireRoute};

/// What OpenAI itself speaks.
pub(super) const OWN: &[WireRoute] = &[CHAT, EMBEDDINGS, RESPONSES];

/// What any vendor of this wire speaks.
pub(crate) const USUAL: &[WireRoute] = &[CHAT, EMBEDDINGS];

/// Chats alone.
#[cfg(feature = "deepseek")]
pub(crate) const CHATS: &[WireRoute] = &[CHAT];

const CHAT: WireRoute = WireRoute {
    dialect: Dialect::OpenAiChat,
    path: "chat/completions",
    headers: &[],
    limit: &["max_completion_tokens", "max_tokens"],
    usage: chat_usage,
    said: &[b"content", b"refusal", b"arguments"],
    thought: &[b"reasoning_content", b"reasoning"],
    reason: b"finish_reason",
    filtered: "content_filter",
    end: StreamEnd::Done,
};

const EMBEDDINGS: WireRoute =
    WireRoute { dialect: Dialect::OpenAiEmbeddings, path: "embeddings", limit: &[], ..CHAT };

const RESPONSES: WireRoute = WireRoute {
    dialect: Dialect::OpenAiResponses,
    path: "responses",
    limit: &["max_output_tokens"],
    usage: response_usage,
    said: &[b"delta"],
    thought: &[],
    reason: b"reason",
    end: StreamEnd::Types {
        last: &["response.completed", "response.incomplete"],
        failed: &["response.failed"],
    },
    ..CHAT
};

fn chat_usage(usage: &Map<String, Value>) -> Option<Usage> {
    let usage = wire::ChatUsage::deserialize(usage).ok()?;
    Some(chat::usage(&usage))
}

fn response_usage(usage: &Map<String, Value>) -> Option<Usage> {
    let usage = wire::ResponseUsage::deserialize(usage).ok()?;
    let detail = |details: &Option<Value>, name: &str| {
        details.as_ref().and_then(|details| details[name].as_u64()).unwrap_or_default()
    };
    Some(Usage {
        input_tokens: usage.input_tokens.unwrap_or_default(),
        cached_input_tokens: detail(&usage.input_tokens_details, "cached_tokens"),
        output_tokens: usage.output_tokens.unwrap_or_default(),
        reasoning_tokens: detail(&usage.output_tokens_details, "reasoning_tokens"),
        ..Usage::default()
    })
}
