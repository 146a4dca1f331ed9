//! Rows that stay at hand from one batch to the next, so that the next step of a job needn't read them again.
//!
//! The writer is the only one of its process that writes, so it knows what the rows are that it has just written. What
//! another process writes is told by `PRAGMA data_version`, and then nothing is at hand any more.

use rusqlite::Transaction;

use crate::commit::World;
use crate::credits::Owner;

/// The most jobs and calls that are kept, with what belongs to them.
const WORK_MAX: usize = 1024;

/// Jobs with more input than this are read again.
const INPUT_MAX: usize = 4 * 1024;

/// The most accounts and budgets that are kept.
const ACCOUNTS_MAX: usize = 4096;

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
        let mut kept = World {
            jobs: rows.jobs.written(|job| !job.state.is_final() && job.input.len() <= INPUT_MAX),
            calls: rows.calls.written(|call| call.ended_at.is_none()),
            ..World::default()
        };
        if kept.jobs.len() + kept.calls.len() > WORK_MAX {
            kept = World::default();
        }
        let is_kept = |owner: Owner| match owner {
            Owner::Job(job) => kept.jobs.get(&job).is_some(),
            Owner::Call(call) => kept.calls.get(&call).is_some(),
        };
        kept.due = rows.due.written(|due| is_kept(Owner::Job(due.job)));
        kept.attempts = rows.attempts.written(|attempt| attempt.ended_at.is_none() && is_kept(attempt.owner));
        kept.holds = rows.holds.written(|hold| is_kept(hold.owner));
        if rows.accounts.len() + rows.budgets.len() <= ACCOUNTS_MAX {
            kept.subjects = rows.subjects.written(|_account| true);
            kept.accounts = rows.accounts.written(|_account| true);
            kept.budgets = rows.budgets.written(|_budget| true);
        }
        self.rows = kept;
    }

    /// Forgets all, since something else is about to be written.
    pub(super) fn forget(&mut self) {
        self.rows = World::default();
    }
}
