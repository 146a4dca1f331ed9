//! What every backend of a port must do, as suites that any backend can run.
//!
//! A suite is a list of rules. A rule is a function that is given a fresh backend and says what it found
//! broken; a panic counts as broken too. Each suite has a driver that runs all of its rules and names those
//! that fail: [`store()`], [`object_storage()`], [`job_queue()`], [`job_signals()`],
//! [`shared_limits()`], [`usage()`].

pub mod limits;
pub mod object_storage;
pub mod queue;
pub mod signals;
pub mod store;
mod suite;
pub mod usage;

pub use limits::shared_limits;
pub use object_storage::object_storage;
pub use queue::job_queue;
pub use signals::job_signals;
pub use store::{StoreBench, store};
pub use suite::{Broken, Failure, Failures, Verdict};
pub use usage::usage;
