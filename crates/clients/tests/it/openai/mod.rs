//! OpenAI's client: its wire against recorded bodies, its behaviour against the simulator.

mod chat;
mod embeddings;
mod errors;
mod images;
mod models;
mod responses;
mod speech;
mod support;
mod transcriptions;
mod videos;
