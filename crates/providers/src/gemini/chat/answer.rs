//! What the vendor says, in our words.

use fourfold_clients::gemini as wire;
use fourfold_clients::gemini::{Candidate, GenerateContentResponse, Part, UsageMetadata};
use fourfold_domain::{ChatAnswer, ChatRequest, ChatResult, FinishReason, ProviderError, ToolCall, Usage};
use serde_json::{Map, Value, json};

use super::{OWN_ID, SIGNATURE, SIGNATURES};
use crate::classify::empty;
use crate::gemini::safety::{self, fact};
use fourfold_domain::estimate::{self, Written};

/// An answer at once. What it used is estimated where the vendor doesn't tell.
pub(in crate::gemini) fn result(
    chat: &ChatRequest,
    response: &GenerateContentResponse,
) -> Result<ChatResult, ProviderError> {
    if let Some(blocked) = safety::blocked(response) {
        return Err(blocked);
    }
    if response.candidates.is_empty() {
        return Err(empty("the vendor answered without an answer"));
    }
    let id = response.response_id.as_deref();
    let answers: Vec<_> = response.candidates.iter().map(|candidate| answer(id, candidate)).collect();
    let mut written = Written::default();
    answers.iter().for_each(|answer| written.answer(answer));
    let told = response.usage_metadata.as_ref().map(usage).unwrap_or_default();
    let (usage, is_estimated) = estimate::complete(told, estimate::chat_input(chat), written);
    let mut vendor = safety::facts(response);
    if is_estimated {
        vendor.extend(estimate::fact());
    }
    Ok(ChatResult { answers, usage, vendor })
}

pub(super) fn answer(response_id: Option<&str>, candidate: &Candidate) -> ChatAnswer {
    let (mut tool_calls, mut signatures, mut signature) = (Vec::new(), Map::new(), None);
    let (mut text, mut reasoning) = (String::new(), None);
    for part in candidate.content.iter().flat_map(|content| &content.parts) {
        let said = part.text.as_deref().unwrap_or_default();
        if let Some(call) = call(response_id, tool_calls.len(), part) {
            signatures.extend(part.thought_signature.as_ref().map(|signed| (call.id.clone(), json!(signed))));
            tool_calls.push(call);
        } else if part.thought == Some(true) {
            reasoning.get_or_insert_with(String::new).push_str(said);
        } else {
            text.push_str(said);
            signature = part.thought_signature.as_ref().or(signature);
        }
    }
    let signatures = Some(signatures).filter(|signatures| !signatures.is_empty());
    let citations = candidate.citation_metadata.as_ref();
    let extras = [fact(SIGNATURE, signature), fact(SIGNATURES, signatures), fact("citations", citations)];
    let finish_reason = finish_reason(candidate.finish_reason.as_ref(), !tool_calls.is_empty());
    let is_refused = finish_reason == FinishReason::ContentFilter;
    let refusal = candidate.finish_message.clone().filter(|_| is_refused);
    let extras = extras.into_iter().flatten().collect();
    ChatAnswer { text, reasoning, refusal, tool_calls, finish_reason, extras }
}

/// The call that a part is, if it is one. Where the vendor gives no id, it has one of ours.
pub(super) fn call(response_id: Option<&str>, index: usize, part: &Part) -> Option<ToolCall> {
    let call = part.function_call.as_ref()?;
    let own_id = || format!("{OWN_ID}{}-{index}", response_id.unwrap_or_default());
    Some(ToolCall {
        id: call.id.clone().filter(|id| !id.is_empty()).unwrap_or_else(own_id),
        name: call.name.clone().unwrap_or_default(),
        arguments: call.args.as_ref().map_or_else(|| "{}".to_owned(), Value::to_string),
    })
}

/// A call has no reason of its own at the vendor.
fn finish_reason(reason: Option<&wire::FinishReason>, has_calls: bool) -> FinishReason {
    match reason {
        None | Some(wire::FinishReason::Stop) if has_calls => FinishReason::ToolCalls,
        None | Some(wire::FinishReason::Stop) => FinishReason::Stop,
        Some(wire::FinishReason::MaxTokens) => FinishReason::Length,
        Some(other) if safety::is_refusal(other.as_str()) => FinishReason::ContentFilter,
        Some(other) => FinishReason::Other(other.as_str().to_owned()),
    }
}

/// The vendor counts thoughts, and what its own tools read, apart.
pub(super) fn usage(usage: &UsageMetadata) -> Usage {
    let of_tools = usage.tool_use_prompt_token_count.unwrap_or_default();
    Usage {
        input_tokens: usage.prompt_token_count.unwrap_or_default().saturating_add(of_tools),
        cached_input_tokens: usage.cached_content_token_count.unwrap_or_default(),
        output_tokens: usage.output_tokens(),
        reasoning_tokens: usage.thoughts_token_count.unwrap_or_default(),
        ..Usage::default()
    }
}
