//! What a chat model answers, and thinks before.

use serde_json::{Value, json};

use super::request::ChatRequest;
use crate::call::Call;
use crate::content::{Turn, as_uuid, count_tokens, stopped};

/// A chat's answer before it is written.
pub(super) struct Completion {
    pub(super) id: String,
    pub(super) created: u64,
    pub(super) model: String,
    /// None where the model doesn't think.
    pub(super) thought: Option<String>,
    pub(super) said: Said,
    pub(super) finish_reason: &'static str,
    pub(super) usage: Value,
}

/// What the model does.
pub(super) enum Said {
    Text(String),
    Call { id: String, name: String, arguments: String },
}

impl Completion {
    pub(super) fn new(call: &Call<'_>, request: &ChatRequest) -> Self {
        let id = as_uuid(&call.new_id("", 32));
        let mut prompt = request.prompt.clone();
        let thought = if request.thinks { prompt.think() } else { None };
        let (said, finish_reason) = match prompt.turn() {
            Turn::Filtered => (Said::Text(String::new()), "content_filter"),
            Turn::Text(text, is_cut) => {
                let (text, stop) = stopped(text, &request.stops);
                (Said::Text(text), if is_cut && stop.is_none() { "length" } else { "stop" })
            }
            Turn::Call(name, arguments) => {
                let id = call.new_id("call_00_", 20);
                (Said::Call { id, name, arguments: arguments.to_string() }, "tool_calls")
            }
        };
        let reasoning_tokens = thought.as_deref().map_or(0, count_tokens);
        let said_tokens = match &said {
            Said::Text(text) => count_tokens(text),
            Said::Call { arguments, .. } => count_tokens(arguments),
        };
        Self {
            id,
            created: call.now_seconds(),
            model: request.model.clone(),
            usage: usage(request.prompt_tokens, reasoning_tokens + said_tokens, reasoning_tokens),
            thought,
            said,
            finish_reason,
        }
    }

    pub(super) fn whole(&self) -> Value {
        let mut message = json!({"role": "assistant", "reasoning_content": self.thought});
        match &self.said {
            Said::Text(text) => {
                message["content"] = json!(text);
                message["tool_calls"] = Value::Null;
            }
            Said::Call { id, name, arguments } => {
                let function = json!({"name": name, "arguments": arguments});
                message["content"] = json!("");
                message["tool_calls"] =
                    json!([{"index": 0, "id": id, "type": "function", "function": function}]);
            }
        }
        let finish_reason = self.finish_reason;
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "system_fingerprint": "fp_simulated",
            "choices": [
                {"index": 0, "finish_reason": finish_reason, "logprobs": null, "message": message},
            ],
            "usage": self.usage,
        })
    }
}

/// Nothing comes from the vendor's cache.
pub(in super::super) fn usage(prompt_tokens: u64, completion_tokens: u64, reasoning_tokens: u64) -> Value {
    json!({
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_cache_hit_tokens": 0,
        "prompt_cache_miss_tokens": prompt_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reasoning_tokens},
    })
}
