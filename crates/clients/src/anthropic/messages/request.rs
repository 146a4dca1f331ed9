//! What a model is asked.

use serde_json::Value;

use super::block::CacheControl;
use super::message::{Content, Message};
use super::tool::{Tool, ToolChoice};
use crate::vendor::{open_enum, wire_type};

wire_type! {
    /// What a model is asked. Which fields it takes, the vendor decides.
    pub struct MessageRequest {
        must {
            /// The model's name.
            model: String,
            /// The most that the model may write, thoughts included.
            max_tokens: u32,
            /// What was said so far, the oldest first, which is the user's.
            messages: Vec<Message>,
        }
        may {
            /// The product's own instruction: a text, or blocks of it.
            system: Content,
            /// Texts at which the answer ends.
            stop_sequences: Vec<String>,
            /// Who asks.
            metadata: Metadata,
            /// What the model may call.
            tools: Vec<Tool>,
            /// Whether it calls them.
            tool_choice: ToolChoice,
            /// Whether it thinks before.
            thinking: Thinking,
            /// How the answer is to be.
            output_config: OutputConfig,
            /// `auto`, `standard_only`.
            service_tier: String,
            /// Whether the vendor keeps all of the request that it can.
            cache_control: CacheControl,
            /// What the answer begins with.
            prefill: Value,
            /// Where the vendor's own tools run.
            container: Value,
            /// How fast.
            speed: String,
            /// Where in the world.
            inference_geo: String,
            /// From 0 to 1: how much is left to chance. Only with version `2023-06-01`.
            temperature: f64,
            /// From 0 to 1: the share of likely words that are drawn from. Only with version `2023-06-01`.
            top_p: f64,
            /// How many likely words are drawn from. Only with version `2023-06-01`.
            top_k: u32,
        }
    }
}

wire_type! {
    /// Who asks.
    pub struct Metadata {
        may {
            /// Stands for the end user, in a way that tells nothing about them.
            user_id: String,
        }
    }
}

wire_type! {
    /// Whether a model thinks before it answers.
    pub struct Thinking {
        must {
            /// Whether.
            #[serde(rename = "type")]
            kind: ThinkingKind,
        }
        may {
            /// The most tokens that it thinks, at least 1024 and fewer than `max_tokens`.
            budget_tokens: u32,
        }
    }
}

open_enum! {
    /// Whether a model thinks before it answers.
    pub enum ThinkingKind {
        /// As much as it likes.
        Adaptive = "adaptive",
        /// Within a budget, which newer models refuse.
        Enabled = "enabled",
        /// It doesn't.
        Disabled = "disabled",
    }
}

impl Thinking {
    /// As much as the model likes.
    pub fn adaptive() -> Self {
        Self::new(ThinkingKind::Adaptive)
    }

    /// Within a budget, which newer models refuse.
    pub fn within(budget_tokens: u32) -> Self {
        Self::new(ThinkingKind::Enabled).budget_tokens(budget_tokens)
    }

    /// Not at all.
    pub fn disabled() -> Self {
        Self::new(ThinkingKind::Disabled)
    }
}

wire_type! {
    /// How an answer is to be.
    pub struct OutputConfig {
        may {
            /// How much the model takes upon itself, such as `low`, `medium`, `high`.
            effort: String,
            /// What it looks like, as in `{"type": "json_schema", "schema": {…}}`.
            format: Value,
        }
    }
}
