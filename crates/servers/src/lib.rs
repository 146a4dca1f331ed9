//! Real servers for tests and benches: each on a free port, in a folder of its own, gone when its value is dropped.
//!
//! The programs of Postgres and Redis must be installed; `cargo xtask test` sees to that, or says how. The S3 server
//! runs inside the process that asks for it. A test that starts one has one of the [`WORDS`] in its name, else it is
//! refused.
//!
//! ```no_run
//! use fourfold_servers::Postgres;
//!
//! let server = Postgres::start(Postgres::FAST)?;
//! let url = server.create_database()?;
//! assert!(url.starts_with("postgres://postgres@127.0.0.1:"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod names;
mod postgres;
mod process;
mod redis;
#[cfg(feature = "s3")]
mod s3;

pub use names::WORDS;
pub use postgres::{Durability, Postgres};
pub use redis::Redis;
#[cfg(feature = "s3")]
pub use s3::S3;

/// The Debian packages of those servers that aren't installed.
pub fn missing() -> Vec<&'static str> {
    let found = [("postgresql", postgres::is_installed()), ("redis-server", redis::is_installed())];
    found.into_iter().filter(|(_, found)| !found).map(|(package, _)| package).collect()
}
