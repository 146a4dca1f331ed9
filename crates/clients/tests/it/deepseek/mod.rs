//! DeepSeek's client: its wire against recorded bodies, its behaviour against the simulator.

mod account;
mod chat;
mod completions;
mod errors;
mod models;
mod support;
