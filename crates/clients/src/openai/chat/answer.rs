//! A whole answer, and what is charged for it.

use serde_json::Value;

use super::message::{Content, Message};
use crate::vendor::{open_enum, wire_type};

wire_type! {
    /// A chat model's whole answer.
    pub struct ChatCompletion {
        must {
            /// What the model says, once for each answer that was asked for.
            choices: Vec<ChatChoice>,
        }
        may {
            /// The answer's id.
            id: String,
            /// `chat.completion`.
            object: String,
            /// When it was made, in Unix seconds.
            created: u64,
            /// The model that made it.
            model: String,
            /// The tier that it was made in.
            service_tier: String,
            /// Stands for the vendor's set-up.
            system_fingerprint: String,
            /// What is charged for.
            usage: ChatUsage,
        }
    }
}

impl ChatCompletion {
    /// The text of the first answer, where it is one.
    pub fn text(&self) -> Option<&str> {
        match self.choices.first()?.message.content.as_ref()? {
            Content::Text(text) => Some(text),
            Content::Parts(_) => None,
        }
    }
}

wire_type! {
    /// One of the answers.
    pub struct ChatChoice {
        must {
            /// What the model says.
            message: Message,
        }
        may {
            /// Its place among the answers.
            index: u32,
            /// Why it ends.
            finish_reason: FinishReason,
            /// How likely its tokens were.
            logprobs: Value,
        }
    }
}

open_enum! {
    /// Why an answer ends.
    pub enum FinishReason {
        /// The model was done.
        Stop = "stop",
        /// It came to its limit.
        Length = "length",
        /// It calls tools.
        ToolCalls = "tool_calls",
        /// The vendor's filter took something out.
        ContentFilter = "content_filter",
    }
}

wire_type! {
    /// What is charged for.
    pub struct ChatUsage {
        may {
            /// The tokens of the messages.
            prompt_tokens: u64,
            /// The tokens of the answers, thoughts included.
            completion_tokens: u64,
            /// Both.
            total_tokens: u64,
            /// What the messages' tokens are.
            prompt_tokens_details: PromptTokensDetails,
            /// What the answers' tokens are.
            completion_tokens_details: CompletionTokensDetails,
        }
    }
}

wire_type! {
    /// What the messages' tokens are.
    pub struct PromptTokensDetails {
        may {
            /// Read from the cache.
            cached_tokens: u64,
            /// Written to the cache.
            cache_write_tokens: u64,
            /// Of sounds.
            audio_tokens: u64,
        }
    }
}

wire_type! {
    /// What the answers' tokens are.
    pub struct CompletionTokensDetails {
        may {
            /// Thoughts.
            reasoning_tokens: u64,
            /// Of sounds.
            audio_tokens: u64,
            /// Foretold by the caller, rightly.
            accepted_prediction_tokens: u64,
            /// Foretold by the caller, wrongly.
            rejected_prediction_tokens: u64,
        }
    }
}
