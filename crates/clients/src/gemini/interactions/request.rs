//! What an interaction is asked.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::format::ResponseFormat;
use super::step::{InteractionContent, Step};
use crate::vendor::{silent_debug, wire_type};

wire_type! {
    /// What a model is asked in an interaction. Which fields it takes, the vendor decides.
    pub struct InteractionRequest {
        must {
            /// The model's name.
            model: String,
            /// What goes in.
            input: InteractionInput,
        }
        may {
            /// The interaction that this one goes on from.
            previous_interaction_id: String,
            /// The product's own instruction.
            system_instruction: String,
            /// What the answer is to be like, as in `{"thinking_level": "low"}`.
            generation_config: Value,
            /// What the model may call, as in `{"type": "function", "name": …, "parameters": …}`.
            tools: Vec<Value>,
            /// What it is to answer with. Default what the model makes.
            response_format: ResponseFormat,
            /// Whether the model works after the answer, to be looked at by the interaction's id.
            background: bool,
            /// Whether the vendor keeps the interaction. Default true.
            store: bool,
            /// Who is told when it is over.
            webhook_config: Value,
            /// The tier that the answer is made in: `flex`, `standard`, `priority`.
            service_tier: String,
        }
    }
}

/// What goes into an interaction.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InteractionInput {
    /// A text.
    Text(String),
    /// What the user says, in pieces.
    Contents(Vec<InteractionContent>),
    /// What was done so far, the oldest first.
    Steps(Vec<Step>),
}

impl From<&str> for InteractionInput {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for InteractionInput {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<InteractionContent>> for InteractionInput {
    fn from(contents: Vec<InteractionContent>) -> Self {
        Self::Contents(contents)
    }
}

impl From<Vec<Step>> for InteractionInput {
    fn from(steps: Vec<Step>) -> Self {
        Self::Steps(steps)
    }
}

silent_debug!(InteractionInput);
