//! What runs at the side: what the queue forgot is lined up again, what nobody needs goes.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::Instant;

use super::{Artifact, JobParts, Promote};
use crate::artifacts::ArtifactsService;
use crate::instances::end_orphaned_calls;
use crate::ports::DueJob;
use crate::{ServiceError, Spawner, StoreError, Timestamp};

/// How many overdue jobs one sweep lines up.
const SWEEP_MAX: usize = 500;

/// How many jobs the queue is filled with at start; the sweep brings the others.
const REBUILD_MAX: usize = 100_000;

/// How many jobs are on their way to a queue elsewhere at a time.
const PUSHES_AT_ONCE: usize = 64;

/// How long an idempotency key is kept.
const IDEMPOTENCY_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// After how many sweeps that it missed a process no longer has the sweep.
const SWEEPS_MISSED_MAX: u32 = 3;

/// How often old results are removed.
const REMOVE_EVERY: Duration = Duration::from_secs(60);

/// How long old results are removed at a time: a store that doesn't answer holds up nothing else for longer.
const REMOVE_FOR: Duration = Duration::from_secs(20);

/// How many old results are removed at a time.
const REMOVALS_AT_ONCE: usize = 8;

/// How long the row of a dead process is kept.
const DEAD_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// How often old idempotency keys are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(10 * 60);

/// Looks for what was forgotten.
pub struct JobSweep {
    parts: JobParts,
    artifacts: ArtifactsService,
}

impl JobSweep {
    /// Over these parts.
    pub fn new(parts: JobParts, artifacts: ArtifactsService) -> Self {
        Self { parts, artifacts }
    }

    /// Fills the queue from the database, before anything else is done.
    pub async fn rebuild(&self) -> Result<(), ServiceError> {
        let due = self.parts.store.due(Some(Timestamp::from_millis(i64::MAX)), REBUILD_MAX).await?;
        let jobs = due.len();
        self.line_up(due).await;
        if jobs > 0 {
            tracing::info!(jobs, "unfinished jobs were taken up again");
        }
        Ok(())
    }

