//! A try to deliver is over.

use std::time::Duration;

use fourfold_domain::EventId;

use super::rules::leased;
use crate::Timestamp;
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::webhooks::{Delivery, DeliveryState, DeliveryTry, StoppedUrl};

/// Records a try and what follows from it. Refused with [`Refusal::LeaseLost`] where another has the delivery now.
#[derive(Clone, Debug)]
pub struct EndTry {
    /// Of which delivery.
    pub id: EventId,
    /// Under which lease.
    pub token: u64,
    /// When it began.
    pub began_at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// The status that was answered.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<String>,
    /// What follows.
    pub verdict: TryVerdict,
}

/// What follows from a try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TryVerdict {
    /// It was taken.
    Delivered,
    /// Its address wants nothing more of the account, from now on.
    Gone,
    /// It failed and is tried again after this long.
    Again(Duration),
    /// It failed and isn't tried again.
    Failed,
}

impl Step for EndTry {
    /// The delivery as it is now.
    type Answer = Delivery;

    fn needs(&self, needs: &mut Needs) {
        needs.deliveries.insert(self.id);
    }

    fn decide(&self, world: &mut World) -> Result<Delivery, Refusal> {
        let now = world.now;
        let delivery = leased(world, self.id, self.token)?;
        let (account, url, number) = (delivery.account, delivery.url.clone(), delivery.tries + 1);
        world.tries.push(DeliveryTry {
            delivery: self.id,
            number,
            began_at: self.began_at,
            status: self.status,
            error: self.error.clone(),
            duration: self.duration,
        });
        let stopped = (account, url.clone());
        if self.verdict == TryVerdict::Gone && world.stopped_urls.get(&stopped).is_none() {
            world.stopped_urls.insert(stopped, StoppedUrl { account, url, stopped_at: now });
        }
        let delivery = world.deliveries.get_mut(&self.id).ok_or(Refusal::LeaseLost)?;
        delivery.tries = number;
        match self.verdict {
            TryVerdict::Delivered => delivery.end(DeliveryState::Delivered, now),
            TryVerdict::Gone => delivery.end(DeliveryState::Gone, now),
            TryVerdict::Failed => delivery.end(DeliveryState::Failed, now),
            TryVerdict::Again(after) => {
                delivery.failures += 1;
                delivery.wait_until(now.after(after));
            }
        }
        Ok(delivery.clone())
    }
}
