//! Asking how a task stands. A failed poll says nothing about the task.

use std::time::Duration;

use fourfold_domain::{Effect, Poll, Provider, ProviderError, UpstreamTask};
use tokio::time::timeout;

use super::{JobWorker, Upstream, VENDOR_PATIENCE, Working};
use crate::StoreError;
use crate::jobs::record::poll_backoff;
use crate::routing::Elsewhere;

/// The shortest pause between two polls, whatever a provider says.
pub(super) const POLL_AFTER_MIN: Duration = Duration::from_millis(20);

impl JobWorker {
    pub(super) async fn poll(&self, working: &Working) -> Result<(), StoreError> {
        let Some((provider, task)) = self.task_of(working) else {
            return self.poll_failed(working, "its provider is off or its task is missing").await;
        };
        let Some(media) = provider.media() else {
            return self.poll_failed(working, "its provider makes no media any more").await;
        };
        let job = &working.claimed.job;
        let Ok(polled) = timeout(VENDOR_PATIENCE, media.poll(&task)).await else {
            return self.poll_failed(working, "the vendor didn't answer").await;
        };
        match polled {
            Ok(Poll::Running { progress, poll_after }) => {
                let pause = poll_after.min(self.parts.settings.poll_max).max(POLL_AFTER_MIN);
                self.reschedule(working, pause, progress, 0).await
            }
            Ok(Poll::Done(outputs)) => self.deliver(working, job, provider.as_ref(), outputs).await,
            // A verdict on a task is certain, whatever its words: the vendor had taken the work.
            Ok(Poll::Failed(verdict)) => {
                let verdict = ProviderError { effect: Effect::Started, ..verdict };
                self.after_failure(working, job, &verdict, Elsewhere::default()).await
            }
            Err(failure) => {
                let pause = failure.retry_after.unwrap_or_default();
                self.poll_failed_for(working, &failure.message, pause).await
            }
        }
    }

    /// The task of the latest attempt, with the provider that knows it.
    pub(super) fn task_of(&self, working: &Working) -> Option<(std::sync::Arc<dyn Provider>, UpstreamTask)> {
        let attempt = working.claimed.attempt.as_ref()?;
        match &attempt.upstream {
            Some(Upstream::Task(task)) => {
                let provider = self.parts.routing.provider(&attempt.provider, &attempt.credential)?;
                Some((provider, task.clone()))
            }
            _ => None,
        }
    }

    pub(super) async fn poll_failed(&self, working: &Working, why: &str) -> Result<(), StoreError> {
        self.poll_failed_for(working, why, Duration::ZERO).await
    }

    /// The same, where the vendor asks for at least this pause.
    async fn poll_failed_for(&self, working: &Working, why: &str, least: Duration) -> Result<(), StoreError> {
        let failed_polls = working.claimed.failed_polls.saturating_add(1);
        let after = poll_backoff(failed_polls).max(least).min(self.parts.settings.poll_max);
        tracing::warn!(job.id = %working.claimed.job.id, failed_polls, after_ms = super::millis(after), why,
            "a job couldn't be brought further; it is tried again");
        self.reschedule(working, after, None, failed_polls).await
    }
}
