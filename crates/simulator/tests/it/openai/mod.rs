//! OpenAI's wire.

mod chat;
mod errors;
mod images;
