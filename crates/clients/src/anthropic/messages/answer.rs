//! A whole answer, and what is charged for it.

use serde_json::Value;

use super::block::ContentBlock;
use super::message::Role;
use crate::vendor::{open_enum, wire_type};

wire_type! {
    /// A message of the model's, whole or begun.
    pub struct MessageResponse {
        must {
            /// What the model says, thinks and calls.
            content: Vec<ContentBlock>,
        }
        may {
            /// Its id.
            id: String,
            /// `message`.
            #[serde(rename = "type")]
            kind: String,
            /// Who says it.
            role: Role,
            /// The model that made it.
            model: String,
            /// Why it ends.
            stop_reason: StopReason,
            /// The text at which it ended, where one was given.
            stop_sequence: String,
            /// What more there is to say about its end.
            stop_details: Value,
            /// What is charged for.
            usage: MessageUsage,
        }
    }
}

impl MessageResponse {
    /// All its texts, one after another.
    pub fn text(&self) -> String {
        let texts = self.content.iter().filter_map(|block| match block {
            ContentBlock::Text(block) => Some(&*block.text),
            _ => None,
        });
        texts.collect()
    }
}

open_enum! {
    /// Why an answer ends.
    pub enum StopReason {
        /// The model was done.
        EndTurn = "end_turn",
        /// It came to its limit.
        MaxTokens = "max_tokens",
        /// It came to a text at which it should end.
        StopSequence = "stop_sequence",
        /// It calls tools.
        ToolUse = "tool_use",
        /// The vendor's own tools take long: the answer goes back in and is gone on with.
        PauseTurn = "pause_turn",
        /// The model declines.
        Refusal = "refusal",
        /// What was said is as long as the model can read.
        ModelContextWindowExceeded = "model_context_window_exceeded",
    }
}

wire_type! {
    /// What is charged for.
    pub struct MessageUsage {
        may {
            /// The tokens that went in, without those of the cache.
            input_tokens: u64,
            /// The tokens that came out, thoughts included.
            output_tokens: u64,
            /// The tokens that went in and were written to the cache.
            cache_creation_input_tokens: u64,
            /// The tokens that went in and were read from the cache.
            cache_read_input_tokens: u64,
            /// For how long what was written to the cache is kept.
            cache_creation: CacheCreation,
            /// The tier that the message was made in.
            service_tier: String,
        }
    }
}

impl MessageUsage {
    /// All tokens that went in, those of the cache too.
    pub fn all_input_tokens(&self) -> u64 {
        let parts = [self.input_tokens, self.cache_creation_input_tokens, self.cache_read_input_tokens];
        parts.into_iter().flatten().fold(0, u64::saturating_add)
    }
}

wire_type! {
    /// For how long what was written to the cache is kept.
    pub struct CacheCreation {
        may {
            /// The tokens that are kept for five minutes.
            ephemeral_5m_input_tokens: u64,
            /// The tokens that are kept for an hour.
            ephemeral_1h_input_tokens: u64,
        }
    }
}
