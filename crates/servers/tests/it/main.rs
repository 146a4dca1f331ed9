//! The servers, started and stopped for real.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod postgres;
