//! Opening the file: settings, migrations, and what its errors mean.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::StoreError;

/// The migrations in order; each is applied once, in its own transaction.
pub(super) const MIGRATIONS: [(&str, &str); 13] = [
    ("0001_house", include_str!("../../../migrations/sqlite/0001_house.sql")),
    ("0002_files", include_str!("../../../migrations/sqlite/0002_files.sql")),
    ("0003_budgets", include_str!("../../../migrations/sqlite/0003_budgets.sql")),
    ("0004_calls", include_str!("../../../migrations/sqlite/0004_calls.sql")),
    ("0005_jobs", include_str!("../../../migrations/sqlite/0005_jobs.sql")),
    ("0006_webhooks", include_str!("../../../migrations/sqlite/0006_webhooks.sql")),
    ("0007_call_costs", include_str!("../../../migrations/sqlite/0007_call_costs.sql")),
    ("0008_entries_stay", include_str!("../../../migrations/sqlite/0008_entries_stay.sql")),
    ("0009_deleted_jobs", include_str!("../../../migrations/sqlite/0009_deleted_jobs.sql")),
    ("0010_key_limits", include_str!("../../../migrations/sqlite/0010_key_limits.sql")),
    ("0011_answer_types", include_str!("../../../migrations/sqlite/0011_answer_types.sql")),
    ("0012_key_requests", include_str!("../../../migrations/sqlite/0012_key_requests.sql")),
    ("0013_chats", include_str!("../../../migrations/sqlite/0013_chats.sql")),
];

/// How long a writer waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How soon the switch to WAL is tried again.
const SWITCH_AGAIN: Duration = Duration::from_millis(5);

/// Statements that are kept prepared on each connection.
const STATEMENTS_KEPT: usize = 128;

/// Why the database can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqliteError {
    /// The file can't be opened or read.
    #[error("the database {} can't be opened", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// A migration failed; nothing of it stands.
    #[error("the migration {name} of the database failed")]
    Migration {
        /// Which.
        name: &'static str,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// A newer version of the program has migrated the file.
    #[error("the database {} was made by a newer version (it has {found} migrations, this version knows {known})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// How many it has.
        found: usize,
        /// How many are known.
        known: usize,
    },
    /// The writer's thread can't be started.
    #[error("the writer's thread can't be started")]
    Thread {
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

pub(super) fn open_to_write(path: &Path, pages_max: Option<u32>) -> Result<Connection, SqliteError> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open(path)?;
        prepare(&connection)?;
        switch_to_wal(&connection)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
        if let Some(pages) = pages_max {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        Ok(connection)
    };
    open().map_err(|source| SqliteError::Open { path: path.to_owned(), source })
}

/// Two processes that make one database at once meet here, and SQLite's own patience doesn't cover this
/// switch: whoever comes second tries again.
fn switch_to_wal(connection: &Connection) -> rusqlite::Result<()> {
    let began = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if is_busy(&error) && began.elapsed() < BUSY_TIMEOUT => thread::sleep(SWITCH_AGAIN),
            switched => return switched,
        }
    }
}

/// Whether another process holds the database.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

pub(super) fn open_to_read(path: &Path) -> Result<Connection, SqliteError> {
    let open = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        prepare(&connection)?;
        Ok(connection)
    };
    open().map_err(|source| SqliteError::Open { path: path.to_owned(), source })
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Else statements whose parameters meet a partial index's condition are planned again for each new value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cache_size", -4000)
}

/// Applies what is missing and names it. Two processes that start at once take turns.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    migrations: &[(&'static str, &'static str)],
) -> Result<Vec<&'static str>, SqliteError> {
    let open = |source| SqliteError::Open { path: path.to_owned(), source };
    let mut applied = Vec::new();
    loop {
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(open)?;
        let done: usize =
            transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(open)?;
        if done > migrations.len() {
            return Err(SqliteError::Newer { path: path.to_owned(), found: done, known: migrations.len() });
        }
        let Some((name, sql)) = migrations.get(done) else { return Ok(applied) };
        let failed = |source| SqliteError::Migration { name, source };
        transaction.execute_batch(sql).map_err(failed)?;
        transaction.pragma_update(None, "user_version", done + 1).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        applied.push(*name);
    }
}

pub(super) fn durability(connection: &Connection) -> Result<String, SqliteError> {
    let read =
        |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, rusqlite::types::Value>(0));
    let open = |source| SqliteError::Open { path: PathBuf::new(), source };
    let journal = match read("journal_mode").map_err(open)? {
        rusqlite::types::Value::Text(mode) => mode,
        other => format!("{other:?}"),
    };
    let synchronous = match read("synchronous").map_err(open)? {
        rusqlite::types::Value::Integer(0) => "off",
        rusqlite::types::Value::Integer(1) => "normal",
        rusqlite::types::Value::Integer(2) => "full",
        rusqlite::types::Value::Integer(3) => "extra",
        _ => "unknown",
    };
    Ok(format!("journal_mode={journal} synchronous={synchronous}"))
}

/// What an error of SQLite means to those above.
pub(crate) fn failed(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full(error.into()),
        _ => StoreError::Failed(error.into()),
    }
}
