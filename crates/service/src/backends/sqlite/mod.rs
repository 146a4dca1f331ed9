//! The embedded database: one file, one writer thread that commits what is waiting together, and a few
//! connections for reading.
//!
//! Steps go to the writer's line and are answered after their commit is on disk (WAL, synchronous FULL).
//! Other processes, such as the command line beside a running server, may write too: a batch that
//! comes after such a one reads all that it decides over inside its own transaction, else what it doesn't know already.

mod audit;
mod chats;
mod connection;
mod files;
mod kept;
mod keys;
mod load;
mod operator;
mod reads;
mod rows;
mod save;
mod usage;
mod webhooks;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use rusqlite::Connection;

use crate::clock::Clock;
use crate::commit::{Alone, BATCH_MAX, Commit, CommitQueue, Step};
use crate::error::StoreError;

pub use connection::SqliteError;
pub(crate) use connection::failed;
pub use usage::SqliteUsage;

/// Where the database is and how it is opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SqliteSettings {
    /// The database file; its folder must be there.
    pub path: PathBuf,
    /// How many connections read side by side.
    pub readers: usize,
    /// The most pages of 4 KiB that the file may have; nothing is no limit but the disk's.
    pub pages_max: Option<u32>,
    /// How many steps share a commit at most; 1 gives each a transaction of its own.
    pub batch_max: usize,
}

impl SqliteSettings {
    /// A database at this path with four readers.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), readers: 4, pages_max: None, batch_max: BATCH_MAX }
    }
}

/// The embedded store. Clones share it; when the last is dropped the writer ends.
#[derive(Clone)]
pub struct SqliteStore {
    writer: CommitQueue<Alone<Connection>>,
    readers: Arc<reads::Readers>,
    durability: Arc<str>,
}

impl SqliteStore {
    /// Opens the database, making and migrating it as needed.
    pub fn open(settings: &SqliteSettings, clock: Arc<dyn Clock>) -> Result<Self, SqliteError> {
        let mut connection = connection::open_to_write(&settings.path, settings.pages_max)?;
        connection::migrate(&mut connection, &settings.path, &connection::MIGRATIONS)?;
        let durability = connection::durability(&connection)?.into();
        let readers = reads::Readers::open(&settings.path, settings.readers, clock.clone())?;
        let (writer, waiting) = CommitQueue::new();
        let batch_max = settings.batch_max;
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || writer::run(connection, waiting, batch_max, clock.as_ref()))
            .map_err(|source| SqliteError::Thread { source })?;
        Ok(Self { writer, readers: Arc::new(readers), durability })
    }

    /// Makes or migrates the database at this path and says which migrations were applied.
    pub fn migrate(path: &Path) -> Result<Vec<&'static str>, SqliteError> {
        let mut connection = connection::open_to_write(path, None)?;
        connection::migrate(&mut connection, path, &connection::MIGRATIONS)
    }

    /// The settings that durability rests on, read back from the database: `journal_mode=wal synchronous=full`.
    pub fn durability(&self) -> &str {
        &self.durability
    }
}

#[async_trait]
impl Commit for SqliteStore {
    async fn commit<S: Step>(&self, step: S) -> Result<S::Answer, StoreError> {
        self.writer.commit(step).await
    }
}
