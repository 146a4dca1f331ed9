//! OpenAI's wire.

mod audio;
mod chat;
mod embeddings;
mod errors;
mod files;
mod images;
mod models;
mod responses;
mod videos;
