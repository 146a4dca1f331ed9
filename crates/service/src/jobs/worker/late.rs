//! What became of a task whose job has expired: the operator is to know what it cost.

use fourfold_domain::{Poll, ProviderError};
use tokio::time::timeout;

use super::{JobError, JobWorker, VENDOR_PATIENCE, Working};
use crate::jobs::record::poll_backoff;
use crate::jobs::steps::late_pause;
use crate::jobs::{EndLate, Late, Reschedule};
use crate::{StoreError, Timestamp};

impl JobWorker {
    /// Asks once more. What the vendor delivers now is recorded as lost; nobody is charged.
    pub(super) async fn look_late(&self, working: &Working, until: Timestamp) -> Result<(), StoreError> {
        let is_over = working.claimed.claimed_at >= until;
        let failed_polls = working.claimed.failed_polls.saturating_add(1);
        let (pause, failed_polls) = match self.poll_late(working).await {
            Some(Ok(Poll::Done(outputs))) => {
                let late = Late::Delivered { quantities: outputs.quantities, vendor: outputs.vendor };
                return self.end_late(working, late).await;
            }
            Some(Ok(Poll::Failed(verdict))) => {
                let error = JobError::new(verdict.reason.as_str(), verdict.message);
                return self.end_late(working, Late::Failed { error, vendor: verdict.vendor }).await;
            }
            _ if is_over => return self.end_late(working, Late::GivenUp).await,
            Some(Ok(Poll::Running { poll_after, .. })) => (poll_after, 0),
            Some(Err(failure)) => {
                (failure.retry_after.unwrap_or_default().max(poll_backoff(failed_polls)), failed_polls)
            }
            None => (poll_backoff(failed_polls), failed_polls),
        };
        let after = late_pause(pause.max(super::poll::POLL_AFTER_MIN)).min(self.parts.settings.poll_max);
        let cancel_seen = working.claimed.job.cancel_requested;
        let lease = working.claimed.lease;
        let step = Reschedule { lease, after, cancel_seen, progress: None, failed_polls };
        let job = self.parts.store.reschedule(step).await?;
        self.enqueue(working, &job, after).await;
        Ok(())
    }

    /// What the vendor says; nothing where it can't be asked or doesn't answer.
    async fn poll_late(&self, working: &Working) -> Option<Result<Poll, ProviderError>> {
        let (provider, task) = self.task_of(working)?;
        timeout(VENDOR_PATIENCE, provider.media()?.poll(&task)).await.ok()
    }

    async fn end_late(&self, working: &Working, late: Late) -> Result<(), StoreError> {
        let job = &working.claimed.job;
        let became = match &late {
            Late::Delivered { .. } => "delivered",
            Late::Failed { .. } => "failed",
            Late::GivenUp => "unknown",
        };
        let lost = self.parts.store.end_late(EndLate { lease: working.claimed.lease, late }).await?;
        tracing::warn!(job.id = %job.id, account.id = %job.account, became, lost = %lost,
            "the task of a job that had expired is no longer asked about");
        Ok(())
    }
}
