//! The last step before money can be spent at a vendor.

use fourfold_domain::{Credits, Effect, JobMove, Price, ProviderKey};

use super::rules::{leased, move_job};
use crate::commit::{Needs, Step, World};
use crate::credits::Owner;
use crate::error::Refusal;
use crate::jobs::{Attempt, AttemptState, Lease};

/// Records that a vendor is about to be asked: from here on paid work may exist. Refused with
/// [`Refusal::CancelRequested`] where the caller has called the job off.
#[derive(Clone, Debug)]
pub struct BeginAttempt {
    /// The right to the job.
    pub lease: Lease,
    /// Who is asked.
    pub provider: ProviderKey,
    /// The vendor's name of the model.
    pub vendor_model: String,
    /// The name of the credential.
    pub credential: String,
    /// What the vendor charges the operator, where it is known; frozen on the attempt.
    pub cost_price: Option<Price>,
    /// The most that it can come to there.
    pub cost: Option<Credits>,
}

impl Step for BeginAttempt {
    /// Which attempt this is, from 1.
    type Answer = u32;

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.lease.job);
    }

    fn decide(&self, world: &mut World) -> Result<u32, Refusal> {
        let job = leased(world, &self.lease)?;
        if job.cancel_requested {
            return Err(Refusal::CancelRequested);
        }
        let (id, number) = (job.id, job.attempts + 1);
        move_job(world, id, JobMove::Begin)?;
        let owner = Owner::Job(id);
        let attempt = Attempt {
            owner,
            number,
            provider: self.provider.clone(),
            vendor_model: self.vendor_model.clone(),
            credential: self.credential.clone(),
            state: AttemptState::Begun,
            effect: Effect::MayHaveStarted,
            upstream: None,
            error: None,
            vendor: serde_json::Map::new(),
            cost_price: self.cost_price.clone(),
            cost: self.cost,
            begun_at: world.now,
            ended_at: None,
        };
        world.attempts.insert((owner, number), attempt);
        if let Some(job) = world.jobs.get_mut(&id) {
            (job.attempts, job.progress) = (number, None);
        }
        Ok(number)
    }
}
