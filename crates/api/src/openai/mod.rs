//! OpenAI's wire, for its unmodified clients.

mod answer;
mod asked;
pub(crate) mod chat;
mod completion;
pub(crate) mod embeddings;
mod film;
pub(crate) mod images;
pub(crate) mod models;
mod pictures;
mod request;
pub(crate) mod responses;
pub(crate) mod speech;
mod transcript;
pub(crate) mod transcriptions;
pub(crate) mod videos;
