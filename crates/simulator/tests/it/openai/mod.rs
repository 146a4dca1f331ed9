//! OpenAI's wire.

mod audio;
mod chat;
mod embeddings;
mod errors;
mod images;
mod models;
mod responses;
mod videos;
