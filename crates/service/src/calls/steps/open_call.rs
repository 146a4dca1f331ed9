//! A call begins: its hold, its row and its idempotency key in one go.

use fourfold_domain::{CallId, Credits, InstanceId, KeyId, ModelName, Price, Subject};

use crate::calls::{Call, CallState};
use crate::commit::{Needs, Step, World};
use crate::credits::{Owner, rules};
use crate::error::Refusal;
use crate::idempotency::{Idempotency, Made};

/// Sets credits aside and records the call, before the vendor is asked. An account that can't pay for all of it has
/// what it has set aside, if that is at least `amount_min`; else the step is refused.
///
/// The same idempotency key gives the same call, unless that has ended without a charge: then the key is the new
/// call's.
#[derive(Clone, Debug)]
pub struct OpenCall {
    /// The new call's id.
    pub id: CallId,
    /// Who pays.
    pub subject: Subject,
    /// With which key.
    pub key: Option<KeyId>,
    /// Which process runs it.
    pub instance: InstanceId,
    /// Which model serves it.
    pub model: ModelName,
    /// The most that it can cost.
    pub amount: Credits,
    /// The most that it can cost where it answers as little as is worth asking for; at most `amount`.
    pub amount_min: Credits,
    /// The most that the vendor who is asked first charges for it, where the catalog says.
    pub cost_max: Option<Credits>,
    /// The price in force.
    pub price: Price,
    /// What makes it idempotent.
    pub idempotency: Option<Idempotency>,
}

/// What came of [`OpenCall`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpenedCall {
    /// The call was opened.
    New {
        /// The call.
        call: Call,
        /// What was set aside for it.
        held: Credits,
    },
    /// The same request had opened this one before.
    Earlier(Call),
}

impl Step for OpenCall {
    type Answer = OpenedCall;

    fn needs(&self, needs: &mut Needs) {
        needs.subjects.push(self.subject.clone());
        needs.keys.extend(self.key);
        if let Some(idempotency) = &self.idempotency {
            idempotency.needs(&self.subject, needs);
        }
    }

    fn decide(&self, world: &mut World) -> Result<OpenedCall, Refusal> {
        match self.earlier(world)? {
            Some(earlier) => Ok(OpenedCall::Earlier(earlier)),
            None => self.open(world).map(|(call, held)| OpenedCall::New { call, held }),
        }
    }
}

impl OpenCall {
    /// Opens the call, whatever its key stood for before; with what was set aside for it.
    pub(crate) fn open(&self, world: &mut World) -> Result<(Call, Credits), Refusal> {
        let held = rules::funds(world, &self.subject, self.key, self.amount_min..=self.amount)?;
        let account = rules::account_of(world, &self.subject);
        let owner = Owner::Call(self.id);
        let hold = rules::hold(world, account, owner, self.key, held, &self.price)?;
        let call = Call {
            id: self.id,
            account,
            key: self.key,
            instance: self.instance,
            model: self.model.clone(),
            hold,
            cost_max: self.cost_max,
            state: CallState::Open,
            created_at: world.now,
            ended_at: None,
        };
        world.calls.insert(self.id, call.clone());
        if let Some(idempotency) = &self.idempotency {
            idempotency.record(world, &self.subject, account, Made::Work(owner));
        }
        Ok((call, held))
    }

    /// The call that the key stands for, unless it ended without a charge.
    pub(crate) fn earlier(&self, world: &World) -> Result<Option<Call>, Refusal> {
        let Some(idempotency) = &self.idempotency else { return Ok(None) };
        match idempotency.earlier_work(world, &self.subject)? {
            None => Ok(None),
            Some(Owner::Job(_)) => Err(Refusal::IdempotencyMismatch),
            Some(Owner::Call(id)) => {
                let call = world.calls.get(&id).ok_or(Refusal::NotFound)?;
                Ok(Some(call.clone()).filter(|call| call.state != CallState::Released))
            }
        }
    }
}
