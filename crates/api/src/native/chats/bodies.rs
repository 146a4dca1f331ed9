//! Conversations and messages as they are shown.

use fourfold_domain::Usage;
use fourfold_service::chats::{Answered, Conversation, Finish, Message, MessageRole};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::rfc3339;

/// An answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChatReply {
    /// What the model says.
    pub(crate) response: String,
    #[serde(flatten)]
    pub(crate) turn: TurnBody,
}

/// What a turn came to; the `data` of the event `done`.
#[derive(Serialize, ToSchema)]
pub(crate) struct TurnBody {
    conversation_id: String,
    /// The answer's id.
    message_id: String,
    /// Who answered.
    model: String,
    /// Why the answer ended: `stop`, `length` where it came to the most tokens that the model, its context or the
    /// account's credits had room for, or `content_filter`.
    finish_reason: &'static str,
    usage: ChatUsage,
    /// What was charged.
    credits: String,
}

/// Tokens that were used.
#[derive(Serialize, ToSchema)]
struct ChatUsage {
    /// All that went in: the history too.
    input_tokens: u64,
    output_tokens: u64,
}

/// A conversation.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConversationBody {
    #[serde(flatten)]
    listed: ListedConversation,
    /// What the model is told before all messages.
    system: Option<String>,
}

/// A conversation as lists show it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListedConversation {
    /// The id that its first message was sent to.
    id: String,
    /// Always `conversation`.
    object: &'static str,
    /// The beginning of its first message, unless it was changed.
    title: Option<String>,
    archived: bool,
    /// The model that answered last.
    model: Option<String>,
    /// Words of the caller's own.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
    created_at: String,
    last_message_at: String,
}

/// A message of a conversation.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageBody {
    id: String,
    /// user or assistant.
    role: &'static str,
    content: String,
    /// Who answered; null of a user's message.
    model: Option<String>,
    /// Of a user's message what it comes to by our estimate, of an answer all that went in before it.
    input_tokens: u64,
    output_tokens: u64,
    /// What was charged for it.
    credits: String,
    /// Whether the answer broke off, or its reader left before its end.
    is_partial: bool,
    /// Why the answer ended: `stop`, `length` or `content_filter`; null of a user's message, and where the answer broke
    /// off.
    finish_reason: Option<&'static str>,
    created_at: String,
}

impl TurnBody {
    pub(crate) fn new(conversation_id: &str, answered: &Answered) -> Self {
        let Usage { input_tokens, output_tokens, .. } = answered.usage;
        Self {
            conversation_id: conversation_id.to_owned(),
            message_id: answered.message.to_string(),
            model: answered.model.to_string(),
            finish_reason: answered.finish.as_str(),
            usage: ChatUsage { input_tokens, output_tokens },
            credits: answered.credits.to_string(),
        }
    }
}

impl ConversationBody {
    pub(crate) fn new(mut known: Conversation) -> Self {
        let system = known.system.take();
        Self { listed: ListedConversation::new(known), system }
    }
}

impl ListedConversation {
    pub(crate) fn new(known: Conversation) -> Self {
        Self {
            id: known.name.external_id.to_string(),
            object: "conversation",
            title: known.title,
            archived: known.is_archived,
            model: known.model.map(|model| model.to_string()),
            // It was JSON when it came.
            metadata: known.metadata.and_then(|metadata| RawValue::from_string(metadata).ok()),
            created_at: rfc3339::write(known.created_at),
            last_message_at: rfc3339::write(known.last_message_at),
        }
    }
}

impl MessageBody {
    pub(crate) fn new(message: Message) -> Self {
        let role = match message.role {
            MessageRole::User => "user",
            MessageRole::Assistant => "assistant",
        };
        Self {
            id: message.id.to_string(),
            role,
            content: message.content,
            model: message.model.map(|model| model.to_string()),
            input_tokens: message.input_tokens,
            output_tokens: message.output_tokens,
            credits: message.credits.to_string(),
            is_partial: message.is_partial,
            finish_reason: message.finish.map(Finish::as_str),
            created_at: rfc3339::write(message.created_at),
        }
    }
}
