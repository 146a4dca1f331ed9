//! Real servers for tests and benches: each on a free port, in a folder of its own, gone when its value is dropped.
//!
//! The programs of Postgres and Redis must be installed; `cargo xtask test` sees to that, or says how. The S3 server
//! runs inside the process that asks for it.

mod process;
mod redis;
mod s3;

pub use redis::Redis;
pub use s3::S3;
