//! One batch over one connection, and what becomes of a COMMIT whose answer is lost.
//!
//! Each batch that writes has an id and leaves a row of that id in `commit_batch`, in its own transaction. Where the
//! answer to its COMMIT is lost, [`stands`] asks for that row by inserting one of the same id, with `stands = 0`:
//!
//! - The batch has committed: its row is there, `stands = 1`, and is found.
//! - Its transaction has ended without it: ours goes in, and is found.
//! - Its old session is still at it and its row is in: our insert waits on the unique key until that transaction has
//!   ended, one way or the other, then finds one of the two above.
//! - Its old session is still at it and its row isn't in yet: ours goes in, the other then fails on the unique key, and
//!   its transaction with it. The row is the first thing that a batch writes.
//!
//! So whichever row comes in first decides for good, and asking twice, since this answer was lost too, finds the same.
//! An old session that waits for a client who is gone ends by `idle_in_transaction_session_timeout`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use uuid::Uuid;

use super::database::{ANSWER_MAX, Time};
use super::fault::{Cure, Fault};
use super::query::{self, Query, values};
use super::{load, rows, save};
use crate::Timestamp;
use crate::commit::{Needs, PendingStep};

/// How long a batch's row is kept: far longer than anybody asks for it.
pub(super) const KEPT: Duration = Duration::from_secs(60 * 60);

/// What is known of a batch that wasn't answered.
pub(super) struct Unfinished {
    pub(super) fault: Fault,
    /// The batch, where its COMMIT was sent and its answer lost.
    pub(super) unknown: Option<Uuid>,
}

impl From<Fault> for Unfinished {
    fn from(fault: Fault) -> Self {
        Self { fault, unknown: None }
    }
}

/// Loads, decides, writes and commits. A step may be decided again, over fresh rows.
pub(super) async fn commit(
    client: &ClientWrapper,
    steps: &mut [Box<dyn PendingStep>],
    time: &Time,
) -> Result<(), Unfinished> {
    let mut needs = Needs::default();
    steps.iter().for_each(|step| step.needs(&mut needs));
    let (asked, reads) = load::queries(&needs);
    let answers = answered(client, &reads).await?;
    let mut world = match load::world(&needs, &asked, &answers) {
        Ok(world) => world,
        Err(fault) => return Err(rolled_back(client, fault).await.into()),
    };
    if let Some(moment) = time.moment() {
        world.now = Timestamp::from_millis(moment);
    }
    // A panic is a mistake in one step; nothing of the batch is kept anywhere but in the transaction.
    let deciding = AssertUnwindSafe(|| steps.iter_mut().for_each(|step| step.decide(&mut world)));
    if let Err(panic) = catch_unwind(deciding) {
        return Err(rolled_back(client, Fault::panicked(panic.as_ref())).await.into());
    }
    let mut writes = match save::queries(&world) {
        Ok(writes) => writes,
        Err(fault) => return Err(rolled_back(client, fault).await.into()),
    };
    let commit = Query::new("COMMIT", Vec::new());
    if writes.is_empty() {
        // Nothing was decided that has to stand.
        answered(client, &[commit]).await?;
        return Ok(());
    }
    let batch = Uuid::now_v7();
    let mark = "INSERT INTO commit_batch (id, stands, at) VALUES ($1, 1, now_millis())";
    writes.insert(0, Query::new(mark, values![batch.to_string()]));
    writes.push(commit);
    match answered(client, &writes).await {
        Ok(_answers) => Ok(()),
        // The connection broke after COMMIT was sent.
        Err(fault) if fault.cure() == Cure::Reconnect => Err(Unfinished { fault, unknown: Some(batch) }),
        // A statement failed, so COMMIT has rolled back.
        Err(fault) => Err(fault.into()),
    }
}

/// Whether a batch stands, for good.
pub(super) async fn stands(client: &ClientWrapper, batch: Uuid) -> Result<bool, Fault> {
    let sql = "INSERT INTO commit_batch (id, stands, at) VALUES ($1, 0, now_millis()) \
               ON CONFLICT (id) DO UPDATE SET stands = commit_batch.stands RETURNING stands";
    let answers = answered(client, &[Query::new(sql, values![batch.to_string()])]).await?;
    let stands = answers.iter().flatten().map(|row| rows::get::<i64>(row, 0)).next();
    Ok(stands.transpose()? == Some(1))
}

/// Forgets the rows of batches that nobody asks for any more.
pub(super) async fn forget(client: &ClientWrapper) -> Result<(), Fault> {
    let sql = "DELETE FROM commit_batch WHERE id = ANY (ARRAY (SELECT id FROM commit_batch \
               WHERE at < now_millis() - $1 ORDER BY at LIMIT 10000 FOR UPDATE SKIP LOCKED))";
    let kept = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
    answered(client, &[Query::new(sql, values![kept])]).await.map(drop)
}

/// Sends and waits, but not for ever. Where reads fail, the transaction is ended too.
async fn answered(
    client: &ClientWrapper,
    queries: &[Query<'_>],
) -> Result<Vec<Vec<tokio_postgres::Row>>, Fault> {
    match tokio::time::timeout(ANSWER_MAX, query::run(client, queries)).await {
        Ok(Ok(answers)) => Ok(answers),
        Ok(Err(fault)) if fault.cure() != Cure::Reconnect => Err(rolled_back(client, fault).await),
        Ok(Err(fault)) => Err(fault),
        Err(_elapsed) => Err(Fault::Silent(ANSWER_MAX)),
    }
}

/// Ends the transaction, so that the connection can be used again.
async fn rolled_back(client: &ClientWrapper, fault: Fault) -> Fault {
    match tokio::time::timeout(ANSWER_MAX, client.batch_execute("ROLLBACK")).await {
        Ok(Ok(())) => fault,
        // A connection that can't even do this is as good as gone, whatever failed first.
        Ok(Err(error)) => Fault::NoConnection(error.into()),
        Err(_elapsed) => Fault::Silent(ANSWER_MAX),
    }
}
