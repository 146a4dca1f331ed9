//! OpenAI's client: its wire against recorded bodies, its behaviour against the simulator.

mod chat;
mod errors;
mod support;
