//! What became of a task whose job had ended before it.

use fourfold_domain::{Credits, Quantity};
use serde_json::{Map, Value};

use super::cost::{cost_at, lose};
use super::rules::leased;
use crate::commit::{Needs, Step, World};
use crate::credits::Owner;
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
        world.due.remove(&id);
        let Some(attempt) = world.attempts.get_mut(&(Owner::Job(id), number)) else {
            return Ok(Credits::ZERO);
        };
        match &self.late {
            Late::GivenUp => Ok(Credits::ZERO),
            Late::Failed { error, vendor } => {
                (attempt.state, attempt.cost) = (AttemptState::Failed, Some(Credits::ZERO));
                attempt.error = Some(error.clone());
                attempt.vendor.extend(vendor.clone());
                Ok(Credits::ZERO)
            }
            Late::Delivered { quantities, vendor } => {
                attempt.state = AttemptState::Lost;
                attempt.cost = cost_at(attempt, quantities).or(attempt.cost);
                attempt.vendor.extend(vendor.clone());
                Ok(lose(world, id, number, quantities, Some("late")))
            }
        }
    }
}
