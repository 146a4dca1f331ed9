//! Conversations: chats whose history is kept here. Each message of a user and the answer to it are one turn, and the
//! turns of a conversation are taken one after the other, in the order in which they came, on all processes together.
//!
//! ```text
//! message ─► history ─► prompt ─► begin_turn (the line, the call, its hold) ─► the call's task ─► end_turn ─► the last bytes
//!               ▲                     │ not yet its turn, or the history has changed
//!               └─────────────────────┘
//! ```
//!
//! A turn is a call that is opened and ended in steps of its own: `end_turn` writes both messages, settles and lets the
//! next one have its turn, in one commit. The last of an answer waits for that and for nothing else, so that what was
//! acknowledged is in the history.

mod conversation;
mod history;
mod line;
mod message;
mod open_turn;
mod prompt;
mod scribe;
mod service;
mod settings;
mod steps;
mod turn;
mod waiting;
mod writer;

pub use conversation::{About, Conversation, ConversationCursor, ConversationName};
pub use line::{Line, Place, Ticket};
pub use message::{Finish, Message, MessageRole, NewMessage};
pub(crate) use open_turn::OpenTurn;
pub(crate) use prompt::cut;
pub use service::{Ask, ChatParts, ChatsService, NewTurn};
pub use settings::ChatSettings;
pub use steps::{
    BeginTurn, BegunTurn, ChangeConversation, DeleteConversation, EndTurn, LeaveLine, RenewTurn, Seen,
    TurnOutcome,
};
pub use writer::{Answered, TurnWriter};
