//! What a chat model answers.

use serde_json::{Value, json};

use super::request::{ChatRequest, Thoughts};
use crate::call::Call;
use crate::content::{Turn, count_tokens};

/// A chat's answer before it is written.
pub(super) struct Completion {
    pub(super) id: String,
    pub(super) created: u64,
    pub(super) model: String,
    pub(super) service_tier: String,
    pub(super) choices: Vec<Choice>,
    pub(super) usage: Value,
}

/// One of the answers.
pub(super) struct Choice {
    /// None where the model doesn't show what it thinks.
    pub(super) thought: Option<String>,
    pub(super) said: Said,
    pub(super) finish_reason: &'static str,
}

/// What the model does in it.
pub(super) enum Said {
    Text(String),
    Call { id: String, name: String, arguments: String },
}

impl Completion {
    pub(super) fn new(call: &Call<'_>, request: &ChatRequest) -> Self {
        let id = call.new_id("chatcmpl-", 24);
        let choices: Vec<_> = (0..request.choices).map(|_| Choice::new(call, request)).collect();
        let said = |choice: &Choice| match &choice.said {
            Said::Text(text) => count_tokens(text),
            Said::Call { arguments, .. } => count_tokens(arguments),
        };
        let thought = |choice: &Choice| choice.thought.as_deref().map_or(0, count_tokens);
        let reasoning_tokens = match request.thoughts {
            Thoughts::Hidden(tokens) => tokens,
            Thoughts::None | Thoughts::Shown => choices.iter().map(thought).sum(),
        };
        let completion_tokens = choices.iter().map(said).sum::<u64>() + reasoning_tokens;
        Self {
            id,
            created: call.now_seconds(),
            model: request.model.clone(),
            service_tier: request.service_tier.clone(),
            choices,
            usage: usage(request, completion_tokens, reasoning_tokens),
        }
    }

    /// The answer in one piece.
    pub(super) fn whole(&self) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "service_tier": self.service_tier,
            "system_fingerprint": "fp_simulated",
            "choices": self.choices.iter().enumerate().map(|(index, choice)| choice.whole(index)).collect::<Vec<_>>(),
            "usage": self.usage,
        })
    }
}

impl Choice {
    fn new(call: &Call<'_>, request: &ChatRequest) -> Self {
        let mut prompt = request.prompt.clone();
        let thought = if request.thoughts == Thoughts::Shown { prompt.think() } else { None };
        let (said, finish_reason) = match prompt.turn() {
            Turn::Filtered => (Said::Text(String::new()), "content_filter"),
            Turn::Text(text, is_cut) => (Said::Text(text), if is_cut { "length" } else { "stop" }),
            Turn::Call(name, arguments) => {
                let id = call.new_id("call_", 24);
                (Said::Call { id, name, arguments: arguments.to_string() }, "tool_calls")
            }
        };
        Self { thought, said, finish_reason }
    }

    fn whole(&self, index: usize) -> Value {
        let mut message = json!({"role": "assistant", "content": null, "refusal": null, "annotations": []});
        match &self.said {
            Said::Text(text) => message["content"] = json!(text),
            Said::Call { id, name, arguments } => {
                let function = json!({"name": name, "arguments": arguments});
                message["tool_calls"] = json!([{"id": id, "type": "function", "function": function}]);
            }
        }
        if let Some(thought) = &self.thought {
            message["reasoning_content"] = json!(thought);
        }
        json!({"index": index, "finish_reason": self.finish_reason, "logprobs": null, "message": message})
    }
}

fn usage(request: &ChatRequest, completion_tokens: u64, reasoning_tokens: u64) -> Value {
    let mut usage = json!({
        "prompt_tokens": request.prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": request.prompt_tokens + completion_tokens,
    });
    if request.details_usage {
        usage["prompt_tokens_details"] =
            json!({"cached_tokens": 0, "cache_write_tokens": 0, "audio_tokens": 0});
        usage["completion_tokens_details"] = json!({
            "reasoning_tokens": reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        });
    }
    usage
}
