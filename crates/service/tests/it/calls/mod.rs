//! Calls over the fake store and vendors that follow a script: how each way to end is told and charged.

mod cached;
mod endings;
mod free;
pub(crate) mod house;
mod metered;
mod passed;
mod slow_readers;
mod speech;
mod usage;
mod voices;
