//! Calling off a task that a vendor works on.

use fourfold_domain::Cancelled;

use super::{Ending, JobError, JobWorker, Working};
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
            Err(why) => return self.poll_failed(working, &why).await,
        };
        let charge = if used.is_zero() {
            "nothing was charged".to_owned()
        } else {
            format!("{used} credits were charged")
        };
        let error = JobError::new("cancelled", format!("cancelled; {said}; {charge}"));
        self.finish(working, Ending::Cancelled { used, error }).await
    }

    /// Ends a job whose deadline passed while a vendor worked on it; that it should stop is a courtesy.
    pub(super) async fn expire_running(&self, working: &Working) -> Result<(), StoreError> {
        if let Err(why) = self.ask_to_stop(working).await {
            tracing::warn!(job.id = %working.claimed.job.id, why, "the vendor of an expired job couldn't be asked to stop");
        }
        self.expire(working).await
    }

    async fn ask_to_stop(&self, working: &Working) -> Result<Cancelled, String> {
        let (provider, task) = self.task_of(working).ok_or("its provider is off or its task is missing")?;
        let media = provider.media().ok_or("its provider makes no media any more")?;
        media.cancel(&task).await.map_err(|failure| failure.message)
    }
}
