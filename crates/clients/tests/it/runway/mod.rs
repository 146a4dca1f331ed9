//! Runway's client: its wire against recorded bodies, its behaviour against the simulator.

mod client;
mod errors;
mod generations;
mod organization;
mod outputs;
mod support;
mod tasks;
mod uploads;
