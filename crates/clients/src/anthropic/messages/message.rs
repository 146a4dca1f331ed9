//! What was said so far.

use serde::{Deserialize, Serialize};

use super::answer::MessageResponse;
use super::block::ContentBlock;
use crate::vendor::{open_enum, silent_debug, wire_type};

wire_type! {
    /// A message that goes in, of the user's or of the model's.
    pub struct Message {
        must {
            /// Who says it.
            role: Role,
            /// What is said. What tools gave comes before anything else.
            content: Content,
        }
        may {}
    }
}

open_enum! {
    /// Who says a message.
    pub enum Role {
        /// Who uses the product.
        User = "user",
        /// The model.
        Assistant = "assistant",
    }
}

impl Message {
    /// What the user says, or what tools gave.
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new(Role::User, content)
    }

    /// What the model said, or what it is to go on from, by models that can.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new(Role::Assistant, content)
    }
}

/// An answer as it goes back in, with all that the model thought and called.
impl From<MessageResponse> for Message {
    fn from(answer: MessageResponse) -> Self {
        Self::assistant(answer.content)
    }
}

/// What a message says: a text, or blocks of several kinds.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// A text.
    Text(String),
    /// Texts, pictures, documents, tools, thoughts.
    Blocks(Vec<ContentBlock>),
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<ContentBlock>> for Content {
    fn from(blocks: Vec<ContentBlock>) -> Self {
        Self::Blocks(blocks)
    }
}

silent_debug!(Content);
