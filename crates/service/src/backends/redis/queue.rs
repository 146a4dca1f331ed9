//! The queue of many processes.
//!
//! ```text
//! push ──► now ──► one stream a priority ──► a consumer group ──► a worker of any process ──► acknowledged
//!      └─► later ► a sorted set ──┘ (when its moment has come, by Redis's own clock)
//! ```
//!
//! What a script does, it does at once or not at all. A stream holds a job once, however often it is pushed. Whatever
//! was lost, the sweep brings back; while Redis is gone, straight to who waits in the process that sweeps.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{JobId, Priority};
use redis::{Pipeline, Script, ScriptInvocation};
use tokio::sync::Notify;
use uuid::Uuid;

use super::taking::take_for_ever;
use super::{RedisLink, RedisSettings};
use crate::Spawner;
use crate::clock::Clock;
use crate::ports::{DueJob, JobQueue, Taken, Waiting};

/// The one consumer group of the streams.
pub(super) const GROUP: &str = "workers";

/// The queue of many processes.
pub struct RedisQueue {
    lines: Arc<Lines>,
    clock: Arc<dyn Clock>,
    push: Script,
    waiting: Script,
    acknowledged: Mutex<Vec<Box<str>>>,
    /// Held by whoever brings acknowledgements to Redis; the others leave theirs to him.
    acknowledging: tokio::sync::Mutex<()>,
}

/// What the takers of this process and the task that takes for them share.
pub(super) struct Lines {
    pub(super) link: RedisLink,
    pub(super) consumer: String,
    pub(super) stale: Duration,
    /// Wakes the task that takes, once there are takers.
    pub(super) wanted: Notify,
    /// Wakes one taker.
    arrived: Notify,
    here: Mutex<Here>,
}

#[derive(Default)]
struct Here {
    /// How many takers wait.
    takers: usize,
    /// What was taken for takers who haven't fetched it yet.
    jobs: VecDeque<Taken>,
}

impl RedisQueue {
    /// Starts to take jobs, as many as are waited for. Stops to when the spawner stops; pushing goes on.
    pub fn start(
        link: RedisLink,
        settings: &RedisSettings,
        clock: Arc<dyn Clock>,
        spawner: &Spawner,
    ) -> Self {
        // It is seen before it counts.
        pushes_lost().increment(0);
        let lines = Arc::new(Lines {
            link,
            consumer: Uuid::now_v7().to_string(),
            stale: settings.stale,
            wanted: Notify::new(),
            arrived: Notify::new(),
            here: Mutex::default(),
        });
        let (taking, stopping) = (lines.clone(), spawner.stopping().clone());
        spawner.start(async move { stopping.run_until_cancelled(take_for_ever(&taking)).await });
        Self {
            lines,
            clock,
            push: Script::new(concat!(include_str!("line_up.lua"), include_str!("push.lua"))),
            waiting: Script::new(concat!(include_str!("line_up.lua"), include_str!("waiting.lua"))),
            acknowledged: Mutex::default(),
            acknowledging: tokio::sync::Mutex::default(),
        }
    }

    fn acknowledged(&self) -> MutexGuard<'_, Vec<Box<str>>> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever took such a job again would be refused by its claim: what fails here is only looked at once more.
    async fn send_acknowledgements(&self, receipts: &[Box<str>]) {
        let mut commands = Pipeline::new();
        for priority in Priority::ALL {
            let of_line = |(line, id): (&str, &str)| (line == priority.as_str()).then(|| id.to_owned());
            let parts = receipts.iter().filter_map(|receipt| receipt.split_once(':'));
            let ids: Vec<String> = parts.filter_map(of_line).collect();
            if !ids.is_empty() {
                let stream = self.lines.link.key(priority.as_str());
                commands.xack(&stream, &[GROUP], &ids).ignore();
                commands.xdel(&stream, &ids).ignore();
            }
        }
        if let Err(error) = self.lines.link.send::<()>(&commands).await {
            let count = receipts.len();
            tracing::debug!(count, error = &error as &dyn std::error::Error, "jobs couldn't be acknowledged");
        }
    }
}

/// Counts jobs that couldn't be lined up, and wait for the sweep.
fn pushes_lost() -> metrics::Counter {
    metrics::counter!("fourfold_queue_pushes_lost_total")
}

