//! Conversations: chats whose history is kept here. A service or admin key names the end user by `user_id` or by
//! `Fourfold-User`.

mod bodies;
pub(crate) mod conversations;
pub(crate) mod export;
pub(crate) mod history;
mod query;
pub(crate) mod turns;
mod writers;
