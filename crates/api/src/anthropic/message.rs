//! An answer in Anthropic's shape.

use fourfold_domain::{ChatAnswer, FinishReason, ToolCall, Usage};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// An answer, in Anthropic's shape.
#[derive(Serialize, ToSchema)]
pub(crate) struct Message {
    id: String,
    /// Always `message`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Always `assistant`.
    role: &'static str,
    /// The model's name, as it was asked for.
    model: String,
    /// Blocks: `thinking`, `text`, `tool_use`.
    #[schema(value_type = Vec<Object>)]
    content: Vec<Value>,
    /// `end_turn`, `max_tokens`, `tool_use`, `refusal`, or the vendor's own word.
    stop_reason: Option<String>,
    /// Always null: vendors don't tell which it was.
    stop_sequence: Option<String>,
    usage: MessageUsage,
}

/// Tokens that were used.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct MessageUsage {
    /// Those that weren't cached.
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
}

impl Message {
    /// One of which nothing is said yet.
    pub(super) fn begun(id: String, model: String) -> Self {
        Self {
            id,
            kind: "message",
            role: "assistant",
            model,
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            usage: MessageUsage::new(&Usage::default()),
        }
    }

    pub(super) fn whole(id: String, model: String, answer: Option<ChatAnswer>, usage: &Usage) -> Self {
        let mut message = Self { usage: MessageUsage::new(usage), ..Self::begun(id, model) };
        if let Some(answer) = answer {
            message.stop_reason =
                Some(stop_reason(&answer.finish_reason, !answer.tool_calls.is_empty()).to_owned());
            message.content = blocks(answer);
        }
        message
    }
}

impl MessageUsage {
    pub(super) fn new(usage: &Usage) -> Self {
        Self {
            input_tokens: usage.plain_input_tokens(),
            cache_creation_input_tokens: usage.cache_write_tokens,
            cache_read_input_tokens: usage.cached_input_tokens,
            output_tokens: usage.output_tokens,
        }
    }
}

fn blocks(answer: ChatAnswer) -> Vec<Value> {
    let ChatAnswer { text, reasoning, refusal, tool_calls, .. } = answer;
    let thinking =
        reasoning.map(|thoughts| json!({"type": "thinking", "thinking": thoughts, "signature": ""}));
    let texts = [Some(text), refusal].into_iter().flatten().filter(|text| !text.is_empty());
    let texts = texts.map(|text| json!({"type": "text", "text": text}));
    let call = |ToolCall { id, name, arguments }| json!({"type": "tool_use", "id": id, "name": name, "input": tool_input(arguments)});
    thinking.into_iter().chain(texts).chain(tool_calls.into_iter().map(call)).collect()
}

/// The arguments of a call. Those that are no JSON come as the text that the model wrote.
fn tool_input(arguments: String) -> Value {
    match arguments.trim() {
        "" => Value::Object(Map::new()),
        text => serde_json::from_str(text).unwrap_or(Value::String(arguments)),
    }
}

/// Why it stopped, in Anthropic's words. Some vendors say no more than that it is done where tools are to be called.
pub(super) fn stop_reason(reason: &FinishReason, calls_tools: bool) -> &str {
    match reason {
        FinishReason::Stop if calls_tools => "tool_use",
        FinishReason::Stop => "end_turn",
        FinishReason::Length => "max_tokens",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::ContentFilter => "refusal",
        FinishReason::Other(word) => word,
    }
}
