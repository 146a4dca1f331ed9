//! The one thread that writes: takes what waits, commits it together, answers each.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use metrics::histogram;
use rusqlite::{Connection, TransactionBehavior};
use tokio::runtime::Handle;
use tokio::sync::mpsc::Receiver;

use super::connection::is_busy;
use super::kept::Kept;
use super::{failed, load, save};
use crate::clock::Clock;
use crate::commit::{Alone, Needs, PendingStep, Work, World};
use crate::error::StoreError;

/// From how many steps in the commit before on more are waited for, and with how many there are enough.
const SHARED_MIN: usize = 8;
const ENOUGH: usize = 64;

/// How long more are waited for at a time, and how often: as long as more keep coming.
const GATHER: Duration = Duration::from_micros(200);
const GATHERS_MAX: usize = 4;

type Batch = Vec<Box<dyn PendingStep>>;

/// Works until every sender is gone and the line is empty.
pub(super) fn run(
    mut connection: Connection,
    mut waiting: Receiver<Work<Alone<Connection>>>,
    batch_max: usize,
    clock: &dyn Clock,
) {
    let (mut batch, mut kept, mut before) = (Batch::with_capacity(batch_max), Kept::default(), 0);
    while let Some(first) = waiting.blocking_recv() {
        if (SHARED_MIN..ENOUGH).contains(&before) {
            gather(&waiting);
        }
        let mut next = Some(first);
        // Takes what is there; work that wants to be alone ends the batch.
        let alone = loop {
            match next {
                Some(Work::Step(step)) => batch.push(step),
                Some(Work::Alone(work)) => break Some(work),
                None => break None,
            }
            if batch.len() >= batch_max {
                break None;
            }
            next = waiting.try_recv().ok();
        };
        before = batch.len();
        if !batch.is_empty() {
            commit(&mut connection, &mut kept, std::mem::take(&mut batch), clock);
        }
        if let Some(work) = alone {
            kept.forget();
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(&mut connection))) {
                // Whoever waited learns that nobody answers; its transaction was rolled back on the way out.
                panicked(panic.as_ref());
            }
        }
    }
}

/// Where many share a commit, a moment's wait lets more of them share it.
fn gather(waiting: &Receiver<Work<Alone<Connection>>>) {
    let mut there = waiting.len();
    for _ in 0..GATHERS_MAX {
        if there >= ENOUGH {
            return;
        }
        thread::sleep(GATHER);
        let came = waiting.len() - there;
        if came == 0 {
            return;
        }
        there += came;
    }
}

/// Commits a batch and answers. Where the whole batch fails, its steps are taken one by one, so that one
/// that can't be written doesn't take the others along.
fn commit(connection: &mut Connection, kept: &mut Kept, mut batch: Batch, clock: &dyn Clock) {
    let began = Instant::now();
    let steps = batch.len();
    // A panic is a mistake in one step. Its transaction is rolled back on the way out, and the rows that were at hand
    // went with the batch, so the writer can go on.
    let committed = catch_unwind(AssertUnwindSafe(|| try_commit(connection, kept, &mut batch, clock)));
    match committed.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))) {
        Ok(()) => answer(batch),
        // A step alone has nobody to be parted from, and a database that can't be written at all won't be
        // for one step either.
        Err(failure) if steps == 1 || is_busy(&failure) => {
            batch.into_iter().for_each(|step| step.answer(Some(again(&failure))));
        }
        Err(failure) => {
            tracing::warn!(
                error = &failure as &dyn std::error::Error,
                steps,
                "a batch failed, its steps are taken one by one"
            );
            for step in batch {
                commit(connection, kept, vec![step], clock);
            }
            return;
        }
    }
    histogram!("fourfold_ledger_batch_size").record(u32::try_from(steps).unwrap_or(u32::MAX));
    histogram!("fourfold_ledger_commit_seconds").record(began.elapsed());
}

/// Answers those whose steps stand. To wake a runtime costs as much as a small step, so that each is woken once.
fn answer(batch: Batch) {
    let mut runtimes: Vec<(Handle, Batch)> = Vec::new();
    for step in batch {
        let Some(runtime) = step.runtime() else {
            step.answer(None);
            continue;
        };
        match runtimes.iter_mut().find(|(known, _)| known.id() == runtime.id()) {
            Some((_, steps)) => steps.push(step),
            None => runtimes.push((runtime.clone(), vec![step])),
        }
    }
    for (runtime, steps) in runtimes {
        // Nobody waits on a runtime that is gone.
        drop(runtime.spawn(async move { steps.into_iter().for_each(|step| step.answer(None)) }));
    }
}

fn try_commit(
    connection: &mut Connection,
    kept: &mut Kept,
    batch: &mut Batch,
    clock: &dyn Clock,
) -> Result<(), rusqlite::Error> {
    let mut needs = Needs::default();
    batch.iter().for_each(|step| step.needs(&mut needs));
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut world = World { now: clock.now(), ..kept.take(&transaction)? };
    load::load(&transaction, &needs, &mut world)?;
    batch.iter_mut().for_each(|step| step.decide(&mut world));
    save::save(&transaction, &world)?;
    transaction.commit()?;
    kept.keep(world);
    Ok(())
}

fn panicked(panic: &(dyn Any + Send)) -> rusqlite::Error {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    let text = text.unwrap_or("a step panicked");
    tracing::error!(panic = text, "a step of the store panicked");
    rusqlite::Error::ToSqlConversionFailure(text.into())
}

fn again(failure: &rusqlite::Error) -> StoreError {
    match failure {
        rusqlite::Error::SqliteFailure(code, message) => {
            failed(rusqlite::Error::SqliteFailure(*code, message.clone()))
        }
        other => StoreError::Failed(other.to_string().into()),
    }
}
