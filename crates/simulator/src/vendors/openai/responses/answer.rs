//! A response.

use serde_json::{Map, Value, json};

use super::request::ResponseRequest;
use crate::call::Call;
use crate::content::{Turn, count_tokens};

/// A response before it is written.
pub(super) struct Response {
    pub(super) id: String,
    pub(super) output: Output,
    created_at: u64,
    model: String,
    usage: Value,
    repeated: Map<String, Value>,
}

/// The only item of its output.
pub(super) enum Output {
    /// The reason is why it isn't complete.
    Message {
        id: String,
        text: String,
        cut: Option<&'static str>,
    },
    Call {
        id: String,
        call_id: String,
        name: String,
        arguments: String,
    },
}

impl Response {
    pub(super) fn new(call: &Call<'_>, request: &ResponseRequest) -> Self {
        let id = call.new_id("resp_", 48);
        let output = match request.prompt.turn() {
            Turn::Filtered => Output::Message {
                id: call.new_id("msg_", 48),
                text: String::new(),
                cut: Some("content_filter"),
            },
            Turn::Text(text, is_cut) => {
                let cut = is_cut.then_some("max_output_tokens");
                Output::Message { id: call.new_id("msg_", 48), text, cut }
            }
            Turn::Call(name, arguments) => Output::Call {
                id: call.new_id("fc_", 48),
                call_id: call.new_id("call_", 24),
                name,
                arguments: arguments.to_string(),
            },
        };
        let output_tokens = request.reasoning_tokens
            + match &output {
                Output::Message { text, .. } => count_tokens(text),
                Output::Call { arguments, .. } => count_tokens(arguments),
            };
        let usage = json!({
            "input_tokens": request.input_tokens,
            "output_tokens": output_tokens,
            "total_tokens": request.input_tokens + output_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": request.reasoning_tokens},
        });
        let (created_at, model) = (call.now_seconds(), request.model.clone());
        Self { id, output, created_at, model, usage, repeated: request.repeated.clone() }
    }

    /// As it is in the end.
    pub(super) fn whole(&self) -> Value {
        let cut = match self.output {
            Output::Message { cut, .. } => cut,
            Output::Call { .. } => None,
        };
        let mut whole = self.at_stage(if cut.is_some() { "incomplete" } else { "completed" });
        whole["output"] = json!([self.output.whole()]);
        whole["usage"] = self.usage.clone();
        if let Some(reason) = cut {
            whole["incomplete_details"] = json!({"reason": reason});
        }
        whole
    }

    /// Without output yet.
    pub(super) fn at_stage(&self, status: &str) -> Value {
        let mut response = json!({
            "id": self.id,
            "object": "response",
            "created_at": self.created_at,
            "status": status,
            "model": self.model,
            "output": [],
            "error": null,
            "incomplete_details": null,
            "usage": null,
        });
        if let Value::Object(fields) = &mut response {
            fields.extend(self.repeated.clone());
        }
        response
    }
}

impl Output {
    pub(super) fn whole(&self) -> Value {
        match self {
            Self::Message { id, text, cut } => json!({
                "type": "message",
                "id": id,
                "status": if cut.is_some() { "incomplete" } else { "completed" },
                "role": "assistant",
                "content": [text_part(text)],
            }),
            Self::Call { id, call_id, name, arguments } => json!({
                "type": "function_call",
                "id": id,
                "status": "completed",
                "call_id": call_id,
                "name": name,
                "arguments": arguments,
            }),
        }
    }

    /// As a stream announces it.
    pub(super) fn begun(&self) -> Value {
        let mut begun = self.whole();
        begun["status"] = json!("in_progress");
        match self {
            Self::Message { .. } => begun["content"] = json!([]),
            Self::Call { .. } => begun["arguments"] = json!(""),
        }
        begun
    }
}

pub(super) fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}
