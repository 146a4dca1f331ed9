//! The simulator from outside: in process where the answer is what counts, over a socket where the connection
//! is.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod aihubmix;
mod anthropic;
mod control;
mod deepseek;
mod faults;
mod gemini;
mod media;
mod openai;
mod received;
mod runway;
mod sockets;
mod stability;
mod support;
