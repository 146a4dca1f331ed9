//! The service over its backends. The tree mirrors what it tests.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod artifacts;
mod caller_limits;
mod calls;
mod catalog;
mod certificates;
mod chats;
mod group_commit;
mod instances;
mod keys;
mod keys_issued;
mod ledger;
mod limits;
mod postgres;
mod queue;
mod spawner;
mod sqlite;
mod storage;
mod store;
mod tampering;
mod tokens;
mod usage;
mod webhooks;
mod worker;
