//! Anthropic's wire.

mod count;
mod messages;
mod messages_errors;
mod messages_streams;
