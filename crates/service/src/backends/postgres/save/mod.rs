//! Writes what a batch changed: one statement a table for the new rows, one for those that changed, one for those
//! that went.

mod calls;
mod chats;
mod files;
mod jobs;
mod money;

use serde::Serialize;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::query::{Query, Value};
use super::webhooks;
use crate::commit::World;
use crate::error::BoxError;

/// The statements that write what changed. None where nothing did.
pub(super) fn queries(world: &World) -> Result<Vec<Query<'_>>, Fault> {
    let mut writes = Writes(Vec::new());
    money::accounts(&mut writes, world);
    money::holds(&mut writes, world)?;
    money::budgets(&mut writes, world);
    money::entries(&mut writes, world);
    jobs::jobs(&mut writes, world)?;
    jobs::attempts(&mut writes, world)?;
    jobs::due(&mut writes, world);
    jobs::artifacts_and_events(&mut writes, world);
    calls::calls(&mut writes, world);
    calls::call_answers(&mut writes, world);
    files::files(&mut writes, world);
    calls::idempotency(&mut writes, world);
    chats::chats(&mut writes, world)?;
    webhooks::save(&mut writes, world);
    Ok(writes.0)
}

pub(super) struct Writes<'a>(Vec<Query<'a>>);

impl<'a> Writes<'a> {
    /// A statement over the columns of these rows, if there are any.
    pub(super) fn of<R>(
        &mut self,
        rows: &[R],
        sql: &'static str,
        columns: impl FnOnce(&[R]) -> Vec<Value<'a>>,
    ) {
        if !rows.is_empty() {
            self.0.push(Query::new(sql, columns(rows)));
        }
    }

    /// Likewise, where a column may be one that can't be written.
    fn try_of<R>(
        &mut self,
        rows: &[R],
        sql: &'static str,
        columns: impl FnOnce(&[R]) -> Result<Vec<Value<'a>>, Fault>,
    ) -> Result<(), Fault> {
        if !rows.is_empty() {
            self.0.push(Query::new(sql, columns(rows)?));
        }
        Ok(())
    }
}

/// One column of these rows.
pub(super) fn column<R, T: ToSql + Sync>(rows: &[R], of: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

fn json<T: Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Unwritable(BoxError::from(error)))
}

fn optional_json<T: Serialize>(value: Option<&T>) -> Result<Option<String>, Fault> {
    value.map(json).transpose()
}
