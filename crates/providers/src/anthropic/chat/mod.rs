//! Chats on Anthropic's wire.
//!
//! What OpenAI's shape says of a chat has its own places here: what the product says goes before the messages, what
//! tools gave comes first in the user's next message, and thoughts go back signed, as `thinking_blocks`.

mod answer;
mod check;
mod messages;
mod request;
mod stream;

pub(super) use answer::{result, used};
pub(super) use check::check;
pub(super) use request::request;
pub(super) use stream::chunks;

/// The field of an answer, and of the model's message that it becomes, that holds the vendor's own blocks of thoughts:
/// they go back unchanged as long as tools are called.
const THINKING_BLOCKS: &str = "thinking_blocks";
