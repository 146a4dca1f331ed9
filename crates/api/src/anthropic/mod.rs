//! Anthropic's wire, for its unmodified clients.

mod answer;
mod blocks;
mod contents;
pub(crate) mod count;
mod errors;
mod message;
pub(crate) mod messages;
mod request;
