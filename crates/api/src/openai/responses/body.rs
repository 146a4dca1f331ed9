//! A response in OpenAI's shape.

use fourfold_domain::{FinishReason, Usage};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::shapes::TextOrObject;

/// A response, in OpenAI's shape.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResponseBody {
    pub(super) id: String,
    /// Always `response`.
    pub(super) object: &'static str,
    pub(super) created_at: i64,
    /// The model's name, as it was asked for.
    pub(super) model: String,
    /// `in_progress`, `completed` or `incomplete`.
    pub(super) status: &'static str,
    /// Always null: what fails is answered with an error.
    #[schema(value_type = Option<Object>)]
    pub(super) error: Value,
    /// Why it is incomplete.
    #[schema(value_type = Option<Object>)]
    pub(super) incomplete_details: Value,
    /// Items: `reasoning`, `message`, `function_call`.
    #[schema(value_type = Vec<Object>)]
    pub(super) output: Vec<Value>,
    pub(super) usage: Option<ResponseUsage>,
    /// Always false.
    pub(super) store: bool,
    /// Always false.
    pub(super) background: bool,
    /// Always null.
    pub(super) previous_response_id: Option<String>,
    #[serde(flatten)]
    pub(super) echo: Echo,
}

/// What was asked, as the answer repeats it.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Echo {
    #[schema(value_type = Option<String>)]
    instructions: Value,
    #[schema(value_type = Object)]
    metadata: Value,
    #[schema(value_type = Option<u64>)]
    max_output_tokens: Value,
    #[schema(value_type = Option<f64>)]
    temperature: Value,
    #[schema(value_type = Option<f64>)]
    top_p: Value,
    #[schema(value_type = Vec<Object>)]
    tools: Value,
    #[schema(value_type = TextOrObject)]
    tool_choice: Value,
    #[schema(value_type = bool)]
    parallel_tool_calls: Value,
    #[schema(value_type = Object)]
    text: Value,
    #[schema(value_type = Object)]
    reasoning: Value,
    #[schema(value_type = String)]
    truncation: Value,
}

/// Tokens that were used.
#[derive(Serialize, ToSchema)]
pub(super) struct ResponseUsage {
    input_tokens: u64,
    input_tokens_details: ResponseInputTokens,
    output_tokens: u64,
    output_tokens_details: ResponseOutputTokens,
    total_tokens: u64,
}

#[derive(Serialize, ToSchema)]
struct ResponseInputTokens {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Serialize, ToSchema)]
struct ResponseOutputTokens {
    reasoning_tokens: u64,
}

impl Echo {
    /// Of these fields; what was left out is what holds then.
    pub(super) fn of(fields: &Map<String, Value>) -> Self {
        let echo = |name: &str, otherwise: Value| {
            fields.get(name).filter(|value| !value.is_null()).cloned().unwrap_or(otherwise)
        };
        Self {
            instructions: echo("instructions", Value::Null),
            metadata: echo("metadata", json!({})),
            max_output_tokens: echo("max_output_tokens", Value::Null),
            temperature: echo("temperature", Value::Null),
            top_p: echo("top_p", Value::Null),
            tools: echo("tools", json!([])),
            tool_choice: echo("tool_choice", json!("auto")),
            parallel_tool_calls: echo("parallel_tool_calls", json!(true)),
            text: echo("text", json!({"format": {"type": "text"}})),
            reasoning: echo("reasoning", json!({"effort": null, "summary": null})),
            truncation: echo("truncation", json!("disabled")),
        }
    }
}

impl ResponseUsage {
    pub(super) fn new(usage: &Usage) -> Self {
        let cached_tokens = usage.cached_input_tokens;
        Self {
            input_tokens: usage.input_tokens,
            input_tokens_details: ResponseInputTokens { cached_tokens, cache_write_tokens: 0 },
            output_tokens: usage.output_tokens,
            output_tokens_details: ResponseOutputTokens { reasoning_tokens: usage.reasoning_tokens },
            total_tokens: usage.input_tokens.saturating_add(usage.output_tokens),
        }
    }
}

/// Why an answer that ended so is incomplete; nothing where it isn't.
pub(super) fn incomplete(reason: Option<&FinishReason>) -> Option<&'static str> {
    match reason {
        Some(FinishReason::Length) => Some("max_output_tokens"),
        Some(FinishReason::ContentFilter) => Some("content_filter"),
        None | Some(FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Other(_)) => None,
    }
}
