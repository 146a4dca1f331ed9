//! OpenAI's wire, for its unmodified clients.

mod answer;
mod asked;
pub(crate) mod chat;
mod completion;
pub(crate) mod images;
pub(crate) mod models;
mod pictures;
mod request;
mod transcript;
pub(crate) mod transcriptions;
