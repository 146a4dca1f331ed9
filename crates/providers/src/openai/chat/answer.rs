//! An answer at once.

use fourfold_clients::openai as wire;
use fourfold_domain::{ChatAnswer, ChatRequest, ChatResult, FinishReason, ProviderError, ToolCall, Usage};
use serde_json::{Map, Value};

use super::Manner;
use crate::classify::{empty, verdict};
use crate::facts::facts;
use fourfold_domain::estimate::{self, Written};

/// What an answer says in our words. What it used is estimated where the vendor doesn't tell.
pub(crate) fn result(
    manner: Manner,
    chat: &ChatRequest,
    completion: wire::ChatCompletion,
) -> Result<ChatResult, ProviderError> {
    if completion.choices.is_empty() {
        return Err(empty("the vendor answered without an answer"));
    }
    if let Some(failed) = completion.choices.iter().find_map(|choice| failure(manner, &choice.finish_reason))
    {
        return Err(failed);
    }
    let mut vendor = completion.extra;
    vendor.extend(facts([
        ("id", completion.id),
        ("model", completion.model),
        ("service_tier", completion.service_tier),
        ("system_fingerprint", completion.system_fingerprint),
    ]));
    let answers: Vec<_> = completion.choices.into_iter().map(answer).collect();
    let mut written = Written::default();
    answers.iter().for_each(|answer| written.answer(answer));
    let told = completion.usage.as_ref().map(usage).unwrap_or_default();
    let (usage, is_estimated) = estimate::complete(told, estimate::chat_input(chat), written);
    if is_estimated {
        vendor.extend(estimate::fact());
    }
    Ok(ChatResult { answers, usage, vendor })
}

fn answer(choice: wire::ChatChoice) -> ChatAnswer {
    let mut message = choice.message;
    let reasoning = message.reasoning_content.or_else(|| take_reasoning(&mut message.extra));
    let text = match message.content {
        Some(wire::Content::Text(text)) => text,
        Some(wire::Content::Parts(parts)) => parts.into_iter().filter_map(|part| part.text).collect(),
        None => String::new(),
    };
    let call = |call: wire::ToolCall| {
        let function = call.function.unwrap_or_default();
        ToolCall {
            id: call.id.unwrap_or_default(),
            name: function.name.unwrap_or_default(),
            arguments: function.arguments.unwrap_or_default(),
        }
    };
    let mut extras = message.extra;
    extras.extend(choice.logprobs.map(|logprobs| ("logprobs".to_owned(), logprobs)));
    ChatAnswer {
        text,
        reasoning,
        refusal: message.refusal,
        tool_calls: message.tool_calls.unwrap_or_default().into_iter().map(call).collect(),
        finish_reason: choice.finish_reason.as_ref().map_or(FinishReason::Stop, finish_reason),
        extras,
    }
}

/// The error of an answer that the vendor didn't write to its end, and says so by the reason to finish.
pub(super) fn failure(manner: Manner, reason: &Option<wire::FinishReason>) -> Option<ProviderError> {
    let code = reason.as_ref().map(wire::FinishReason::as_str).filter(|code| Some(*code) == manner.failed)?;
    Some(verdict(manner.codes, Some(code), Some("the vendor broke its answer off")))
}

/// The thoughts, where a vendor of this wire has another name for them.
pub(super) fn take_reasoning(extra: &mut Map<String, Value>) -> Option<String> {
    let text = extra.get("reasoning")?.as_str()?.to_owned();
    extra.remove("reasoning");
    Some(text).filter(|text| !text.is_empty())
}

pub(super) fn finish_reason(reason: &wire::FinishReason) -> FinishReason {
    match reason {
        wire::FinishReason::Stop => FinishReason::Stop,
        wire::FinishReason::Length => FinishReason::Length,
        wire::FinishReason::ToolCalls => FinishReason::ToolCalls,
        wire::FinishReason::ContentFilter => FinishReason::ContentFilter,
        other => FinishReason::Other(other.as_str().to_owned()),
    }
}

/// Some vendors have names of their own for what was read from a cache, and what wasn't.
pub(in crate::openai) fn usage(usage: &wire::ChatUsage) -> Usage {
    let own = |name: &str| usage.extra.get(name).and_then(Value::as_u64);
    let (hit, miss) = (own("prompt_cache_hit_tokens"), own("prompt_cache_miss_tokens"));
    let cached = usage.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens).or(hit);
    let reasoning = usage.completion_tokens_details.as_ref().and_then(|details| details.reasoning_tokens);
    let input = usage.prompt_tokens.or_else(|| Some(hit?.saturating_add(miss?)));
    Usage {
        input_tokens: input.unwrap_or_default(),
        cached_input_tokens: cached.unwrap_or_default(),
        output_tokens: usage.completion_tokens.unwrap_or_default(),
        reasoning_tokens: reasoning.unwrap_or_default(),
        ..Usage::default()
    }
}
