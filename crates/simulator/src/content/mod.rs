//! What the simulated models say. All of it follows from the request, so the same request gets the same.

mod sample;
mod seed;
mod text;
mod turn;
mod vector;

pub(crate) use sample::sample;
pub(crate) use seed::{as_uuid, hash, hex};
pub use text::FILTERED;
pub(crate) use text::{count_tokens, is_filtered, stopped, tokens};
pub(crate) use turn::{Prompt, Tool, ToolUse, Turn};
pub(crate) use vector::{base64_of, unit_vector};
