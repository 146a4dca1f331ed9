//! Anthropic's client: its wire against recorded bodies, its behaviour against the simulator.

mod batches;
mod errors;
mod messages;
mod models;
mod so_far;
mod support;
mod tokens;
