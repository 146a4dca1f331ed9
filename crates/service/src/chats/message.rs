//! What is kept of a message.

use fourfold_domain::{CallId, ConversationId, Credits, FinishReason, MessageId, ModelName};

use crate::Timestamp;
use crate::named::named;

/// One message of a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Which conversation it is of.
    pub conversation: ConversationId,
    /// Its place there; later ones are higher.
    pub number: u64,
    /// Its id.
    pub id: MessageId,
    /// Who says it.
    pub role: MessageRole,
    /// What is said.
    pub content: String,
    /// The call of the turn that it is part of.
    pub call: CallId,
    /// Who answers; nothing of a user's message.
    pub model: Option<ModelName>,
    /// Of a user's message what it comes to, by our estimate; of an answer what went in before it.
    pub input_tokens: u64,
    /// What an answer came to.
    pub output_tokens: u64,
    /// What an answer was charged.
    pub credits: Credits,
    /// Whether the answer broke off, or its caller left before its end.
    pub is_partial: bool,
    /// Why an answer ended; nothing of a user's message, nor where the answer broke off.
    pub finish: Option<Finish>,
    /// Whether a vendor refused this message of a user for what it says: it isn't told again once another one has come.
    pub is_refused: bool,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Who says a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageRole {
    /// Who uses the product.
    User,
    /// The model.
    Assistant,
}

named!(MessageRole, "role", "one of user, assistant", User = "user", Assistant = "assistant");

/// Why an answer ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Finish {
    /// All was said.
    Stop,
    /// It came to the most tokens that it could have: by its model, its context, or its user's credits.
    Length,
    /// The vendor's filter stopped it.
    ContentFilter,
}

named!(
    Finish,
    "finish reason",
    "one of stop, length, content_filter",
    Stop = "stop",
    Length = "length",
    ContentFilter = "content_filter"
);

impl From<&FinishReason> for Finish {
    /// No tools are offered in a conversation, and what else a vendor calls its end is no cut that we know of.
    fn from(reason: &FinishReason) -> Self {
        match reason {
            FinishReason::Length => Self::Length,
            FinishReason::ContentFilter => Self::ContentFilter,
            FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Other(_) => Self::Stop,
        }
    }
}

/// A message that is to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewMessage {
    /// Its id.
    pub id: MessageId,
    /// What is said.
    pub content: String,
    /// Of a user's message what it comes to, by our estimate; of an answer what went in before it.
    pub input_tokens: u64,
    /// What an answer came to.
    pub output_tokens: u64,
    /// Whether the answer broke off, or its caller left before its end.
    pub is_partial: bool,
    /// Why an answer ended; nothing of a user's message, nor where the answer broke off.
    pub finish: Option<Finish>,
}
