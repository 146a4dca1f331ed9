//! The database that the settings name: the embedded one, or Postgres.

use std::sync::Arc;

use anyhow::{Result, ensure};
use fourfold_domain::InstanceId;
use fourfold_service::backends::{PostgresSettings, PostgresStore, SqliteSettings, SqliteStore, SqliteUsage};
use fourfold_service::ports::{Store, UsageStore};
use fourfold_service::{Clock, StoreError, instances};

use crate::config::Settings;
use crate::data_dir::{DATABASE, DataDir, USAGE};

/// An open database.
pub(crate) struct Database {
    pub(crate) store: Arc<dyn Store>,
    /// What durability rests on, read back from the database.
    pub(crate) durability: String,
    /// The usage log, where it is kept in the same database.
    usage: Option<Arc<dyn UsageStore>>,
    /// Other processes work on it too.
    is_shared: bool,
}

impl Database {
    /// Opens the database, making and migrating it as needed; an embedded one's folder is there. Not from within a
    /// runtime.
    pub(crate) fn open(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Self> {
        let Some(postgres) = postgres(settings)? else {
            let store =
                SqliteStore::open(&SqliteSettings::new(settings.data_dir.join(DATABASE)), clock.clone())?;
            let durability = store.durability().to_owned();
            return Ok(Self { store: Arc::new(store), durability, usage: None, is_shared: false });
        };
        let store = block_on(PostgresStore::open(&postgres))??;
        let durability = store.durability().to_owned();
        let usage: Arc<dyn UsageStore> = Arc::new(store.clone());
        Ok(Self { store: Arc::new(store), durability, usage: Some(usage), is_shared: true })
    }

    /// The usage log: in the same database, or in a file of its own beside an embedded one.
    pub(crate) fn usage(&self, settings: &Settings) -> Result<Arc<dyn UsageStore>> {
        match &self.usage {
            Some(usage) => Ok(usage.clone()),
            None => Ok(Arc::new(SqliteUsage::open(&settings.data_dir.join(USAGE))?)),
        }
    }

    /// Opens the database beside a running server. An embedded one must be there: a command that found nothing in a
    /// new one would only hide that `data_dir` is another folder than was meant.
    pub(crate) fn open_beside(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Self> {
        if settings.database.url.is_none() {
            let database = settings.data_dir.join(DATABASE);
            ensure!(
                database.is_file(),
                "there is no database {}; set data_dir, or make one with: fourfold migrate",
                database.display()
            );
            // What is made beside the database is ours alone.
            DataDir::open(&settings.data_dir)?;
        }
        Self::open(settings, clock)
    }

    /// Makes or migrates the database. Names it, and the migrations that were applied. Not from within a runtime.
    pub(crate) fn migrate(settings: &Settings) -> Result<(String, Vec<&'static str>)> {
        match postgres(settings)? {
            Some(postgres) => Ok((postgres.to_string(), block_on(PostgresStore::migrate(&postgres))??)),
            None => {
                let database = DataDir::open(&settings.data_dir)?.database();
                Ok((database.display().to_string(), SqliteStore::migrate(&database)?))
            }
        }
    }

    /// Registers this process: as the only server of its own database, or beside others.
    pub(crate) async fn register(&self, instance: InstanceId, settings: &Settings) -> Result<(), StoreError> {
        let (store, lease) = (self.store.as_ref(), settings.instances.lease);
        if self.is_shared {
            instances::join(store, instance, lease).await
        } else {
            instances::take_over(store, instance, lease).await
        }
    }
}

/// The Postgres that the settings name. The error doesn't show the address, which may hold a password.
pub(crate) fn postgres(settings: &Settings) -> Result<Option<PostgresSettings>> {
    let Some(url) = &settings.database.url else { return Ok(None) };
    let mut postgres =
        PostgresSettings::new(url.expose())?.with_ca_file(settings.database.ca_file.clone())?;
    postgres.connections = settings.database.connections;
    postgres.patience = settings.database.patience;
    Ok(Some(postgres))
}

fn block_on<T>(work: impl Future<Output = T>) -> Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work))
}
