//! Our own routes: conversations, jobs, quotes, models, credits, usage, files and webhooks. Credits are decimal strings of whole credits,
//! times are RFC 3339 in UTC.

pub(crate) mod artifacts;
pub(crate) mod chats;
pub(crate) mod credits;
pub(crate) mod events;
pub(crate) mod files;
pub(crate) mod job_body;
pub(crate) mod jobs;
pub(crate) mod models;
pub(crate) mod quotes;
mod range;
pub(crate) mod usage;
pub(crate) mod webhook_event;
pub(crate) mod webhooks;
