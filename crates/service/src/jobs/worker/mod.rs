//! The worker takes what is due and brings each job one durable step further, until it is let go or final.

mod attempt;
mod cancel;
mod late;
mod poll;
mod store;
mod text;

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{Credits, Effect, JobId, JobState, ModelName, ProviderError};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::leases::{HeldLease, Leases};
use super::outcome::{AfterFailure, after_failure, after_uncertainty, logged};
use super::parts::millis;
use super::{
    AttemptState, Claim, Claimed, Ended, Ending, Finish, Job, JobError, JobParts, NextAttempt, Reschedule,
    Upstream,
};
use crate::commit::lost;
use crate::ports::Taken;
use crate::routing::Elsewhere;
use crate::{Refusal, Spawner, StoreError, Timestamp, failpoint};

/// How long a vendor may take to say how a task stands, or that it stops.
const VENDOR_PATIENCE: Duration = Duration::from_secs(60);

/// How long a job is put back whose vendor can't be asked, since as many are asked as may be.
const POLL_LATER: Duration = Duration::from_secs(2);

/// Works on jobs.
#[derive(Clone)]
pub struct JobWorker {
    parts: JobParts,
    leases: Leases,
    /// Looks at vendors' tasks that are under way; each holds one.
    polls: Arc<Semaphore>,
    /// Results of such tasks on their way to the store; each job holds one.
    deliveries: Arc<Semaphore>,
}

/// A job that this worker holds the lease of.
struct Working {
    claimed: Claimed,
    held: HeldLease,
    began: Instant,
}

impl Working {
    /// Whether all that is to be done is to ask a vendor how a task stands, and to store what it delivers.
    fn is_poll(&self) -> bool {
        self.claimed.job.state == JobState::Running || self.claimed.late_until.is_some()
    }

    /// The present moment by the database's clock, which deadlines were set by: a worker's own may differ.
    fn now(&self) -> Timestamp {
        self.claimed.claimed_at.after(self.began.elapsed())
    }

    /// How long until the job's deadline.
    fn patience(&self) -> Duration {
        self.claimed.job.deadline_at.since(self.now())
    }
}

/// What came of asking for the lease of a job.
enum Claiming {
    Claimed(Box<Working>),
    /// It is somebody else's, not due, or final.
    Refused,
    /// The database didn't say.
    Failed,
}

impl JobWorker {
    /// Over these parts.
    pub fn new(parts: JobParts) -> Self {
        let polls = Arc::new(Semaphore::new(parts.settings.polls));
        let deliveries = Arc::new(Semaphore::new(parts.settings.workers));
        Self { parts, leases: Leases::default(), polls, deliveries }
    }

    /// Starts to work on as many jobs at a time as the settings say. A vendor that is only asked how a task stands
    /// keeps no other job waiting. Leases are renewed until the last job was let go, shutdown or not.
    pub fn start(&self, spawner: &Spawner) {
        self.show_counters();
        let working = TaskTracker::new();
        for _ in 0..self.parts.settings.workers {
            let (worker, stopping) = (self.clone(), spawner.stopping().clone());
            let (polling, spawner_of_polls) = (working.clone(), spawner.clone());
            spawner.start(working.track_future(async move {
                while let Some(taken) = stopping.run_until_cancelled(worker.parts.queue.next()).await {
                    // A step that was begun is finished; a vendor that takes its time is left to the lease.
                    worker.take_up(taken, &spawner_of_polls, &polling).await;
                }
            }));
        }
        working.close();
        let worker = self.clone();
        spawner.start(async move {
            loop {
                tokio::select! {
                    () = working.wait() => return,
                    () = tokio::time::sleep(worker.parts.settings.renew) => {}
                }
                worker.leases.renew(worker.parts.store.as_ref(), worker.parts.settings.lease).await;
            }
        });
    }

    /// Lets the counters of what should never happen be seen before it does.
    fn show_counters(&self) {
        for model in self.parts.catalog.current().models() {
            uncertain(&model.name).increment(0);
            lost(&model.name).increment(0);
        }
    }

    /// Claims a job and brings it further. Whatever goes wrong here, the database brings the job back.
    pub async fn look_at(&self, job: JobId) {
        if let Claiming::Claimed(working) = self.claim(job).await {
            self.go_on(*working).await;
        }
    }

