//! A worker takes a job that is due.

use std::time::Duration;

use fourfold_domain::{InstanceId, JobId, Price};

use super::admission::unpark;
use super::rules::latest_attempt;
use crate::Timestamp;
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::jobs::{Attempt, Job, Lease};

/// Takes the lease of a job. Refused with [`Refusal::NotDue`] where it isn't due yet or another's lease
/// holds; the one who is refused forgets the job, the database brings it back.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Which job.
    pub job: JobId,
    /// Who takes it.
    pub instance: InstanceId,
    /// For how long, until it is renewed.
    pub lease: Duration,
}

/// A job under a lease.
#[derive(Clone, PartialEq, Debug)]
pub struct Claimed {
    /// The right to it.
    pub lease: Lease,
    /// The job.
    pub job: Job,
    /// Its latest attempt, where one was begun.
    pub attempt: Option<Attempt>,
    /// The price that was frozen on its hold.
    pub price: Price,
    /// Polls in a row that failed.
    pub failed_polls: u32,
    /// The job is final; until this moment its vendor is asked what became of the task.
    pub late_until: Option<Timestamp>,
    /// How long it was due.
    pub waited: Duration,
    /// When it was claimed, by the clock that its deadline was set by.
    pub claimed_at: Timestamp,
}

impl Step for Claim {
    type Answer = Claimed;

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.job);
    }

    fn decide(&self, world: &mut World) -> Result<Claimed, Refusal> {
        let now = world.now;
        let job = world.jobs.get(&self.job).ok_or(Refusal::NotDue)?.clone();
        let attempt = latest_attempt(world, &job).cloned();
        let price = world.holds.get(&job.hold).ok_or(Refusal::NotFound)?.price.clone();
        let due = world.due.get(&self.job).ok_or(Refusal::NotDue)?;
        if due.next_at > now || due.lease_until.is_some_and(|until| until > now) {
            return Err(Refusal::NotDue);
        }
        // A parked job is due at its deadline, and ends by it.
        let waited = now.since(due.next_at);
        unpark(world, self.job);
        let due = world.due.get_mut(&self.job).ok_or(Refusal::NotDue)?;
        due.token += 1;
        due.lease_until = Some(now.after(self.lease));
        due.leased_by = Some(self.instance);
        let lease = Lease { job: self.job, token: due.token };
        Ok(Claimed {
            lease,
            job,
            attempt,
            price,
            failed_polls: due.failed_polls,
            late_until: due.late_until,
            waited,
            claimed_at: now,
        })
    }
}
