//! Our own routes: jobs, quotes, models, credits and files.

pub(crate) mod artifacts;
pub(crate) mod credits;
pub(crate) mod events;
mod idempotency;
pub(crate) mod jobs;
pub(crate) mod models;
pub(crate) mod wire;
