//! A job is let go, to be looked at again later.

use std::time::Duration;

use super::rules::{leased, let_go};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::jobs::{Job, Lease};

/// Lets go of the lease; the job stays in its state and is due again after a while.
#[derive(Clone, Copy, Debug)]
pub struct Reschedule {
    /// The right to the job.
    pub lease: Lease,
    /// How long until it is due again; at once where its caller has called it off in the meantime.
    pub after: Duration,
    /// The holder of the lease knew that the caller wants it called off, and has acted on it.
    pub cancel_seen: bool,
    /// How far the vendor says it is, 0 to 100.
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
        let (id, known) = (job.id, job.progress);
        let at_once = job.cancel_requested && !self.cancel_seen;
        let_go(world, id, if at_once { Duration::ZERO } else { self.after });
        if let Some(due) = world.due.get_mut(&id) {
            due.failed_polls = self.failed_polls;
        }
        if self.progress.is_some()
            && self.progress > known
            && let Some(job) = world.jobs.get_mut(&id)
        {
            job.progress = self.progress;
        }
        world.jobs.get(&id).cloned().ok_or(Refusal::NotFound)
    }
}
