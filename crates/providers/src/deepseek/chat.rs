//! Chats with DeepSeek: OpenAI's wire, a switch for the thoughts, and thoughts that go back in.

use fourfold_clients::deepseek::{DeepSeekRequest, INSUFFICIENT_SYSTEM_RESOURCE, ThinkingKind};
use fourfold_clients::openai as wire;
use fourfold_domain::{ChatRequest, MediaReader, ProviderError};
use serde_json::Value;

use super::CODES;
use super::models::thinks;
use crate::openai::chat::{self, Limit, Manner};

pub(super) const MANNER: Manner = Manner {
    codes: CODES,
    limit: Limit::MaxTokens,
    chooses_among_tools: false,
    failed: Some(INSUFFICIENT_SYSTEM_RESOURCE),
};

/// What the model thought, in a message that goes back in.
const THOUGHTS: &str = "reasoning_content";

/// The request on the wire.
pub(super) async fn request(
    chat: &ChatRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<wire::ChatRequest, ProviderError> {
    let mut request = chat::request(chat, vendor_model, media, MANNER).await?;
    let kind = if thinks(chat) { ThinkingKind::Enabled } else { ThinkingKind::Disabled };
    if kind == ThinkingKind::Enabled {
        request.messages.iter_mut().for_each(think_again);
    }
    Ok(request.thinking(kind))
}

/// While it thinks, the vendor refuses a message that calls tools without the thoughts that it had then, be they
/// empty: callers that know only OpenAI's fields don't have them.
fn think_again(message: &mut wire::Message) {
    if message.tool_calls.is_some() && message.extra.get(THOUGHTS).is_none_or(Value::is_null) {
        message.extra.insert(THOUGHTS.to_owned(), Value::from(""));
    }
}
