//! Writes what a batch changed: per table the new rows, the changed ones, the ones that went.

mod calls;
mod chats;
mod files;
mod jobs;
mod money;

use std::cell::RefCell;

use rusqlite::{CachedStatement, Params, Transaction};
use serde::Serialize;

use super::webhooks;
use crate::commit::World;

type Result<T> = rusqlite::Result<T>;

pub(super) fn save(transaction: &Transaction<'_>, world: &World) -> Result<()> {
    let rows = Rows { transaction, last: RefCell::default() };
    money::accounts(&rows, world)?;
    money::holds(&rows, world)?;
    money::budgets(&rows, world)?;
    money::entries(&rows, world)?;
    jobs::jobs(&rows, world)?;
    jobs::attempts(&rows, world)?;
    jobs::due(&rows, world)?;
    jobs::artifacts_and_events(&rows, world)?;
    calls::calls(&rows, world)?;
    calls::call_answers(&rows, world)?;
    files::files(&rows, world)?;
    calls::idempotency(&rows, world)?;
    chats::chats(&rows, world)?;
    webhooks::save(&rows, world)
}

pub(super) struct Rows<'a> {
    transaction: &'a Transaction<'a>,
    /// The statement that was used last, which most rows are written with that come next.
    last: RefCell<Option<(&'static str, CachedStatement<'a>)>>,
}

impl Rows<'_> {
    /// Writes exactly one row with a statement that stays prepared. A row that is changed was read in this transaction,
    /// or is known to be unchanged since, so its absence is an error.
    pub(super) fn write(&self, sql: &'static str, values: impl Params) -> Result<()> {
        let mut last = self.last.borrow_mut();
        let (_, statement) = match &mut *last {
            Some(known) if known.0 == sql => known,
            other => other.insert((sql, self.transaction.prepare_cached(sql)?)),
        };
        match statement.execute(values)? {
            1 => Ok(()),
            rows => Err(rusqlite::Error::StatementChangedRows(rows)),
        }
    }
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn optional_json<T: Serialize>(value: Option<&T>) -> Result<Option<String>> {
    value.map(json).transpose()
}
