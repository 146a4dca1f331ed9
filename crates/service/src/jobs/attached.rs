//! Jobs whose callers wait for their results on the line.

use std::time::Duration;

use fourfold_domain::{Effect, JobState};
use tokio_util::sync::CancellationToken;

use super::{CancelUnbegun, Job, JobView, JobsService, RequestCancel, Submission};
use crate::{Refusal, ServiceError, Spawner, StoreError};

/// How long a caller is kept waiting; the job goes on.
pub const ATTACHED_MAX: Duration = Duration::from_secs(10 * 60);

/// A job whose caller has waited for it.
#[derive(Clone, PartialEq, Debug)]
pub struct AttachedJob {
    /// The job, final unless it takes longer than [`ATTACHED_MAX`] or can't be looked at.
    pub view: JobView,
    /// Whether this request made it, and no earlier one with the same idempotency key.
    pub is_new: bool,
}

impl JobsService {
    /// Takes a job and waits for its end.
    ///
    /// Dropping this future says that the caller has left: a job that it made is called off if no vendor may work on
    /// it yet, and else goes on, is stored, charged and listed like any other. So does one at which the process ends;
    /// [`ServiceError::Stopping`] says that it was called off for that. The same idempotency key waits for the same job
    /// as it is now.
    pub async fn attached(
        &self,
        submission: Submission,
        spawner: &Spawner,
    ) -> Result<AttachedJob, ServiceError> {
        let left = CancellationToken::new();
        let _leaves_when_dropped = left.clone().drop_guard();
        let (service, stopping) = (self.clone(), spawner.stopping().clone());
        let attending = spawner.start(async move { service.attend(submission, &left, &stopping).await });
        attending.await.map_err(|panicked| ServiceError::Internal {
            what: "waiting for a job failed",
            effect: Effect::MayHaveStarted,
            source: panicked.into(),
        })?
    }

    async fn attend(
        &self,
        submission: Submission,
        left: &CancellationToken,
        stopping: &CancellationToken,
    ) -> Result<AttachedJob, ServiceError> {
        let (view, listener) = self.submit_and_listen(submission).await?;
        let is_new = listener.is_some();
        if view.job.state.is_final() {
            return Ok(AttachedJob { view, is_new });
        }
        let waiting = self.wait_by(view.job.id, listener, ATTACHED_MAX);
        let view = tokio::select! {
            waited = waiting => or_as_it_was(view, waited),
            () = left.cancelled() => self.left_by_its_caller(view, is_new).await,
            () = stopping.cancelled() => {
                let view = self.left_by_its_caller(view, is_new).await;
                if is_new && view.job.state == JobState::Cancelled {
                    return Err(ServiceError::Stopping);
                }
                view
            }
        };
        Ok(AttachedJob { view, is_new })
    }

    async fn left_by_its_caller(&self, view: JobView, made_it: bool) -> JobView {
        // Whoever made it may still be waiting.
        if made_it {
            self.cancel_unbegun(&view.job).await;
        }
        let loaded = self.load(view.job.id).await;
        or_as_it_was(view, loaded)
    }

    async fn cancel_unbegun(&self, job: &Job) {
        let account_max = self.parts.settings.account_max;
        let step = CancelUnbegun(RequestCancel { job: job.id, account: job.account, account_max });
        match self.parts.store.cancel_unbegun(step).await {
            Ok(ended) if ended.job.cancel_requested || ended.job.state.is_final() => {
                self.called_off(ended).await;
            }
            // It runs on, or has just ended.
            Ok(_) | Err(StoreError::Refused(Refusal::AlreadyFinal)) => {}
            Err(error) => {
                tracing::warn!(job.id = %job.id, error = &error as &dyn std::error::Error,
                    "a job whose caller has left can't be called off and runs on");
            }
        }
    }
}

/// The job was taken, so that no failure to look at it may say otherwise.
fn or_as_it_was(view: JobView, now: Result<JobView, ServiceError>) -> JobView {
    now.unwrap_or_else(|error| {
        tracing::warn!(job.id = %view.job.id, error = &error as &dyn std::error::Error, "a job can't be looked at");
        view
    })
}