#[async_trait]
impl JobQueue for RedisQueue {
    async fn push(&self, due: DueJob) {
        let wait = due.next_at.since(self.clock.now());
        let mut script = self.lines.script(&self.push);
        script.arg(due.job.to_string()).arg(line(due.priority));
        script.arg(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        if let Err(error) = self.lines.link.run::<u8>(&script).await {
            if wait.is_zero() && self.lines.offer(due.job) {
                return;
            }
            pushes_lost().increment(1);
            tracing::debug!(job.id = %due.job, error = &error as &dyn std::error::Error, "a job couldn't be lined up");
        }
    }

    async fn next(&self) -> Taken {
        let mut taker = Taker::new(&self.lines);
        loop {
            let arrived = self.lines.arrived.notified();
            if let Some(taken) = taker.fetch() {
                return taken;
            }
            arrived.await;
        }
    }

    async fn acknowledge(&self, taken: Taken) {
        let Some(receipt) = taken.receipt else { return };
        self.acknowledged().push(receipt);
        loop {
            let Ok(mine) = self.acknowledging.try_lock() else { return };
            let receipts = std::mem::take(&mut *self.acknowledged());
            if !receipts.is_empty() {
                self.send_acknowledgements(&receipts).await;
            }
            drop(mine);
            // Somebody may have left his between the last look and now.
            if self.acknowledged().is_empty() {
                return;
            }
        }
    }

    async fn waiting(&self) -> Option<Waiting> {
        let mut script = self.lines.script(&self.waiting);
        script.arg(GROUP);
        let (depth, oldest_ms) = self.lines.link.run::<(usize, u64)>(&script).await.ok()?;
        Some(Waiting { depth, oldest_age: Duration::from_millis(oldest_ms) })
    }

    async fn health(&self) -> Result<(), String> {
        self.lines.link.health().await
    }
}

impl Lines {
    /// A script with the keys that all of them have.
    pub(super) fn script<'a>(&self, script: &'a Script) -> ScriptInvocation<'a> {
        let mut invocation = script.prepare_invoke();
        for name in ["later", "lined_up", "bell"] {
            invocation.key(self.link.key(name));
        }
        for priority in Priority::ALL {
            invocation.key(self.link.key(priority.as_str()));
        }
        invocation
    }

    /// How many jobs takers wait for that aren't here yet.
    pub(super) fn wanted_count(&self) -> usize {
        let here = self.here();
        here.takers.saturating_sub(here.jobs.len())
    }

    /// Gives jobs to the takers.
    pub(super) fn hand_out(&self, taken: impl IntoIterator<Item = Taken>) {
        self.here().jobs.extend(taken);
        self.arrived.notify_one();
    }

    /// Gives a job to a taker of this process without Redis, if one waits; so work goes on while Redis is gone, at the
    /// pace of the sweep.
    fn offer(&self, job: JobId) -> bool {
        let mut here = self.here();
        if here.takers <= here.jobs.len() {
            return false;
        }
        if here.jobs.iter().all(|taken| taken.job != job) {
            here.jobs.push_back(Taken { job, receipt: None });
        }
        drop(here);
        self.arrived.notify_one();
        true
    }

    fn here(&self) -> MutexGuard<'_, Here> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts as a taker until it has a job or is dropped.
struct Taker<'a> {
    lines: &'a Lines,
    waits: bool,
}

impl<'a> Taker<'a> {
    fn new(lines: &'a Lines) -> Self {
        lines.here().takers += 1;
        lines.wanted.notify_one();
        Self { lines, waits: true }
    }

    fn fetch(&mut self) -> Option<Taken> {
        let mut here = self.lines.here();
        let taken = here.jobs.pop_front()?;
        here.takers -= 1;
        self.waits = false;
        if !here.jobs.is_empty() {
            self.lines.arrived.notify_one();
        }
        Some(taken)
    }
}

impl Drop for Taker<'_> {
    fn drop(&mut self) {
        if self.waits {
            self.lines.here().takers -= 1;
        }
    }
}

/// The number of a priority's line in the scripts.
pub(super) fn line(priority: Priority) -> usize {
    1 + Priority::ALL.into_iter().position(|other| other == priority).unwrap_or_default()
}
