//! Stability's client: its wire against recorded bodies, its behaviour against the simulator.

mod account;
mod audio;
mod client;
mod engines;
mod errors;
mod generation;
mod images;
mod results;
mod support;
mod three_d;
mod videos;
