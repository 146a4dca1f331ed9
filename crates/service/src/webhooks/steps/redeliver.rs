//! An account asks for a delivery again.

use fourfold_domain::{AccountId, EventId};

use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::webhooks::Delivery;

/// Makes a delivery due now, whatever came of it, with its whole schedule before it and the same id. An address that
/// wanted nothing more is tried again, for all of the account's deliveries. One that is on its way stays so.
#[derive(Clone, Copy, Debug)]
pub struct Redeliver {
    /// Which.
    pub id: EventId,
    /// Whose; another account's isn't found.
    pub account: AccountId,
}

impl Step for Redeliver {
    /// The delivery as it is now.
    type Answer = Delivery;

    fn needs(&self, needs: &mut Needs) {
        needs.deliveries.insert(self.id);
    }

    fn decide(&self, world: &mut World) -> Result<Delivery, Refusal> {
        let now = world.now;
        let delivery = world.deliveries.get(&self.id).filter(|delivery| delivery.account == self.account);
        let delivery = delivery.ok_or(Refusal::NotFound)?;
        if delivery.is_leased(now) {
            return Ok(delivery.clone());
        }
        let url = (delivery.account, delivery.url.clone());
        world.stopped_urls.remove(&url);
        let delivery = world.deliveries.get_mut(&self.id).ok_or(Refusal::NotFound)?;
        delivery.failures = 0;
        delivery.wait_until(now);
        Ok(delivery.clone())
    }
}
