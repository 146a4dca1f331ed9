//! The built binary as people run it: real processes, each in a folder of its own, spoken to over HTTP and by
//! its commands, killed at any moment, and asked for the books afterwards.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod bad_input;
mod cached;
#[cfg(feature = "failpoints")]
mod call_crashes;
mod chaos;
mod chats;
mod commands;
mod conversations;
#[cfg(feature = "failpoints")]
mod crashes;
mod endings;
mod fallback;
mod files;
mod forward;
mod generate;
mod jobs;
mod keys;
mod kills;
mod logs;
mod main_job;
mod modalities;
mod openai_media;
mod operations;
mod own_vendor;
mod postgres;
mod races;
mod refused_starts;
mod reload;
mod scaled_out;
mod shared_limits;
mod slow_clients;
mod start_and_stop;
mod strangers;
mod support;
mod tokens;
mod usage;
mod vendors;
mod verbatim;
mod webhooks;
