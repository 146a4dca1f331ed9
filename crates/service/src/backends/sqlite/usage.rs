//! The usage log in a file of its own, so that it never keeps the ledger's waiting.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, TransactionBehavior, params_from_iter};

use super::connection::{self, SqliteError, failed};
use super::reads::{Readers, all};
use super::rows;
use crate::backends::sql::usage as sql;
use crate::clock::{SystemClock, Timestamp};
use crate::error::StoreError;
use crate::ports::UsageStore;
use crate::usage::{UsageAmounts, UsageKey, UsageOutcome, UsageQuery, UsageRow, UsageTotals};

/// The file's migrations, in order.
const MIGRATIONS: [(&str, &str); 1] =
    [("0001_usage", include_str!("../../../migrations/sqlite/usage/0001_usage.sql"))];

/// How many connections read side by side.
const READERS: usize = 2;

/// The usage log of an embedded server. Clones share it.
///
/// What was added is there after the process is killed; a machine that loses power may lose the last of it.
#[derive(Clone)]
pub struct SqliteUsage {
    /// Lent to one write at a time.
    writer: Arc<Mutex<Connection>>,
    readers: Arc<Readers>,
}

impl SqliteUsage {
    /// Opens the log at this path, making and migrating it as needed.
    pub fn open(path: &Path) -> Result<Self, SqliteError> {
        let mut writer = connection::open_to_write(path, None)?;
        connection::migrate(&mut writer, path, &MIGRATIONS)?;
        let open = |source| SqliteError::Open { path: path.to_owned(), source };
        writer.pragma_update(None, "synchronous", "NORMAL").map_err(open)?;
        let readers = Readers::open(path, READERS, Arc::new(SystemClock))?;
        Ok(Self { writer: Arc::new(Mutex::new(writer)), readers: Arc::new(readers) })
    }

    /// Writes on a thread that may block.
    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let writer = self.writer.clone();
        let writing = tokio::task::spawn_blocking(move || {
            // Whoever panicked has rolled its transaction back.
            let mut connection = writer.lock().unwrap_or_else(PoisonError::into_inner);
            write(&mut connection).map_err(failed)
        });
        writing.await.map_err(|panicked| StoreError::Failed(panicked.into()))?
    }
}

#[async_trait]
impl UsageStore for SqliteUsage {
    async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        let places: Vec<_> = (1..=21).map(|number| format!("?{number}")).collect();
        let insert = format!(
            "INSERT INTO usage_row ({}) VALUES ({}) ON CONFLICT (owner) DO NOTHING",
            sql::COLUMNS,
            places.join(", ")
        );
        let add = move |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for row in &rows {
                let texts = sql::texts(row).into_iter().map(Value::from);
                let optional = sql::optional_texts(row).into_iter().map(Value::from);
                let numbers = sql::numbers(row).into_iter().map(Value::from);
                let values = texts.chain(optional).chain(numbers).chain([Value::from(sql::first_part(row))]);
                transaction.prepare_cached(&insert)?.execute(params_from_iter(values))?;
            }
            transaction.commit()
        };
        self.write(add).await
    }

    async fn usage(&self, query: UsageQuery) -> Result<Vec<UsageTotals>, StoreError> {
        let statement = sql::totals(&query.filter).replace('$', "?");
        let range = [query.from.millis(), query.to.millis()].map(Value::from);
        let filters = sql::filters(&query.filter).map(Value::from);
        let (day, texts) = sql::after(&query);
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
        let values: Vec<Value> = range
            .into_iter()
            .chain(filters)
            .chain(sql::groups(&query).map(Value::from))
            .chain([Value::from(day)])
            .chain(texts.map(Value::from))
            .chain([Value::from(limit)])
            .collect();
        self.readers
            .read(move |connection| all(connection, &statement, params_from_iter(values), total))
            .await
    }

    async fn forget_usage(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let sql = "DELETE FROM usage_row WHERE owner IN \
                   (SELECT owner FROM usage_row WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2)";
        self.write(move |connection| Ok(connection.execute(sql, (before.millis(), limit))? as u64)).await
    }
}

fn total(row: &Row<'_>) -> rusqlite::Result<UsageTotals> {
    let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
    let texts = [text(1)?, text(2)?, text(3)?, text(4)?, text(5)?];
    let key = UsageKey::of_parts(row.get(0)?, texts).map_err(|error| rows::unreadable(1, error))?;
    let number = |column: usize| row.get::<_, u64>(column);
    let mut outcomes = [0; UsageOutcome::EACH.len()];
    for (outcome, column) in outcomes.iter_mut().zip(6..) {
        *outcome = number(column)?;
    }
    let mut amounts = [0; 7];
    for (amount, column) in amounts.iter_mut().zip(sql::SUMS_AT + 1..) {
        *amount = number(column)?;
    }
    Ok(UsageTotals {
        key,
        outcomes,
        attempts: number(sql::SUMS_AT)?,
        amounts: UsageAmounts::from_array(amounts),
        charged: rows::credits(row, sql::SUMS_AT + 8)?,
        estimated: number(sql::SUMS_AT + 9)?,
        duration: std::time::Duration::from_millis(number(sql::SUMS_AT + 10)?),
        first_part: row.get::<_, Option<u64>>(sql::SUMS_AT + 11)?.map(std::time::Duration::from_millis),
    })
}
