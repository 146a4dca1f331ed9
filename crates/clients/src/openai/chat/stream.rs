//! An answer as it is written.

use futures_util::stream::BoxStream;
use serde_json::Value;

use super::answer::{ChatUsage, FinishReason};
use super::message::Role;
use super::tool::ToolCall;
use crate::http::ClientError;
use crate::openai::failure::PASSING;
use crate::vendor::{Streamed, wire_type};

/// The chunks of an answer as they come. Dropping it closes the vendor's connection.
pub type ChatStream = BoxStream<'static, Result<ChatChunk, ClientError>>;

wire_type! {
    /// A piece of an answer.
    pub struct ChatChunk {
        must {
            /// What is added to each answer; nothing in the chunk that has the usage.
            #[serde(default)]
            choices: Vec<ChunkChoice>,
        }
        may {
            /// The answer's id, the same in all chunks.
            id: String,
            /// `chat.completion.chunk`.
            object: String,
            /// When the answer was begun, in Unix seconds.
            created: u64,
            /// The model that makes it.
            model: String,
            /// The tier that it is made in.
            service_tier: String,
            /// Stands for the vendor's set-up.
            system_fingerprint: String,
            /// What is charged for, in the last chunk where it was asked for.
            usage: ChatUsage,
        }
    }
}

wire_type! {
    /// What is added to one of the answers.
    pub struct ChunkChoice {
        must {
            /// What is added.
            #[serde(default)]
            delta: Delta,
        }
        may {
            /// Its place among the answers.
            index: u32,
            /// Why it ends, in its last chunk.
            finish_reason: FinishReason,
            /// How likely its tokens were.
            logprobs: Value,
        }
    }
}

wire_type! {
    /// A piece of a message.
    pub struct Delta {
        may {
            /// Who says it, in the first chunk.
            role: Role,
            /// The next of the text.
            content: String,
            /// The next of what the model thinks, from vendors that show it.
            reasoning_content: String,
            /// The next of why the model declines.
            refusal: String,
            /// The next of the calls of tools.
            tool_calls: Vec<ToolCall>,
        }
    }
}

impl Streamed for ChatChunk {
    const PASSING: &'static [&'static str] = PASSING;

    fn is_last(&self) -> bool {
        self.choices.iter().any(|choice| choice.finish_reason.is_some())
    }
}
