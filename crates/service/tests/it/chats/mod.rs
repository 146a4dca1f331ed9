//! Conversations over the fake store, with a model that writes what the test writes.

mod endings;
mod house;
mod line;
mod prompts;
mod repeats;
mod turns;
