//! Jobs that their owners delete: off the lists at once, their results removed as soon as they are final.
//!
//! ```text
//! kept ── DELETE ──► leaving ── final, and its results removed ──► gone
//! ```
//!
//! The mark stands before anything is removed, so whatever crashes in between, the sweep finds what is left.

use fourfold_domain::{AccountId, JobId};

use super::{DeleteJob, Deletion, JobEmptied, JobParts, JobView, JobsService};
use crate::artifacts::storage_failed;
use crate::ports::VideoPage;
use crate::{Refusal, ServiceError, StoreError};

impl JobsService {
    /// An account's videos that it hasn't deleted.
    pub async fn videos(&self, account: AccountId, page: VideoPage) -> Result<Vec<JobView>, ServiceError> {
        Ok(self.parts.store.videos(account, page).await?)
    }

    /// Deletes an account's own job: it is called off where it isn't final, isn't listed among videos any more, and its
    /// results are removed, those too that come in spite of the cancel. What can't be removed now, the sweep removes.
    pub async fn delete(&self, account: AccountId, id: JobId) -> Result<(), ServiceError> {
        if !self.job(account, id).await?.job.state.is_final() {
            match self.cancel(account, id).await {
                Ok(_) | Err(ServiceError::Refused(Refusal::AlreadyFinal)) => {}
                Err(error) => return Err(error),
            }
        }
        self.parts.store.delete_job(DeleteJob { job: id, account }).await?;
        let view = self.load(id).await?;
        if view.job.state.is_final()
            && let Err(error) = self.parts.empty(&view).await
        {
            tracing::warn!(job.id = %id, error = &error as &dyn std::error::Error,
                "what is left of a deleted job is left to the sweep");
        }
        Ok(())
    }
}

impl JobParts {
    /// Removes the results of a deleted job that is final.
    pub(super) async fn empty(&self, view: &JobView) -> Result<(), ServiceError> {
        if view.job.deletion != Deletion::Leaving {
            return Ok(());
        }
        let left = view.artifacts.iter().filter(|artifact| artifact.removed_at.is_none());
        let mut removed = Vec::new();
        for artifact in left {
            self.storage.delete(&artifact.object.key).await.map_err(storage_failed)?;
            removed.push((artifact.job, artifact.index));
        }
        if !removed.is_empty() {
            self.store.artifacts_removed(removed).await?;
        }
        match self.store.job_emptied(JobEmptied { job: view.job.id }).await {
            Ok(()) | Err(StoreError::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
