//! Our own routes.

mod artifacts;
mod chats;
mod credits;
mod events;
mod files;
mod idempotency;
mod jobs;
mod models;
mod prefer;
mod quotes;
mod redirects;
pub(crate) mod usage;
mod webhooks;
