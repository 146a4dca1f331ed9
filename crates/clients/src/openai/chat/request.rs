//! What a chat model is asked.

use serde_json::{Map, Value};

use super::message::Message;
use super::tool::Tool;
use crate::vendor::wire_type;

wire_type! {
    /// What a chat model is asked. Which fields a model takes, the vendor decides.
    pub struct ChatRequest {
        must {
            /// The model's name.
            model: String,
            /// What was said so far, the oldest first.
            messages: Vec<Message>,
        }
        may {
            /// The most that the model may write, thoughts included.
            max_completion_tokens: u32,
            /// As `max_completion_tokens`, for models and vendors that don't know that yet.
            max_tokens: u32,
            /// From 0 to 2: how much is left to chance.
            temperature: f64,
            /// From 0 to 1: the share of likely words that are drawn from.
            top_p: f64,
            /// How many answers.
            n: u32,
            /// Makes chance repeatable, as far as the vendor can.
            seed: i64,
            /// Up to four texts at which the answer ends: a string or a list.
            stop: Value,
            /// From -2 to 2: how much words are avoided that were there already.
            presence_penalty: f64,
            /// From -2 to 2: how much words are avoided that were there often.
            frequency_penalty: f64,
            /// Makes tokens likelier or rarer.
            logit_bias: Map<String, Value>,
            /// Whether the answer tells how likely its tokens were.
            logprobs: bool,
            /// Up to 20: how many other tokens are told at each place.
            top_logprobs: u32,
            /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
            reasoning_effort: String,
            /// `low`, `medium`, `high`.
            verbosity: String,
            /// What the model may call.
            tools: Vec<Tool>,
            /// `none`, `auto`, `required`, or an object that names a tool.
            tool_choice: Value,
            /// Whether the model may call several tools at once.
            parallel_tool_calls: bool,
            /// `{"type": "text" | "json_object" | "json_schema", …}`.
            response_format: Value,
            /// What the answer is made of: `text`, `audio`.
            modalities: Vec<String>,
            /// The voice and format of spoken answers.
            audio: Value,
            /// `auto`, `default`, `flex`, `scale`, `priority`, `fast`.
            service_tier: String,
            /// Whether the vendor keeps the answer.
            store: bool,
            /// Up to 16 pairs that the vendor keeps with the answer.
            metadata: Map<String, Value>,
            /// Stands for the end user, in a way that tells nothing about them.
            safety_identifier: String,
            /// Calls of the same key share what is cached.
            prompt_cache_key: String,
            /// How the stream is written; for streamed answers only.
            stream_options: StreamOptions,
        }
    }
}

wire_type! {
    /// How a stream is written.
    pub struct StreamOptions {
        may {
            /// Whether a chunk with the usage comes before the end.
            include_usage: bool,
            /// Whether chunks are padded to hide their length. The vendor's default is true.
            include_obfuscation: bool,
        }
    }
}
