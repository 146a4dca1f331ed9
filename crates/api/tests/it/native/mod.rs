//! Our own routes.

mod artifacts;
mod credits;
mod events;
mod files;
mod idempotency;
mod jobs;
mod models;
mod prefer;
mod quotes;
mod redirects;
mod webhooks;