    /// As [`JobWorker::look_at`], and tells the queue as soon as the claim has its answer. A vendor that is only
    /// asked how a task stands is waited for aside, in a task of its own.
    async fn take_up(&self, taken: Taken, spawner: &Spawner, tracker: &TaskTracker) {
        match self.claim(taken.job).await {
            Claiming::Claimed(working) => {
                self.parts.queue.acknowledge(taken).await;
                if !working.is_poll() {
                    self.go_on(*working).await;
                    return;
                }
                match self.polls.clone().try_acquire_owned() {
                    Ok(permit) => {
                        let worker = self.clone();
                        spawner.start(tracker.track_future(async move {
                            worker.go_on(*working).await;
                            drop(permit);
                        }));
                    }
                    Err(_all_taken) => self.put_back(*working).await,
                }
            }
            Claiming::Refused => self.parts.queue.acknowledge(taken).await,
            // Another worker is given it, or the sweep brings it.
            Claiming::Failed => {}
        }
    }

    async fn claim(&self, job: JobId) -> Claiming {
        if self.leases.hold_any(job) {
            return Claiming::Refused;
        }
        let lease = self.parts.settings.lease;
        let began = Instant::now();
        let claim = Claim { job, instance: self.parts.instance, lease };
        match self.parts.store.claim(claim).await {
            Ok(claimed) => {
                failpoint::reach("after_claim");
                metrics::histogram!("fourfold_job_waited_seconds").record(claimed.waited);
                let held = self.leases.hold(claimed.lease, began, lease);
                Claiming::Claimed(Box::new(Working { claimed, held, began }))
            }
            Err(StoreError::Refused(_)) => Claiming::Refused,
            Err(error) => {
                tracing::warn!(job.id = %job, error = &error as &dyn std::error::Error, "a job couldn't be claimed");
                Claiming::Failed
            }
        }
    }

    async fn go_on(&self, working: Working) {
        self.under_lease(&working, self.advance(&working)).await;
    }

    /// Lets go of a job whose vendor can't be asked now, since as many are asked as may be: whoever takes it in a
    /// moment finds room, and other work isn't kept waiting.
    async fn put_back(&self, working: Working) {
        let later = async {
            let Working { claimed, .. } = &working;
            let (lease, failed_polls) = (claimed.lease, claimed.failed_polls);
            let cancel_seen = claimed.job.cancel_requested;
            let step = Reschedule { lease, after: POLL_LATER, cancel_seen, progress: None, failed_polls };
            let job = self.parts.store.reschedule(step).await?;
            self.enqueue(&working, &job, POLL_LATER).await;
            Ok(())
        };
        self.under_lease(&working, later).await;
    }

    async fn under_lease(&self, working: &Working, step: impl Future<Output = Result<(), StoreError>>) {
        let job = working.claimed.job.id;
        match working.held.lost().run_until_cancelled(step).await {
            Some(Ok(())) => {}
            Some(Err(StoreError::Refused(Refusal::LeaseLost))) | None => {
                tracing::warn!(job.id = %job, "the lease of a job was lost, another worker goes on");
            }
            Some(Err(error)) => {
                tracing::error!(job.id = %job, error = &error as &dyn std::error::Error,
                    "a job's step couldn't be taken; it is taken up again when its lease ends");
            }
        }
    }

    async fn advance(&self, working: &Working) -> Result<(), StoreError> {
        let job = &working.claimed.job;
        let overdue = working.claimed.claimed_at >= job.deadline_at;
        match job.state {
            // What was delivered is kept, whatever the clock or the caller says now.
            JobState::Storing => self.resume_storing(working, overdue).await,
            JobState::Starting => self.resolve_uncertain(working).await,
            JobState::Running if overdue => self.expire_running(working).await,
            JobState::Running if job.cancel_requested => self.cancel_running(working).await,
            JobState::Running => self.poll(working).await,
            JobState::Queued if overdue => self.expire(working, Duration::ZERO).await,
            JobState::Queued if job.cancel_requested => self.cancel_unbegun(working).await,
            JobState::Queued => self.attempt(working).await,
            JobState::Succeeded | JobState::Failed | JobState::Cancelled | JobState::Expired => {
                match working.claimed.late_until {
                    Some(until) => self.look_late(working, until).await,
                    None => Err(StoreError::Refused(Refusal::AlreadyFinal)),
                }
            }
        }
    }

