//! Anthropic's wire.

mod messages;
mod messages_errors;
mod messages_streams;
