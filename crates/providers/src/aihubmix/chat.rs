//! Chats with the models of many vendors.

use fourfold_domain::{ChatRequest, InvalidInput, ToolChoice};

use super::CODES;
use crate::openai::chat::{Limit, Manner};

/// Why an answer ends that the vendor failed to write: a stream of DeepSeek's says so.
pub(super) const FAILED: Option<&str> = Some("insufficient_system_resource");

/// How a model's chats differ from OpenAI's own.
pub(super) fn manner(limit: Limit) -> Manner {
    Manner { codes: CODES, limit, chooses_among_tools: true, failed: FAILED }
}

/// Fields that a model's vendor doesn't know are dropped, and a limit that is dropped is none: OpenAI's newer models
/// know only the newer field, those of others often only the older one.
pub(super) fn limit(vendor_model: &str) -> Limit {
    let of_openai = ["gpt-", "chatgpt-", "o1", "o3", "o4"];
    match of_openai.iter().any(|beginning| vendor_model.starts_with(beginning)) {
        true => Limit::MaxCompletionTokens,
        false => Limit::MaxTokens,
    }
}

/// What the table can't say.
pub(super) fn check(chat: &ChatRequest) -> Result<(), InvalidInput> {
    match &chat.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Tool(_)) if chat.tools.is_empty() => Err(
            InvalidInput::not_allowed("input.tool_choice", "must be none or auto where there are no tools"),
        ),
        _ => Ok(()),
    }
}
