//! A worker takes a delivery that is due.

use std::time::Duration;

use fourfold_domain::{EventId, InstanceId};

use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::webhooks::{Delivery, DeliveryState};

/// Takes the lease of a delivery. Refused with [`Refusal::NotDue`] where it isn't due, another's lease holds, or as
/// many as may be are on their way to its endpoint.
#[derive(Clone, Copy, Debug)]
pub struct ClaimDelivery {
    /// Which.
    pub id: EventId,
    /// Who takes it.
    pub instance: InstanceId,
    /// For how long.
    pub lease: Duration,
    /// How many may be on their way to one endpoint.
    pub per_endpoint_max: usize,
}

/// What came of [`ClaimDelivery`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClaimedDelivery {
    /// It is to be sent, under its token.
    Leased(Box<Delivery>),
    /// Its address wants nothing more; it has ended as gone.
    Stopped,
}

impl Step for ClaimDelivery {
    type Answer = ClaimedDelivery;

    fn needs(&self, needs: &mut Needs) {
        needs.deliveries.insert(self.id);
    }

    fn decide(&self, world: &mut World) -> Result<ClaimedDelivery, Refusal> {
        let now = world.now;
        let delivery = world.deliveries.get(&self.id).ok_or(Refusal::NotDue)?;
        if delivery.state != DeliveryState::Pending || delivery.next_at > now {
            return Err(Refusal::NotDue);
        }
        let (endpoint, url) = (delivery.url.endpoint(), (delivery.account, delivery.url.clone()));
        let is_stopped = world.stopped_urls.get(&url).is_some();
        let is_beside = |other: &&Delivery| other.is_leased(now) && other.url.endpoint() == endpoint;
        let on_their_way = world.deliveries.values().filter(is_beside).count();
        if !is_stopped && on_their_way >= self.per_endpoint_max {
            return Err(Refusal::NotDue);
        }
        let delivery = world.deliveries.get_mut(&self.id).ok_or(Refusal::NotDue)?;
        if is_stopped {
            delivery.end(DeliveryState::Gone, now);
            return Ok(ClaimedDelivery::Stopped);
        }
        let until = now.after(self.lease);
        delivery.token += 1;
        (delivery.next_at, delivery.lease_until, delivery.leased_by) =
            (until, Some(until), Some(self.instance));
        Ok(ClaimedDelivery::Leased(Box::new(delivery.clone())))
    }
}
