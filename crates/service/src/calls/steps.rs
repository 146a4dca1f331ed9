//! The two steps of a call.

use fourfold_domain::{CallId, Credits, InstanceId, KeyId, ModelName, Price, Subject};

use super::{Call, CallState};
use crate::commit::{Needs, Step, World};
use crate::credits::Owner;
use crate::credits::rules::{self, HoldEnd};
use crate::error::Refusal;
use crate::idempotency::{Idempotency, Made};

/// Sets credits aside and records the call, before the vendor is asked.
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
    /// The price in force.
    pub price: Price,
    /// What makes it idempotent.
    pub idempotency: Option<Idempotency>,
}

/// What came of [`OpenCall`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpenedCall {
    /// The call was opened.
    New(Call),
    /// The same request had opened this one before.
    Earlier(Owner),
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
        if let Some(idempotency) = &self.idempotency
            && let Some(owner) = idempotency.earlier_work(world, &self.subject)?
        {
            return Ok(OpenedCall::Earlier(owner));
        }
        rules::check_funds(world, &self.subject, self.key, self.amount)?;
        let account = rules::account_of(world, &self.subject);
        let owner = Owner::Call(self.id);
        let hold = rules::hold(world, account, owner, self.key, self.amount, &self.price)?;
        let call = Call {
            id: self.id,
            account,
            key: self.key,
            instance: self.instance,
            model: self.model.clone(),
            hold,
            state: CallState::Open,
            created_at: world.now,
            ended_at: None,
        };
        world.calls.insert(self.id, call.clone());
        if let Some(idempotency) = &self.idempotency {
            idempotency.record(world, &self.subject, account, Made::Work(owner));
        }
        Ok(OpenedCall::New(call))
    }
}

/// Ends a call and its hold. A call that has ended refuses with [`Refusal::CallEnded`] and nothing changes,
/// so a late settle finds what the sweep left.
#[derive(Clone, Copy, Debug)]
pub struct EndCall {
    /// Which call.
    pub id: CallId,
    /// How it ends.
    pub ending: CallEnding,
}

/// How a call ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallEnding {
    /// With a charge for what was really used, at most the hold.
    Charged(Credits),
    /// Without a charge.
    Released,
    /// Without a charge, since its instance died.
    Interrupted,
}

impl Step for EndCall {
    /// What was charged.
    type Answer = Credits;

    fn needs(&self, needs: &mut Needs) {
        needs.calls.insert(self.id);
    }

    fn decide(&self, world: &mut World) -> Result<Credits, Refusal> {
        let call = world.calls.get(&self.id).ok_or(Refusal::NotFound)?;
        if call.state != CallState::Open {
            return Err(Refusal::CallEnded);
        }
        let (end, state) = match self.ending {
            CallEnding::Charged(used) => (HoldEnd::Settle(used), CallState::Charged),
            CallEnding::Released => (HoldEnd::Release, CallState::Released),
            CallEnding::Interrupted => (HoldEnd::Interrupted, CallState::Interrupted),
        };
        let hold = call.hold;
        let charged = rules::end_hold(world, hold, end)?;
        let now = world.now;
        if let Some(call) = world.calls.get_mut(&self.id) {
            (call.state, call.ended_at) = (state, Some(now));
        }
        Ok(charged)
    }
}
