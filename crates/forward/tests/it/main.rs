//! The forwarder against real sockets.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod allowed;
mod breaking;
mod forwarders;
mod health;
mod http2;
mod leaving;
mod meter;
mod observed;
mod passing;
mod random;
mod retries;
mod settings;
mod slow;
mod smuggling;
mod support;
mod timeouts;
mod transformers;
mod upgrades;
