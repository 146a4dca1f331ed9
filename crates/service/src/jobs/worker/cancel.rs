//! Calling off a task that a vendor works on.

use std::time::Duration;

use fourfold_domain::{Cancelled, Poll};
use tokio::time::timeout;

use super::{Ending, JobError, JobWorker, VENDOR_PATIENCE, Working};
use crate::StoreError;

impl JobWorker {
    /// Asks the vendor to stop. Its own figure is charged where it gives one, else what the catalog says.
    pub(super) async fn cancel_running(&self, working: &Working) -> Result<(), StoreError> {
        let job = &working.claimed.job;
        let on_cancel = job.terms.on_cancel.charge(job.held);
        let (used, said) = match self.ask_to_stop(working).await {
            Ok(Cancelled::Stopped { used: Some(quantities) }) => {
                (self.used(working, &quantities), "the vendor stopped and said what it charges")
            }
            Ok(Cancelled::Stopped { used: None }) => (on_cancel, "the vendor stopped"),
            Ok(Cancelled::Unsupported) => (on_cancel, "the vendor can't be asked to stop"),
            // It is done: what it made is delivered after all.
            Ok(Cancelled::TooLate) => return self.poll(working).await,
            Err(why) => {
                // That it can't be stopped now doesn't keep it from being done.
                tracing::warn!(job.id = %job.id, why, "a vendor couldn't be asked to stop");
                return self.poll(working).await;
            }
        };
        let charge = if used.is_zero() {
            "nothing was charged".to_owned()
        } else {
            format!("{used} credits were charged")
        };
        let error = JobError::new("cancelled", format!("cancelled; {said}; {charge}"));
        self.finish(working, Ending::Cancelled { used, error }).await
    }

    /// Ends a job whose deadline passed while a vendor worked on it. What the vendor has finished by now is
    /// delivered, however late we come to see it; that it should stop is a courtesy.
    pub(super) async fn expire_running(&self, working: &Working) -> Result<(), StoreError> {
        if let Some((provider, task)) = self.task_of(working)
            && let Some(media) = provider.media()
            && let Ok(Ok(Poll::Done(outputs))) = timeout(VENDOR_PATIENCE, media.poll(&task)).await
        {
            return self.deliver(working, &working.claimed.job, provider.as_ref(), outputs).await;
        }
        let late_poll = match self.ask_to_stop(working).await {
            Ok(Cancelled::Stopped { .. }) => Duration::ZERO,
            Ok(Cancelled::Unsupported | Cancelled::TooLate) => self.parts.settings.late_poll,
            Err(why) => {
                tracing::warn!(job.id = %working.claimed.job.id, why, "the vendor of an expired job couldn't be asked to stop");
                self.parts.settings.late_poll
            }
        };
        self.expire(working, late_poll).await?;
        if !late_poll.is_zero() && self.task_of(working).is_some() {
            super::note_uncertain(&working.claimed.job);
        }
        Ok(())
    }

    async fn ask_to_stop(&self, working: &Working) -> Result<Cancelled, String> {
        let (provider, task) = self.task_of(working).ok_or("its provider is off or its task is missing")?;
        let media = provider.media().ok_or("its provider makes no media any more")?;
        let asked = timeout(VENDOR_PATIENCE, media.cancel(&task)).await;
        asked.map_err(|_late| "the vendor didn't answer")?.map_err(|failure| failure.message)
    }
}
