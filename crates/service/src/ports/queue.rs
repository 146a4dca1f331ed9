//! The queue says what to look at next and may lose everything: the database is the truth.

use std::time::Duration;

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

/// A job that came from the queue. Whoever took it acknowledges it, once its claim has committed or was refused;
/// what was never acknowledged is given to somebody else after a while.
#[derive(PartialEq, Eq, Debug)]
pub struct Taken {
    /// Which job.
    pub job: JobId,
    /// What the queue knows it by; nothing where the queue forgets what it gave.
    pub receipt: Option<Box<str>>,
}

/// What waits in a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Waiting {
    /// How many, those whose moment hasn't come included and those that were given not.
    pub depth: usize,
    /// How long the oldest of those waits whose moment has come.
    pub oldest_age: Duration,
}

/// Hands out ids of jobs to look at. Losing one is mended by the sweep; giving one twice by the claim.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Lines a job up. One that waits already may be dropped, and so is, while the queue can't be reached, every one
    /// that nobody in this process waits for: it never fails.
    async fn push(&self, due: DueJob);

    /// The next job whose moment has come. Waits for it; a caller who stops waiting loses none.
    async fn next(&self) -> Taken;

    /// Says that a job needn't be given to anybody else.
    async fn acknowledge(&self, taken: Taken);

    /// What waits; nothing where the queue can't be reached.
    async fn waiting(&self) -> Option<Waiting>;

    /// Whether the queue can be reached, else a few words that say what is missing.
    async fn health(&self) -> Result<(), String>;
}
