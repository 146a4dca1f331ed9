//! The one task that commits: takes what waits, commits it together, answers each.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Object, Pool};
use metrics::histogram;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout_at;
use uuid::Uuid;

use super::commit::{self, Unfinished};
use super::connection::{self, COMMITTER_SESSION, SESSION};
use super::database::{RUN_AGAIN_MAX, Time, Waits};
use super::fault::{Cure, Fault, failed};
use super::settings::{PostgresError, PostgresSettings};
use crate::commit::{PendingStep, Work};
use crate::error::StoreError;

/// How long a batch that would be smaller than the one before waits for more. What a batch costs the database hardly
/// depends on how many steps share it, so under load fewer batches are faster for everyone.
const GATHER: Duration = Duration::from_millis(2);

/// Batches that are smaller than this don't wait for more: there is no load.
const GATHER_FROM: usize = 8;

/// How often the rows of old batches are deleted.
const FORGET_EVERY: Duration = Duration::from_secs(60);

type Steps = Vec<Box<dyn PendingStep>>;

/// Commits batches, one after the other, over one connection.
pub(super) struct Committer {
    /// Makes the connection; there is only one.
    pool: Pool,
    client: Option<Object>,
    time: Time,
    batch_max: usize,
    patience: Duration,
    /// How long the database has been gone, where it is.
    waits: Option<Waits>,
    forgot_at: Instant,
}

impl Committer {
    pub(super) fn new(settings: &PostgresSettings, time: Time) -> Result<Self, PostgresError> {
        let pool = connection::pool(settings, 1, format!("{SESSION}; {COMMITTER_SESSION}"))?;
        let (batch_max, patience, forgot_at) = (settings.batch_max, settings.patience, Instant::now());
        Ok(Self { pool, client: None, time, batch_max, patience, waits: None, forgot_at })
    }

    /// Works until every sender is gone and the line is empty.
    pub(super) async fn run(mut self, mut waiting: Receiver<Work<Infallible>>) {
        let mut taken = Vec::with_capacity(self.batch_max);
        let mut earlier = 0;
        while waiting.recv_many(&mut taken, self.batch_max).await > 0 {
            gather(&mut waiting, &mut taken, earlier).await;
            earlier = taken.len();
            let steps = taken.drain(..).map(|work| match work {
                Work::Step(step) => step,
                Work::Alone(never) => match never {},
            });
            let steps = steps.collect();
            self.commit(steps).await;
            if self.forgot_at.elapsed() >= FORGET_EVERY {
                self.forget().await;
            }
        }
    }

    /// Commits a batch and answers. Where the whole batch fails, its steps are taken one by one, so that one that
    /// can't be written doesn't take the others along.
    async fn commit(&mut self, mut steps: Steps) {
        let began = Instant::now();
        let count = steps.len();
        match self.commit_whole(&mut steps).await {
            Ok(()) => steps.into_iter().for_each(|step| step.answer(None)),
            // A database that is gone is gone for each of them; and what may stand isn't done a second time.
            Err(Unfinished { fault, unknown })
                if count == 1 || unknown.is_some() || fault.cure() == Cure::Reconnect =>
            {
                answer_all(steps, fault, unknown.is_some());
            }
            Err(Unfinished { fault, .. }) => {
                tracing::warn!(
                    error = &fault as &dyn std::error::Error,
                    steps = count,
                    "a batch failed, its steps are taken one by one"
                );
                for step in steps {
                    Box::pin(self.commit(vec![step])).await;
                }
                return;
            }
        }
        histogram!("fourfold_ledger_batch_size").record(u32::try_from(count).unwrap_or(u32::MAX));
        histogram!("fourfold_ledger_commit_seconds").record(began.elapsed());
    }

    /// Runs a batch whole, again where that may help, until it stands or can't.
    async fn commit_whole(&mut self, steps: &mut Steps) -> Result<(), Unfinished> {
        let (mut again, mut unknown) = (0, None);
        loop {
            let fault = match self.try_commit(steps, &mut unknown).await {
                Ok(()) => {
                    self.waits = None;
                    return Ok(());
                }
                Err(fault) => fault,
            };
            match fault.cure() {
                Cure::RunAgain if again < RUN_AGAIN_MAX => again += 1,
                Cure::Reconnect => {
                    if let Some(client) = self.client.take() {
                        // Gone, or in a state that nobody knows.
                        drop(Object::take(client));
                        tracing::warn!(
                            error = &fault as &dyn std::error::Error,
                            "the connection to Postgres is gone"
                        );
                    }
                    let waits = self.waits.get_or_insert_with(|| Waits::new(self.patience));
                    if !waits.wait().await {
                        return Err(Unfinished { fault, unknown });
                    }
                }
                _ => return Err(Unfinished { fault, unknown }),
            }
        }
    }

    /// `unknown` is the batch of an earlier try whose COMMIT wasn't answered: if it stands, all was decided then.
    async fn try_commit(&mut self, steps: &mut Steps, unknown: &mut Option<Uuid>) -> Result<(), Fault> {
        if self.client.as_ref().is_none_or(|client| client.is_closed()) {
            self.client = None;
            self.client = Some(self.pool.get().await?);
        }
        let Some(client) = &self.client else { return Ok(()) };
        if let Some(batch) = *unknown {
            if commit::stands(client, batch).await? {
                return Ok(());
            }
            *unknown = None;
        }
        commit::commit(client, steps, &self.time).await.map_err(|unfinished| {
            let Unfinished { fault, unknown: batch } = unfinished;
            *unknown = batch;
            fault
        })
    }

    async fn forget(&mut self) {
        self.forgot_at = Instant::now();
        if let Some(client) = &self.client
            && let Err(fault) = commit::forget(client).await
        {
            // They are deleted the next time.
            tracing::warn!(error = &fault as &dyn std::error::Error, "the rows of old batches stay");
        }
    }
}

/// Waits for as many steps as the batch before had, for a moment at most.
async fn gather(waiting: &mut Receiver<Work<Infallible>>, taken: &mut Vec<Work<Infallible>>, earlier: usize) {
    if earlier < GATHER_FROM {
        return;
    }
    let until = Instant::now() + GATHER;
    while taken.len() < earlier {
        let more = waiting.recv_many(taken, earlier - taken.len());
        // Nobody came, or nobody will.
        if !matches!(timeout_at(until.into(), more).await, Ok(1..)) {
            return;
        }
    }
}

fn answer_all(steps: Steps, fault: Fault, is_unknown: bool) {
    let fault = Arc::new(fault);
    let answer = || if is_unknown { StoreError::Unknown(fault.clone().into()) } else { failed(&fault) };
    steps.into_iter().for_each(|step| step.answer(Some(answer())));
}
