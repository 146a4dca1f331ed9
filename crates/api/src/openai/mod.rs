//! OpenAI's wire, for its unmodified clients.

mod answer;
pub(crate) mod chat;
mod completion;
pub(crate) mod models;
mod request;
