//! The queue says what to look at next and may lose everything: the database is the truth.

use async_trait::async_trait;
use fourfold_domain::{JobId, Priority};

use crate::Timestamp;

/// A job that is to be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DueJob {
    /// Which job.
    pub job: JobId,
    /// Which of the waiting go first.
    pub priority: Priority,
    /// Not before this moment.
    pub next_at: Timestamp,
}

/// Hands out ids of jobs to look at. Losing one is mended by the sweep; giving one twice by the claim.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Lines a job up. One that waits already may be dropped.
    async fn push(&self, due: DueJob);

    /// The next job whose moment has come. Waits for it; a caller who stops waiting loses none.
    async fn next(&self) -> JobId;

    /// How many wait, those whose moment hasn't come included.
    fn depth(&self) -> usize;
}
