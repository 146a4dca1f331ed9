//! What the vendor says, in our words.

use fourfold_clients::anthropic::{self as wire, ContentBlock, StopReason};
use fourfold_domain::{ChatAnswer, ChatRequest, ChatResult, FinishReason, ToolCall, Usage};
use serde_json::{Map, Value, json};

use super::THINKING_BLOCKS;
use crate::facts::facts;
use fourfold_domain::estimate::{self, Written};

/// Between thoughts that the model had apart from each other.
pub(super) const BETWEEN_THOUGHTS: &str = "\n\n";

/// A whole message. What it used is estimated where the vendor doesn't tell, as some that speak this wire don't.
pub(in crate::anthropic) fn result(chat: &ChatRequest, message: wire::MessageResponse) -> ChatResult {
    let thoughts = message.content.iter().filter_map(|block| match block {
        ContentBlock::Thinking(thought) => Some(&*thought.thinking),
        _ => None,
    });
    let reasoning = thoughts.collect::<Vec<_>>().join(BETWEEN_THOUGHTS);
    let calls = message.content.iter().filter_map(|block| match block {
        ContentBlock::ToolUse(call) => {
            Some(ToolCall { id: call.id.clone(), name: call.name.clone(), arguments: call.input.to_string() })
        }
        _ => None,
    });
    let answer = ChatAnswer {
        text: message.text(),
        reasoning: Some(reasoning).filter(|reasoning| !reasoning.is_empty()),
        refusal: refusal(&message),
        tool_calls: calls.collect(),
        finish_reason: finish_reason(&message),
        extras: extras(&message),
    };
    let mut written = Written::default();
    written.answer(&answer);
    let (usage, is_estimated) = estimate::complete(usage(&message), estimate::chat_input(chat), written);
    let mut vendor = vendor(message);
    if is_estimated {
        vendor.extend(estimate::fact());
    }
    ChatResult { answers: vec![answer], usage, vendor }
}

/// Why it declines, where the vendor says so.
pub(super) fn refusal(message: &wire::MessageResponse) -> Option<String> {
    let explanation = message.stop_details.as_ref()?["explanation"].as_str()?;
    Some(explanation.to_owned()).filter(|explanation| !explanation.is_empty())
}

pub(super) fn finish_reason(message: &wire::MessageResponse) -> FinishReason {
    match &message.stop_reason {
        None | Some(StopReason::EndTurn | StopReason::StopSequence) => FinishReason::Stop,
        Some(StopReason::MaxTokens | StopReason::ModelContextWindowExceeded) => FinishReason::Length,
        Some(StopReason::ToolUse) => FinishReason::ToolCalls,
        Some(StopReason::Refusal) => FinishReason::ContentFilter,
        Some(other) => FinishReason::Other(other.as_str().to_owned()),
    }
}

/// What goes back with the next request, and where texts are from.
pub(super) fn extras(message: &wire::MessageResponse) -> Map<String, Value> {
    let is_thought = |block: &&ContentBlock| {
        matches!(block, ContentBlock::Thinking(_) | ContentBlock::RedactedThinking(_))
    };
    let thoughts: Vec<_> = message.content.iter().filter(is_thought).map(|block| json!(block)).collect();
    let citations = message.content.iter().filter_map(|block| match block {
        ContentBlock::Text(text) => text.citations.clone(),
        _ => None,
    });
    let lists = [(THINKING_BLOCKS, thoughts), ("citations", citations.flatten().collect())];
    let there = lists.into_iter().filter(|(_, list)| !list.is_empty());
    there.map(|(name, list)| (name.to_owned(), Value::Array(list))).collect()
}

/// The vendor counts what it has cached beside what it hasn't; for us it is all one.
pub(super) fn usage(message: &wire::MessageResponse) -> Usage {
    message.usage.as_ref().map(used).unwrap_or_default()
}

/// What the vendor says that it used, in our words.
pub(in crate::anthropic) fn used(usage: &wire::MessageUsage) -> Usage {
    let hour = usage.cache_creation.as_ref().and_then(|written| written.ephemeral_1h_input_tokens);
    Usage {
        input_tokens: usage.all_input_tokens(),
        cached_input_tokens: usage.cache_read_input_tokens.unwrap_or_default(),
        cache_write_tokens: usage.cache_creation_input_tokens.unwrap_or_default(),
        cache_write_1h_tokens: hour.unwrap_or_default(),
        output_tokens: usage.output_tokens.unwrap_or_default(),
        // The vendor doesn't tell thoughts apart.
        reasoning_tokens: 0,
    }
}

/// The vendor's own facts: its figures of use, which tell apart what was written to the cache, and what we have no
/// words for.
pub(super) fn vendor(message: wire::MessageResponse) -> Map<String, Value> {
    let mut vendor = message.extra;
    vendor.extend(facts([
        ("id", message.id),
        ("model", message.model),
        ("stop_reason", message.stop_reason.map(|reason| reason.as_str().to_owned())),
        ("stop_sequence", message.stop_sequence),
    ]));
    let other: Vec<_> =
        message.content.into_iter().filter(|block| matches!(block, ContentBlock::Other(_))).collect();
    let more = [
        ("usage", message.usage.map(|usage| json!(usage))),
        ("stop_details", message.stop_details.filter(|details| !details.is_null())),
        ("other_blocks", Some(json!(other)).filter(|_| !other.is_empty())),
    ];
    vendor.extend(more.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact?))));
    vendor
}
