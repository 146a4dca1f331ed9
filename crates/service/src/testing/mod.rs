//! Fakes, builders and the conformance suites, for tests here and elsewhere.
//!
//! A backend of a port is right when it keeps the rules of the port's suite. The suites are open to any
//! backend: one line runs all rules, each over a fresh backend, and what comes back names those that are
//! broken.
//!
//! ```
//! use std::sync::Arc;
//! use fourfold_service::testing::{MemoryStore, conformance};
//!
//! # fn main() -> Result<(), conformance::Failures> {
//! # let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
//! # runtime.block_on(async {
//! let rules_kept = conformance::store(async |clock| Arc::new(MemoryStore::new(clock)) as _).await?;
//! assert!(rules_kept > 50);
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! The backend takes its time from the [`TestClock`] that it is given, so no rule sleeps. A database gives
//! each rule a world of its own: a schema, a prefix, a temporary folder.

mod builders;
mod clock;
pub mod conformance;
mod provider_table;

pub use builders::{
    FILE_LIMITS, account_subject, artifact, begin, begin_turn, call_answer, complete_file, conversation_name,
    cost_price, credits, end_turn, idempotency, keep_secret, new_file, new_message, open_call, price,
    provider, reserve_file, submit, task,
};
pub use clock::TestClock;
pub use provider_table::ProviderTable;

pub use crate::backends::memory::{Faults, MemoryStore, MemoryUsage, StallEnding};
