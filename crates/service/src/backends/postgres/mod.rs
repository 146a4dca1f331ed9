//! The database of many processes: Postgres, with one connection that commits what is waiting together, and a few
//! for everything else.
//!
//! Steps go to the committer's line and are answered after their COMMIT has been. A batch takes two round trips: one
//! locks and reads what the steps decide over, one writes what they decided. Any number of processes work on one
//! database; whatever belongs to an account changes only under that account's lock. All of this store's connections
//! live on a thread of its own, so that it makes no difference from which runtime it is asked.
//!
//! ```text
//! waiting steps ─► BEGIN, locks, reads ─► decide, one after the other ─► writes, marker, COMMIT ─► answer each
//! ```

mod audit;
mod chats;
mod commit;
mod committer;
mod connection;
mod database;
mod fault;
mod files;
mod keys;
mod load;
mod migrations;
mod operator;
mod query;
mod reads;
mod rows;
mod save;
mod settings;
mod tls;
mod usage;
mod webhooks;

use std::convert::Infallible;
use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use tokio::runtime::Builder;

#[cfg(any(test, feature = "testing"))]
use crate::clock::Clock;
use crate::commit::{Commit, CommitQueue, Step};
use crate::error::StoreError;
use committer::Committer;
use database::{Database, Time};

pub use settings::{PostgresError, PostgresSettings};

/// The store of many processes. Clones share it; when the last is dropped its connections are closed.
#[derive(Clone)]
pub struct PostgresStore {
    committer: CommitQueue<Infallible>,
    database: Arc<Database>,
    durability: Arc<str>,
}

impl PostgresStore {
    /// Migrates the database as needed and connects to it. Times are the database's.
    pub async fn open(settings: &PostgresSettings) -> Result<Self, PostgresError> {
        Self::open_by(settings, Time::Database).await
    }

    /// Likewise, with times by a test's clock.
    #[cfg(any(test, feature = "testing"))]
    pub async fn open_at(settings: &PostgresSettings, clock: Arc<dyn Clock>) -> Result<Self, PostgresError> {
        Self::open_by(settings, Time::Given(clock)).await
    }

    async fn open_by(settings: &PostgresSettings, time: Time) -> Result<Self, PostgresError> {
        migrations::migrate(settings).await?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| PostgresError::Thread { source })?;
        let database = Database::new(settings, time.clone(), runtime.handle())?;
        let (queue, waiting) = CommitQueue::new();
        let committer = Committer::new(settings, time)?;
        thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || runtime.block_on(committer.run(waiting)))
            .map_err(|source| PostgresError::Thread { source })?;
        let durability = database.durability().await.map_err(|source| PostgresError::Unreachable {
            place: settings.place(),
            source: source.into(),
        })?;
        Ok(Self { committer: queue, database: Arc::new(database), durability: durability.into() })
    }

    /// Makes or migrates the tables and says which migrations were applied.
    pub async fn migrate(settings: &PostgresSettings) -> Result<Vec<&'static str>, PostgresError> {
        migrations::migrate(settings).await
    }

    /// The settings that durability rests on, read back from the database: `fsync=on synchronous_commit=on
    /// full_page_writes=on`.
    pub fn durability(&self) -> &str {
        &self.durability
    }
}

#[async_trait]
impl Commit for PostgresStore {
    async fn commit<S: Step>(&self, step: S) -> Result<S::Answer, StoreError> {
        self.committer.commit(step).await
    }
}
