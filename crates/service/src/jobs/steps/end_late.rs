//! What became of a task whose job had ended before it.

use fourfold_domain::{Credits, JobId, Quantity};
use serde_json::{Map, Value};

use super::cost::{cost_at, lose};
use super::rules::leased;
use crate::commit::{Needs, Step, World};
use crate::credits::Owner;
use crate::credits::rules::loss_operation;
use crate::error::Refusal;
use crate::jobs::{AttemptState, JobError, Lease};

/// Ends the late looks at a final job's task. What it delivered is the operator's loss and never charged; nothing
/// of the job changes.
#[derive(Clone, Debug)]
pub struct EndLate {
    /// The right to the job.
    pub lease: Lease,
    /// What became of the task.
    pub late: Late,
}

/// What became of a task whose job had ended.
#[derive(Clone, PartialEq, Debug)]
pub enum Late {
    /// It delivered, too late.
    Delivered {
        /// What, as it is priced.
        quantities: Vec<Quantity>,
        /// The vendor's own facts, added to those known.
        vendor: Map<String, Value>,
    },
    /// The vendor says that it failed; nothing is lost.
    Failed {
        /// Why.
        error: JobError,
        /// The vendor's own facts, added to those known.
        vendor: Map<String, Value>,
    },
    /// Nobody knows, and nobody asks any more.
    GivenUp,
}

impl Step for EndLate {
    /// What was lost.
    type Answer = Credits;

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.lease.job);
    }

    fn decide(&self, world: &mut World) -> Result<Credits, Refusal> {
        let job = leased(world, &self.lease)?;
        if !job.state.is_final() {
            return Err(Refusal::LeaseLost);
        }
        let (id, number) = (job.id, job.attempts);
        Ok(end(world, id, number, &self.late))
    }
}

/// Ends the doubt about a final job's task by what the vendor told an operator. Refused with
/// [`Refusal::NotDue`] while a worker looks at it, and where there is no doubt any more.
#[derive(Clone, Debug)]
pub struct Reconcile {
    /// Whose task.
    pub job: JobId,
    /// Which of its attempts; only the latest can be in doubt.
    pub attempt: u32,
    /// What became of it.
    pub late: Late,
}

impl Step for Reconcile {
    /// What was lost.
    type Answer = Credits;

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.job);
        needs.operations.push(loss_operation(Owner::Job(self.job), self.attempt));
    }

    fn decide(&self, world: &mut World) -> Result<Credits, Refusal> {
        let job = world.jobs.get(&self.job).ok_or(Refusal::NotFound)?;
        let (owner, number) = (Owner::Job(self.job), self.attempt);
        let is_latest = job.state.is_final() && job.attempts == number;
        let is_leased = world
            .due
            .get(&self.job)
            .is_some_and(|due| due.lease_until.is_some_and(|until| until > world.now));
        let attempt = world.attempts.get(&(owner, number));
        let is_in_doubt = attempt.is_some_and(|attempt| attempt.state == AttemptState::Uncertain)
            && world.operations.get(&loss_operation(owner, number)).is_none();
        if !is_latest || is_leased || !is_in_doubt {
            return Err(Refusal::NotDue);
        }
        Ok(end(world, self.job, number, &self.late))
    }
}

fn end(world: &mut World, id: JobId, number: u32, late: &Late) -> Credits {
    world.due.remove(&id);
    let Some(attempt) = world.attempts.get_mut(&(Owner::Job(id), number)) else { return Credits::ZERO };
    match late {
        Late::GivenUp => Credits::ZERO,
        Late::Failed { error, vendor } => {
            (attempt.state, attempt.cost) = (AttemptState::Failed, Some(Credits::ZERO));
            attempt.error = Some(error.clone());
            attempt.vendor.extend(vendor.clone());
            Credits::ZERO
        }
        Late::Delivered { quantities, vendor } => {
            attempt.state = AttemptState::Lost;
            attempt.cost = cost_at(attempt, quantities).or(attempt.cost);
            attempt.vendor.extend(vendor.clone());
            lose(world, id, number, quantities, Some("late"))
        }
    }
}
