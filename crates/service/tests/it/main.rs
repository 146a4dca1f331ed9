//! The service over its backends. The tree mirrors what it tests.

mod queue;
mod storage;
mod store;
