//! Fakes, builders and the conformance suites, for tests here and elsewhere.

mod clock;
pub mod conformance;

pub use clock::TestClock;

pub use crate::backends::memory::{Faults, MemoryStore};
