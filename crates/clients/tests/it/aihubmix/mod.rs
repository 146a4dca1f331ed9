//! AIHubMix's client: its wire against recorded bodies, its behaviour against the simulator.

mod catalog;
mod chat;
mod embeddings;
mod errors;
mod images;
mod models;
mod predictions;
mod responses;
mod speech;
mod support;
mod transcriptions;
mod videos;
