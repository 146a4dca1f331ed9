//! What the vendor answered is recorded before anything is done with it.

use std::time::Duration;

use fourfold_domain::{Effect, JobId, JobMove};
use serde_json::{Map, Value};

use super::rules::{leased, let_go, move_job};
use crate::commit::{Needs, Step, World};
use crate::credits::Owner;
use crate::error::Refusal;
use crate::jobs::{AttemptState, Job, Lease, Upstream};

/// Records the vendor's task, the places of its results or the objects that hold them. A task lets go of
/// the lease and is due again at its first poll, or at once where its caller has called it off; results keep the lease and go on to the store.
#[derive(Clone, Debug)]
pub struct RecordUpstream {
    /// The right to the job.
    pub lease: Lease,
    /// What the vendor gave.
    pub upstream: Upstream,
    /// The vendor's own facts, added to those known.
    pub vendor: Map<String, Value>,
}

impl Step for RecordUpstream {
    /// The job as it is now.
    type Answer = Job;

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.lease.job);
    }

    fn decide(&self, world: &mut World) -> Result<Job, Refusal> {
        let job = leased(world, &self.lease)?;
        let (id, cancel_requested) = (job.id, job.cancel_requested);
        record(world, id, &self.upstream, &self.vendor)?;
        if let Upstream::Task(task) = &self.upstream {
            let_go(world, id, if cancel_requested { Duration::ZERO } else { task.poll_after });
        }
        world.jobs.get(&id).cloned().ok_or(Refusal::NotFound)
    }
}

/// Writes what the vendor gave to the job's latest attempt, and moves the job accordingly.
pub(super) fn record(
    world: &mut World,
    id: JobId,
    upstream: &Upstream,
    vendor: &Map<String, Value>,
) -> Result<(), Refusal> {
    let latest = world.jobs.get(&id).ok_or(Refusal::NotFound)?.attempts;
    let by = match upstream {
        Upstream::Task(_) => JobMove::TaskTaken,
        Upstream::Outputs(_) | Upstream::Objects(_) => JobMove::OutputsReady,
    };
    move_job(world, id, by)?;
    if let Some(attempt) = world.attempts.get_mut(&(Owner::Job(id), latest)) {
        (attempt.state, attempt.effect) = (AttemptState::Taken, Effect::Started);
        attempt.upstream = Some(upstream.clone());
        attempt.vendor.extend(vendor.clone());
    }
    Ok(())
}
