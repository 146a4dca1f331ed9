//! How many tokens a request would have.

use super::message::{Content, Message};
use super::request::{MessageRequest, OutputConfig, Thinking};
use super::tool::{Tool, ToolChoice};
use crate::vendor::wire_type;

wire_type! {
    /// The part of a [`MessageRequest`] that is made of tokens.
    pub struct TokenCountRequest {
        must {
            /// The model's name.
            model: String,
            /// What was said so far.
            messages: Vec<Message>,
        }
        may {
            /// The product's own instruction.
            system: Content,
            /// What the model may call.
            tools: Vec<Tool>,
            /// Whether it calls them.
            tool_choice: ToolChoice,
            /// Whether it thinks before.
            thinking: Thinking,
            /// How the answer is to be.
            output_config: OutputConfig,
        }
    }
}

/// The tokens of a request, without sending it.
impl From<&MessageRequest> for TokenCountRequest {
    fn from(request: &MessageRequest) -> Self {
        let mut count = Self::new(&*request.model, request.messages.clone());
        count.system.clone_from(&request.system);
        count.tools.clone_from(&request.tools);
        count.tool_choice.clone_from(&request.tool_choice);
        count.thinking.clone_from(&request.thinking);
        count.output_config.clone_from(&request.output_config);
        count
    }
}

wire_type! {
    /// How many tokens.
    pub struct TokenCount {
        must {
            /// The tokens that would go in, cached ones included.
            input_tokens: u64,
        }
        may {}
    }
}
