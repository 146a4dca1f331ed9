//! Anthropic's wire as callers speak it.

use fourfold_clients::anthropic::MessageUsage;
use fourfold_domain::{Dialect, Usage};
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::chat;
use crate::wire::{StreamEnd, WireRoute};

/// Messages. The caller's version of the API comes with them, since a body means what its version says.
pub(super) const ROUTES: &[WireRoute] = &[WireRoute {
    dialect: Dialect::AnthropicMessages,
    path: "v1/messages",
    headers: &["anthropic-version", "anthropic-beta"],
    limit: &["max_tokens"],
    usage,
    said: &[b"text", b"partial_json"],
    thought: &[b"thinking"],
    reason: b"stop_reason",
    filtered: "refusal",
    end: StreamEnd::Types { last: &["message_stop"], failed: &[] },
}];

fn usage(usage: &Map<String, Value>) -> Option<Usage> {
    let usage = MessageUsage::deserialize(usage).ok()?;
    Some(chat::used(&usage))
}
