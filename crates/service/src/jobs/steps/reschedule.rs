//! A job is let go, to be looked at again later.

use std::time::Duration;

use super::rules::{leased, let_go};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::jobs::{Job, Lease};

/// How often a job's progress is written at most.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// Lets go of the lease; the job stays in its state and is due again after a while.
#[derive(Clone, Copy, Debug)]
pub struct Reschedule {
    /// The right to the job.
    pub lease: Lease,
    /// How long until it is due again; at once where its caller has called it off in the meantime.
    pub after: Duration,
    /// The holder of the lease knew that the caller wants it called off, and has acted on it.
    pub cancel_seen: bool,
    /// How far the vendor says it is, 0 to 100. Written where it is further than before and a second has passed.
    pub progress: Option<u8>,
    /// How many polls in a row have failed now.
    pub failed_polls: u32,
}

impl Step for Reschedule {
    /// The job as it is now.
    type Answer = Job;

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.lease.job);
    }

    fn decide(&self, world: &mut World) -> Result<Job, Refusal> {
        let job = leased(world, &self.lease)?;
        let (id, known, now) = (job.id, job.progress, world.now);
        let at_once = job.cancel_requested && !self.cancel_seen;
        let_go(world, id, if at_once { Duration::ZERO } else { self.after });
        let mut is_news = self.progress > known;
        if let Some(due) = world.due.get_mut(&id) {
            due.failed_polls = self.failed_polls;
            is_news &= due.progress_at.is_none_or(|written_at| now.since(written_at) >= PROGRESS_EVERY);
            due.progress_at = if is_news { Some(now) } else { due.progress_at };
        }
        if is_news && let Some(job) = world.jobs.get_mut(&id) {
            job.progress = self.progress;
        }
        world.jobs.get(&id).cloned().ok_or(Refusal::NotFound)
    }
}
