//! The line of rows to be written, and the task that writes them.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::JobId;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use metrics::Counter;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{UsageRow, UsageSettings};
use crate::ports::{Store, UsageStore};
use crate::{Clock, Spawner, StoreError};

/// How many rows are written together at most.
const BATCH_MAX: usize = 500;

/// How often it is looked for more while rows are gathered.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How many jobs are looked up at a time.
const LOOK_UPS: usize = 8;

/// How long after one another rows that can't be written are tried again.
const AGAIN_FIRST: Duration = Duration::from_secs(1);
const AGAIN_MAX: Duration = Duration::from_secs(30);

/// How often old rows are forgotten, and how many at a time.
const FORGET_EVERY: Duration = Duration::from_secs(10 * 60);
const FORGET_MAX: usize = 1_000;

/// What the log is made of.
#[derive(Clone)]
pub struct UsageParts {
    /// Where it is kept.
    pub usage: Arc<dyn UsageStore>,
    /// Knows the jobs.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How it is kept.
    pub settings: UsageSettings,
}

/// Takes a row for each call and job that ends, and keeps nobody waiting. Clones share one line.
#[derive(Clone)]
pub struct UsageLog {
    /// Nothing where no log is kept. The task has the other end.
    line: Option<mpsc::Sender<Ended>>,
    lost: Counter,
    /// Ends once everything was written.
    written: CancellationToken,
}

/// What has ended.
#[derive(Clone)]
enum Ended {
    Call(Box<UsageRow>),
    /// Its row is made of what the store knows.
    Job(JobId),
}

/// The task that writes.
struct Writer {
    parts: UsageParts,
    ended: CancellationToken,
    kept: Counter,
    lost: Counter,
}

impl UsageLog {
    /// Starts to keep a log, and to forget what is old. It is written until the last task of the spawner has ended.
    pub fn start(parts: UsageParts, spawner: &Spawner) -> Self {
        let (line, waiting) = mpsc::channel(parts.settings.waiting_max);
        let kept = metrics::counter!("fourfold_usage_rows_kept_total");
        let lost = metrics::counter!("fourfold_usage_rows_lost_total");
        // They are seen before they count.
        kept.increment(0);
        lost.increment(0);
        let log = Self { line: Some(line), lost: lost.clone(), written: CancellationToken::new() };
        let writer = Writer { parts: parts.clone(), ended: spawner.ended().clone(), kept, lost };
        // Whatever becomes of the task, nobody waits for it longer than it lives.
        let written = log.written.clone().drop_guard();
        spawner.start_beside(async move {
            writer.run(waiting).await;
            drop(written);
        });
        let stopping = spawner.stopping().clone();
        spawner.start(async move { stopping.run_until_cancelled(forget_again_and_again(parts)).await });
        log
    }

    /// Keeps no log.
    pub fn off() -> Self {
        let written = CancellationToken::new();
        written.cancel();
        Self { line: None, lost: Counter::noop(), written }
    }

    /// A call has ended.
    pub fn call(&self, row: UsageRow) {
        self.note(Ended::Call(Box::new(row)));
    }

    /// A job has ended, and is in the store as it did.
    pub fn job(&self, id: JobId) {
        self.note(Ended::Job(id));
    }

    /// Ends once all that came before the spawner's tasks had ended is written.
    pub async fn written(&self) {
        self.written.cancelled().await;
    }

    fn note(&self, ended: Ended) {
        if let Some(line) = &self.line
            && line.try_send(ended).is_err()
        {
            self.lost.increment(1);
        }
    }
}

impl Writer {
    async fn run(self, mut waiting: mpsc::Receiver<Ended>) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.gather(&mut waiting, &mut batch).await {
            self.write(&mut batch).await;
        }
        waiting.close();
        loop {
            let room = BATCH_MAX.saturating_sub(batch.len());
            if room > 0 {
                waiting.recv_many(&mut batch, room).await;
            }
            if batch.is_empty() {
                return;
            }
            self.write(&mut batch).await;
        }
    }

    /// Waits for what ends, then a while for more. False once nothing more will be.
    async fn gather(&self, waiting: &mut mpsc::Receiver<Ended>, batch: &mut Vec<Ended>) -> bool {
        let more = self.ended.run_until_cancelled(waiting.recv_many(batch, BATCH_MAX)).await;
        if more.is_none_or(|count| count == 0) {
            return false;
        }
        let over = Instant::now() + self.parts.settings.gather;
        while batch.len() < BATCH_MAX {
            // It isn't woken by each.
            let next_look = (Instant::now() + LOOK_EVERY).min(over);
            if self.ended.run_until_cancelled(sleep_until(next_look)).await.is_none() {
                return false;
            }
            while batch.len() < BATCH_MAX
                && let Ok(ended) = waiting.try_recv()
            {
                batch.push(ended);
            }
            if next_look == over {
                break;
            }
        }
        true
    }

    /// Writes a batch. While that fails it is tried again, and what comes meanwhile waits in the line; at the end it is
    /// tried once.
    async fn write(&self, batch: &mut Vec<Ended>) {
        let mut again_after = AGAIN_FIRST;
        loop {
            match self.try_write(batch).await {
                Ok(count) => {
                    self.kept.increment(count);
                    break;
                }
                Err(error) if self.ended.is_cancelled() => {
                    self.lost.increment(batch.len() as u64);
                    tracing::error!(
                        rows = batch.len(),
                        error = &error as &dyn std::error::Error,
                        "the last rows of the usage log couldn't be written"
                    );
                    break;
                }
                Err(error) => {
                    tracing::warn!(
                        rows = batch.len(),
                        error = &error as &dyn std::error::Error,
                        "the usage log can't be written yet"
                    );
                }
            }
            // Once it has ended there is only one more try.
            let _is_over = self.ended.run_until_cancelled(sleep(again_after)).await.is_none();
            again_after = (again_after * 2).min(AGAIN_MAX);
        }
        batch.clear();
    }

    async fn try_write(&self, batch: &[Ended]) -> Result<u64, StoreError> {
        let rows = stream::iter(batch.to_vec()).map(|ended| self.row(ended)).buffered(LOOK_UPS);
        let rows: Vec<UsageRow> = rows.try_filter_map(async |row| Ok(row)).try_collect().await?;
        let count = rows.len() as u64;
        self.parts.usage.add_usage(rows).await?;
        Ok(count)
    }

    /// The row of what has ended; nothing where nobody knows of it any more.
    async fn row(&self, ended: Ended) -> Result<Option<UsageRow>, StoreError> {
        let id = match ended {
            Ended::Call(row) => return Ok(Some(*row)),
            Ended::Job(id) => id,
        };
        let Some(view) = self.parts.store.job(id).await? else { return Ok(None) };
        let account = self.parts.store.account_of(view.job.account).await?;
        Ok(account.map(|account| UsageRow::of_job(&view, &account)))
    }
}

async fn forget_again_and_again(parts: UsageParts) {
    if parts.settings.retention.is_zero() {
        return;
    }
    loop {
        if let Err(error) = forget(&parts).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old rows of the usage log can't be forgotten yet"
            );
        }
        sleep(FORGET_EVERY).await;
    }
}

/// Forgets what was kept for as long as it is to be, a little at a time.
async fn forget(parts: &UsageParts) -> Result<(), StoreError> {
    let before = parts.clock.now().before(parts.settings.retention);
    while parts.usage.forget_usage(before, FORGET_MAX).await? >= FORGET_MAX as u64 {
        tokio::task::yield_now().await;
    }
    Ok(())
}