    /// Goes on after a crash between the record of an attempt and the record of what came of it.
    async fn resolve_uncertain(&self, working: &Working) -> Result<(), StoreError> {
        let job = &working.claimed.job;
        let again = job.attempts < job.terms.attempts_max && !job.cancel_requested;
        let why = "the process that asked it ended before the answer was recorded";
        let after = after_uncertainty(again, &job.terms, self.parts.settings.backoff, why);
        self.go_on_after(working, job, after, Effect::MayHaveStarted, Map::new()).await
    }

    /// Does what was decided about a failed attempt.
    async fn after_failure(
        &self,
        working: &Working,
        job: &Job,
        failure: &ProviderError,
        elsewhere: Elsewhere,
    ) -> Result<(), StoreError> {
        tracing::warn!(job.id = %job.id, attempt = job.attempts, reason = failure.reason.as_str(),
            error = logged(failure), "an attempt failed");
        let after = after_failure(failure, job.attempts, &job.terms, self.parts.settings.backoff, elsewhere);
        self.go_on_after(working, job, after, failure.effect, failure.vendor.clone()).await
    }

    async fn go_on_after(
        &self,
        working: &Working,
        job: &Job,
        after: AfterFailure,
        effect: Effect,
        vendor: Map<String, Value>,
    ) -> Result<(), StoreError> {
        match after {
            AfterFailure::Fail { error, attempt } => {
                self.finish(working, Ending::Failed { error, attempt, effect: Some(effect), vendor }).await?;
                if attempt == AttemptState::Uncertain {
                    note_uncertain(job);
                }
                Ok(())
            }
            AfterFailure::Retry { error, attempt: state, after } => {
                let step = NextAttempt { lease: working.claimed.lease, state, effect, error, vendor, after };
                let job_now = self.parts.store.next_attempt(step).await?;
                if state == AttemptState::Uncertain {
                    note_uncertain(job);
                }
                tracing::info!(job.id = %job.id, attempt = job.attempts, after_ms = millis(after), "another attempt follows");
                self.parts.announce(&job_now);
                self.enqueue(working, &job_now, after).await;
                Ok(())
            }
        }
    }

    /// Lets go of a job until later.
    async fn reschedule(
        &self,
        working: &Working,
        after: Duration,
        progress: Option<u8>,
        failed_polls: u32,
    ) -> Result<(), StoreError> {
        let cancel_seen = working.claimed.job.cancel_requested;
        let step = Reschedule { lease: working.claimed.lease, after, cancel_seen, progress, failed_polls };
        let job = self.parts.store.reschedule(step).await?;
        self.parts.announce(&job);
        self.enqueue(working, &job, after).await;
        Ok(())
    }

    /// Lines a job up that was let go; at once where it was called off while it was worked on.
    async fn enqueue(&self, working: &Working, job: &Job, after: Duration) {
        working.held.let_go();
        let at_once = job.cancel_requested && !working.claimed.job.cancel_requested;
        self.parts.enqueue(job, if at_once { Duration::ZERO } else { after }).await;
    }

    /// Ends a job, tells who listens, and writes its one line.
    async fn finish(&self, working: &Working, ending: Ending) -> Result<(), StoreError> {
        let step =
            Finish { lease: working.claimed.lease, ending, account_max: self.parts.settings.account_max };
        let Ended { job, promoted } = self.parts.store.finish(step).await?;
        failpoint::reach("after_finish");
        self.parts.line_up(promoted).await;
        self.parts.ended(&job, Some(working.began.elapsed()));
        Ok(())
    }

    /// Ends a job by its deadline; the vendor is asked for so long what became of its task.
    async fn expire(&self, working: &Working, late_poll: Duration) -> Result<(), StoreError> {
        let error =
            JobError::new("expired", "the job's deadline passed before it was done; nothing was charged");
        self.finish(working, Ending::Expired { error, late_poll }).await
    }

    async fn cancel_unbegun(&self, working: &Working) -> Result<(), StoreError> {
        let error = JobError::new("cancelled", "cancelled before any vendor was asked; nothing was charged");
        self.finish(working, Ending::Cancelled { used: Credits::ZERO, error }).await
    }
}

/// Counts an attempt of which nobody knows what became, and tells who is to look into it.
fn note_uncertain(job: &Job) {
    tracing::error!(job.id = %job.id, account.id = %job.account, attempt = job.attempts,
        "it isn't known what became of the work that a vendor was asked for");
    uncertain(&job.model).increment(1);
}

fn uncertain(model: &ModelName) -> metrics::Counter {
    metrics::counter!("fourfold_attempts_uncertain_total", "model" => model.to_string())
}
