//! How work ends that a caller waits for, over every route that has it done: who leaves, who dies and when, and then
//! what it cost to the micro-credit, and whether its vendor was let go.
//!
//! ```text
//! caller ──► fourfold ──► simulator       callers.rs: the caller leaves    prompt.rs: how soon its vendor knows
//!    leaves      dies         dies        vendors.rs: the vendor dies      servers.rs: we stop, or die
//! ```

mod callers;
mod money;
mod prompt;
mod routes;
mod servers;
mod vendors;
mod wires;
mod world;
