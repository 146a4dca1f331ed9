//! An attempt is over, another may follow.

use std::time::Duration;

use fourfold_domain::{Effect, JobMove};
use serde_json::{Map, Value};

use super::rules::{AttemptEnd, end_attempt, leased, let_go, move_job};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::jobs::{AttemptState, Job, JobError, Lease};

/// Ends the attempt and puts the job back in line.
#[derive(Clone, Debug)]
pub struct NextAttempt {
    /// The right to the job.
    pub lease: Lease,
    /// How the attempt ended.
    pub state: AttemptState,
    /// Whether it may have been paid for.
    pub effect: Effect,
    /// Why it ended.
    pub error: JobError,
    /// The vendor's own facts, added to those known.
    pub vendor: Map<String, Value>,
    /// How long until the next; nothing where the caller has called the job off, so that it ends at once.
    pub after: Duration,
}

impl Step for NextAttempt {
    /// The job as it is now.
    type Answer = Job;

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.lease.job);
    }

    fn decide(&self, world: &mut World) -> Result<Job, Refusal> {
        let job = leased(world, &self.lease)?;
        let (id, number, cancel_requested) = (job.id, job.attempts, job.cancel_requested);
        move_job(world, id, JobMove::NextAttempt)?;
        let end = AttemptEnd {
            state: self.state,
            effect: Some(self.effect),
            error: Some(&self.error),
            vendor: Some(&self.vendor),
            is_looked_at_late: false,
        };
        end_attempt(world, id, number, &end);
        let_go(world, id, if cancel_requested { Duration::ZERO } else { self.after });
        if let Some(job) = world.jobs.get_mut(&id) {
            job.progress = None;
        }
        world.jobs.get(&id).cloned().ok_or(Refusal::NotFound)
    }
}
