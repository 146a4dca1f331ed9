//! What the steps of webhooks and of jobs share.

use fourfold_domain::{AccountId, EventId, Subject};

use crate::commit::World;
use crate::error::Refusal;
use crate::jobs::{Job, JobEvent};
use crate::webhooks::{Delivery, DeliveryState};

/// The delivery of an event, where its job has a webhook. The first event has none: the answer to the caller has told
/// it.
pub(crate) fn delivery_of(job: &Job, event: &JobEvent) -> Option<Delivery> {
    let url = job.webhook_url.clone().filter(|_| event.version > 1)?;
    Some(Delivery {
        id: event.id,
        account: job.account,
        job: job.id,
        version: event.version,
        job_state: event.state,
        url,
        state: DeliveryState::Pending,
        tries: 0,
        failures: 0,
        next_at: event.created_at,
        lease_until: None,
        leased_by: None,
        token: 0,
        created_at: event.created_at,
        ended_at: None,
    })
}

/// How many secrets an account has.
pub(super) fn secrets_of(world: &World, account: AccountId) -> usize {
    world.webhook_secrets.values().filter(|secret| secret.account == account).count()
}

/// Whether what is sent for the subject can be signed.
pub(crate) fn has_secret(world: &World, subject: &Subject) -> bool {
    world.subjects.get(subject).is_some_and(|account| secrets_of(world, *account) > 0)
}

/// The delivery, if it is still to be sent under this lease.
pub(super) fn leased(world: &World, id: EventId, token: u64) -> Result<&Delivery, Refusal> {
    let delivery = world.deliveries.get(&id).ok_or(Refusal::LeaseLost)?;
    if delivery.token != token || delivery.lease_until.is_none() {
        return Err(Refusal::LeaseLost);
    }
    Ok(delivery)
}
