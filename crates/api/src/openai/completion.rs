//! A whole answer on OpenAI's wire.

use fourfold_domain::{ChatAnswer, ChatResult, FinishReason, ToolCall, Usage};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A whole answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChatCompletion {
    id: String,
    /// Always `chat.completion`.
    object: &'static str,
    /// When it was begun, in seconds since 1970.
    created: i64,
    /// The model's name, as it was asked for.
    #[schema(min_length = 1)]
    model: String,
    choices: Vec<Choice>,
    usage: UsageBody,
}

/// One of the answers.
#[derive(Serialize, ToSchema)]
struct Choice {
    index: usize,
    message: Message,
    /// The likelihoods of its tokens, where the vendor gives them.
    #[schema(value_type = Option<Object>)]
    logprobs: Option<Value>,
    /// stop, length, tool_calls, content_filter, or the vendor's own word.
    finish_reason: String,
}

/// What the model says.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiMessage)]
struct Message {
    /// Always `assistant`.
    role: &'static str,
    content: Option<String>,
    /// Why it declines, where the vendor tells that apart.
    refusal: Option<String>,
    /// What it thought before, where the vendor tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCallBody>,
    /// What the vendor says beside it.
    #[serde(flatten)]
    #[schema(ignore)]
    extras: Map<String, Value>,
}

/// A tool that it wants called.
#[derive(Serialize, ToSchema)]
struct ToolCallBody {
    id: String,
    /// Always `function`.
    #[serde(rename = "type")]
    kind: &'static str,
    function: FunctionBody,
}

/// Which tool, and with what.
#[derive(Serialize, ToSchema)]
struct FunctionBody {
    name: String,
    /// JSON as text, which the model may get wrong.
    arguments: String,
}

/// Tokens that were used.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiUsage)]
pub(super) struct UsageBody {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptTokens,
    completion_tokens_details: CompletionTokens,
}

/// Of the tokens in.
#[derive(Serialize, ToSchema)]
struct PromptTokens {
    cached_tokens: u64,
}

/// Of the tokens out.
#[derive(Serialize, ToSchema)]
struct CompletionTokens {
    reasoning_tokens: u64,
}

impl ChatCompletion {
    pub(super) fn new(id: String, created: i64, model: String, result: ChatResult) -> Self {
        let choices = result.answers.into_iter().enumerate().map(|(index, answer)| choice(index, answer));
        Self {
            id,
            object: "chat.completion",
            created,
            model,
            choices: choices.collect(),
            usage: UsageBody::new(&result.usage),
        }
    }
}

impl UsageBody {
    pub(super) fn new(usage: &Usage) -> Self {
        Self {
            prompt_tokens: usage.input_tokens,
            completion_tokens: usage.output_tokens,
            total_tokens: usage.input_tokens.saturating_add(usage.output_tokens),
            prompt_tokens_details: PromptTokens { cached_tokens: usage.cached_input_tokens },
            completion_tokens_details: CompletionTokens { reasoning_tokens: usage.reasoning_tokens },
        }
    }
}

fn choice(index: usize, answer: ChatAnswer) -> Choice {
    let mut extras = answer.extras;
    let call = |ToolCall { id, name, arguments }| {
        let function = FunctionBody { name, arguments };
        ToolCallBody { id, kind: "function", function }
    };
    let is_silent = answer.text.is_empty() && (!answer.tool_calls.is_empty() || answer.refusal.is_some());
    Choice {
        index,
        logprobs: extras.remove("logprobs"),
        finish_reason: finish_reason(&answer.finish_reason).to_owned(),
        message: Message {
            role: "assistant",
            content: Some(answer.text).filter(|_| !is_silent),
            refusal: answer.refusal,
            reasoning_content: answer.reasoning,
            tool_calls: answer.tool_calls.into_iter().map(call).collect(),
            extras,
        },
    }
}

pub(super) fn finish_reason(reason: &FinishReason) -> &str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Other(word) => word,
    }
}
