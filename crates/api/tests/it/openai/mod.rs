//! OpenAI's wire.

mod chat;
mod chat_replays;
mod chat_streams;
mod embeddings;
mod images;
mod models;
mod responses;
mod responses_streams;
mod speech;
mod transcriptions;
mod videos;
