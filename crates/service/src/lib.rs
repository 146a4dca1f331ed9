//! The business of Fourfold: credits, jobs, calls, artifacts and keys, over ports.
//!
//! Knows no vendor and no HTTP. What it needs from outside are the traits in [`ports`]; what stands behind
//! them is in [`backends`]. Every change that must survive a crash is one atomic step of a store, named for
//! its intent, and many steps share one commit.
//!
//! - money: [`credits`] · what answers at once: [`calls`], with a history of it: [`chats`] · what takes longer: [`jobs`]
//! - what can be asked for: [`catalog`] · who is asked: [`routing`] · who may ask: [`keys`] · how much: [`limits`]
//! - what was made: [`artifacts`] · what is handed in: [`files`] · who is told: [`webhooks`] · what was used: [`usage`]
//!
//! ```
//! use std::sync::Arc;
//! use fourfold_service::backends::{SqliteSettings, SqliteStore};
//! use fourfold_service::{SystemClock, credits::CreditsService};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("fourfold-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! let store = SqliteStore::open(&SqliteSettings::new(folder.join("fourfold.db")), Arc::new(SystemClock))?;
//! let credits = CreditsService::new(Arc::new(store));
//! let subject = fourfold_domain::Subject { realm: Default::default(), external_id: "u1".parse()? };
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! let account = credits.grant(subject, "10".parse()?, None, None).await?;
//! assert_eq!(account.available.to_string(), "10");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(
    not(any(feature = "sqlite", feature = "postgres")),
    expect(dead_code, unused_imports, reason = "without a database nobody runs the steps")
)]

pub mod artifacts;
pub mod backends;
pub mod calls;
pub mod catalog;
pub mod chats;
mod clock;
mod commit;
pub mod credits;
mod error;
pub mod failpoint;
pub mod files;
mod idempotency;
pub mod instances;
pub mod jobs;
pub mod keys;
pub mod limits;
mod mac;
mod media;
mod named;
pub mod ports;
pub mod reconcile;
pub mod routing;
mod spawner;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tokens;
pub mod usage;
pub mod webhooks;

pub use clock::{Clock, SystemClock, Timestamp};
pub use error::{BoxError, PassedOn, Refusal, ServiceError, StoreError};
pub use idempotency::{Idempotency, IdempotencyRecord, IdempotencyScope, Made};
pub use media::Media;
pub use spawner::Spawner;
