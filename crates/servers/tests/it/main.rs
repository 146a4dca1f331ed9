//! The servers, started and stopped for real.

mod postgres;
