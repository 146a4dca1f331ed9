//! What stands behind the ports.

#[cfg(any(feature = "postgres", feature = "redis", feature = "s3"))]
mod authorities;
mod folder;
mod in_process;
mod in_process_limits;
#[cfg(any(test, feature = "testing"))]
pub(crate) mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "s3")]
mod s3;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod turns;

pub use folder::FolderStorage;
pub use in_process::{InProcessQueue, InProcessSignals};
pub use in_process_limits::InProcessLimits;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresError, PostgresSettings, PostgresStore};
#[cfg(feature = "redis")]
pub use redis::{RedisLimits, RedisLink, RedisQueue, RedisSettings, RedisSignals};
#[cfg(feature = "s3")]
pub use s3::S3Storage;
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteError, SqliteSettings, SqliteStore, SqliteUsage};