    /// Starts to sweep.
    pub fn start(self, spawner: &Spawner) {
        // It is seen before it counts.
        not_removed().increment(0);
        let stopping = spawner.stopping().clone();
        spawner.start(async move {
            let (mut forgotten_at, mut removed_at) = (None, None);
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(self.parts.settings.sweep) => {}
                }
                match self.sweep().await {
                    Ok(true) => {}
                    Ok(false) => continue,
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn std::error::Error, "a sweep failed");
                        continue;
                    }
                }
                let now = self.parts.clock.now();
                if removed_at.is_none_or(|at| now.since(at) >= REMOVE_EVERY) {
                    removed_at = Some(now);
                    if let Err(error) = self.remove_old_results().await {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "old results couldn't be removed"
                        );
                    }
                }
                if forgotten_at.is_none_or(|at| now.since(at) >= FORGET_EVERY) {
                    forgotten_at = Some(now);
                    self.forget(now).await;
                }
            }
        });
    }

    /// Looks once. What is done for all processes, one of them does; false where it is another.
    pub async fn sweep(&self) -> Result<bool, ServiceError> {
        if let Some(waiting) = self.parts.queue.waiting().await {
            metrics::gauge!("fourfold_queue_depth").set(u32::try_from(waiting.depth).unwrap_or(u32::MAX));
            metrics::gauge!("fourfold_queue_oldest_age_seconds").set(waiting.oldest_age);
        }
        let lease = self.parts.settings.sweep * SWEEPS_MISSED_MAX;
        if !self.parts.store.take_sweep(self.parts.instance, lease).await? {
            return Ok(false);
        }
        self.promote().await?;
        self.line_up(self.parts.store.due(None, SWEEP_MAX).await?).await;
        end_orphaned_calls(self.parts.store.as_ref()).await?;
        self.parts.files.sweep().await?;
        self.remove_deleted().await?;
        Ok(true)
    }

    /// Removes what is left of deleted jobs. One whose results can't be removed keeps no other.
    async fn remove_deleted(&self) -> Result<(), ServiceError> {
        for view in self.parts.store.deleted_jobs(SWEEP_MAX).await? {
            if let Err(error) = self.parts.empty(&view).await {
                tracing::warn!(job.id = %view.job.id, error = &error as &dyn std::error::Error,
                    "what is left of a deleted job couldn't be removed; it is tried again");
                not_removed().increment(1);
            }
        }
        Ok(())
    }

    /// Lets parked jobs go on where there is room since the cap was raised.
    async fn promote(&self) -> Result<(), ServiceError> {
        let account_max = self.parts.settings.account_max;
        for account in self.parts.store.accounts_with_room(account_max, SWEEP_MAX).await? {
            let promoted = self.parts.store.promote(Promote { account, account_max }).await?;
            self.line_up(promoted).await;
        }
        Ok(())
    }

    /// Removes the objects of results that were kept for as long as those of their models are; their rows stay and
    /// tell when. One that can't be deleted keeps no other. Says how many were removed, at most 500.
    pub async fn remove_old_results(&self) -> Result<usize, ServiceError> {
        let (catalog, now) = (self.parts.catalog.current(), self.parts.clock.now());
        let (mut removed, until) = (0, Instant::now() + REMOVE_FOR);
        for model in self.parts.store.kept_models().await? {
            let retention = catalog.retention(&model).or(self.artifacts.retention());
            let Some(kept) = retention.filter(|kept| !kept.is_zero()) else { continue };
            let old = self.parts.store.kept_artifacts(&model, now.before(kept), SWEEP_MAX - removed).await?;
            removed += self.remove(old, until).await?;
            if removed >= SWEEP_MAX || Instant::now() >= until {
                break;
            }
        }
        if removed > 0 {
            tracing::info!(removed, "results that were kept for long enough were removed");
        }
        Ok(removed)
    }

    /// Removes several at a time, until this moment.
    async fn remove(&self, old: Vec<Artifact>, until: Instant) -> Result<usize, StoreError> {
        let removals: Vec<_> = old.iter().map(|artifact| self.remove_one(artifact, until)).collect();
        let removed: Vec<bool> =
            stream::iter(removals).buffer_unordered(REMOVALS_AT_ONCE).try_collect().await?;
        Ok(removed.into_iter().filter(|is_removed| *is_removed).count())
    }

    /// False where it is left to the next time.
    async fn remove_one(&self, artifact: &Artifact, until: Instant) -> Result<bool, StoreError> {
        if Instant::now() >= until {
            return Ok(false);
        }
        if let Err(error) = self.parts.storage.delete(&artifact.object.key).await {
            tracing::warn!(job.id = %artifact.job, key = %artifact.object.key,
                error = &error as &dyn std::error::Error, "an old result couldn't be removed; it is tried again");
            not_removed().increment(1);
            return Ok(false);
        }
        self.parts.store.artifacts_removed(vec![(artifact.job, artifact.index)]).await?;
        Ok(true)
    }

    async fn line_up(&self, due: Vec<DueJob>) {
        let pushes = stream::iter(due);
        pushes.for_each_concurrent(PUSHES_AT_ONCE, |due| self.parts.queue.push(due)).await;
    }

    async fn forget(&self, now: Timestamp) {
        let before = now.before(IDEMPOTENCY_KEPT);
        if let Err(error) = self.parts.store.forget_idempotency(before).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old idempotency keys couldn't be forgotten"
            );
        }
        if let Err(error) = self.parts.store.forget_instances(DEAD_KEPT).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "dead processes couldn't be forgotten");
        }
        if let Err(error) = self.forget_deliveries(now).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old deliveries of webhooks couldn't be forgotten"
            );
        }
    }

    async fn forget_deliveries(&self, now: Timestamp) -> Result<(), StoreError> {
        let before = now.before(self.parts.outbox.kept());
        while self.parts.store.forget_deliveries(before, SWEEP_MAX).await? == SWEEP_MAX as u64 {}
        Ok(())
    }
}

/// Counts results that the store wouldn't remove.
fn not_removed() -> metrics::Counter {
    metrics::counter!("fourfold_results_not_removed_total")
}
