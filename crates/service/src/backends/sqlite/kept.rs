//! Rows that stay at hand from one batch to the next, so that the next step of a job needn't read them again.
//!
//! The writer is the only one of its process that writes, so it knows what the rows are that it has just written. What
//! another process writes is told by `PRAGMA data_version`, and then nothing is at hand any more.

use rusqlite::Transaction;

use crate::commit::{Table, World};
use crate::credits::Owner;
use crate::jobs::Job;

/// The most rows of a kind that are kept. Where there are more, none is kept: they wouldn't be met again soon.
const ROWS_MAX: usize = 2048;

/// Jobs of which the caller has written more bytes than this are read again.
const WEIGHT_MAX: usize = 4 * 1024;

#[derive(Default)]
pub(super) struct Kept {
    rows: World,
    /// Of the database when the rows were read.
    version: i64,
}

impl Kept {
    /// The rows as they are inside this transaction. They are gone from here until the batch stands.
    pub(super) fn take(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<World> {
        let version =
            transaction.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get::<_, i64>(0))?;
        let rows = std::mem::take(&mut self.rows);
        let is_current = version == self.version;
        self.version = version;
        Ok(if is_current { rows } else { World::default() })
    }

    /// Keeps what a batch has left, once it stands. Work that has ended isn't asked for again soon.
    pub(super) fn keep(&mut self, rows: World) {
        let World { subjects, accounts, budgets, jobs, calls, due, attempts, holds, .. } = rows;
        let mut kept =
            World { subjects, accounts, budgets, jobs, calls, due, attempts, holds, ..World::default() };
        kept.jobs.settle(|job| !job.state.is_final() && weight(job) <= WEIGHT_MAX);
        kept.calls.settle(|call| call.ended_at.is_none());
        let is_kept = |owner: Owner| match owner {
            Owner::Job(job) => kept.jobs.get(&job).is_some(),
            Owner::Call(call) => kept.calls.get(&call).is_some(),
        };
        kept.due.settle(|due| is_kept(Owner::Job(due.job)));
        kept.attempts.settle(|attempt| attempt.ended_at.is_none() && is_kept(attempt.owner));
        kept.holds.settle(|hold| is_kept(hold.owner));
        kept.subjects.settle(|_account| true);
        kept.accounts.settle(|_account| true);
        kept.budgets.settle(|_budget| true);
        let World { subjects, accounts, budgets, jobs, calls, due, attempts, holds, .. } = &mut kept;
        if [jobs.len(), calls.len(), due.len(), attempts.len(), holds.len()]
            .iter()
            .any(|rows| *rows > ROWS_MAX)
        {
            (*jobs, *calls, *due) = (Table::default(), Table::default(), Table::default());
            (*attempts, *holds) = (Table::default(), Table::default());
        }
        if accounts.len() > ROWS_MAX || budgets.len() > ROWS_MAX {
            (*subjects, *accounts, *budgets) = (Table::default(), Table::default(), Table::default());
        }
        self.rows = kept;
    }

    /// Forgets all, since something else is about to be written.
    pub(super) fn forget(&mut self) {
        self.rows = World::default();
    }
}

/// The bytes of a job that its caller has written.
fn weight(job: &Job) -> usize {
    job.input.len() + job.metadata.as_ref().map_or(0, |metadata| metadata.len())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fourfold_domain::{CallId, InstanceId};
    use rusqlite::Connection;
    use uuid::Uuid;

    use super::*;
    use crate::Timestamp;
    use crate::calls::{Call, CallState};

    fn call(ended_at: Option<Timestamp>) -> Call {
        let id = || Uuid::now_v7();
        Call {
            id: CallId::new(id()),
            account: id().to_string().parse().unwrap(),
            key: None,
            instance: InstanceId::new(id()),
            model: "mock-chat".parse().unwrap(),
            hold: id().to_string().parse().unwrap(),
            state: CallState::Open,
            created_at: Timestamp::default(),
            ended_at,
            cost_max: None,
        }
    }

    /// What is at hand after a batch that made these calls.
    fn kept_of(calls: &[Call]) -> Kept {
        let mut rows = World::default();
        for call in calls {
            rows.calls.insert(call.id, call.clone());
        }
        let mut kept = Kept::default();
        kept.keep(rows);
        kept
    }

    #[test]
    fn work_that_goes_on_stays_at_hand_until_something_else_is_written() {
        let mut database = Connection::open_in_memory().unwrap();
        let (open, ended) = (call(None), call(Some(Timestamp::default().after(Duration::from_secs(1)))));
        let mut kept = kept_of(&[open.clone(), ended.clone()]);
        let transaction = database.transaction().unwrap();
        kept.take(&transaction).unwrap();
        kept.keep(kept_of(&[open.clone(), ended.clone()]).rows);
        let rows = kept.take(&transaction).unwrap();
        assert_eq!((rows.calls.get(&open.id), rows.calls.get(&ended.id)), (Some(&open), None));
        assert_eq!(kept.take(&transaction).unwrap().calls.len(), 0, "they stay while a batch is under way");
        kept.keep(rows);
        kept.forget();
        assert_eq!(kept.take(&transaction).unwrap().calls.len(), 0);
    }

    #[test]
    fn no_more_than_a_bound_is_kept() {
        let calls: Vec<_> = (0..=ROWS_MAX).map(|_| call(None)).collect();
        assert_eq!(kept_of(&calls[1..]).rows.calls.len(), ROWS_MAX);
        assert_eq!(kept_of(&calls).rows.calls.len(), 0);
    }
}
