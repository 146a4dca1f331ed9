//! Gemini's client: its wire against recorded bodies, its behaviour against the simulator.

mod embeddings;
mod errors;
mod files;
mod generate;
mod images;
mod interactions;
mod models;
mod so_far;
mod speech;
mod streams;
mod support;
mod tokens;
mod uploads;
mod videos;
