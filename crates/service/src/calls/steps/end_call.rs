//! A call ends: its hold, its row, those who were asked and what was answered in one go.

use fourfold_domain::{CallId, Credits};

use crate::calls::{CallAnswer, CallState};
use crate::commit::{Needs, Step, World};
use crate::credits::Owner;
use crate::credits::rules::{self, HoldEnd};
use crate::error::Refusal;
use crate::jobs::{Attempt, AttemptState};

/// Ends a call and its hold. A call that has ended refuses with [`Refusal::CallEnded`] and nothing changes,
/// so a late settle finds what the sweep left. What an attempt may cost of which nobody knows what became, or whose
/// answer nobody could read, is the operator's loss, where that is known.
#[derive(Clone, Debug)]
pub struct EndCall {
    /// Which call.
    pub id: CallId,
    /// How it ends.
    pub ending: CallEnding,
    /// Those who were asked, in their order.
    pub attempts: Vec<Attempt>,
    /// What the caller was sent; kept only with a charge.
    pub answer: Option<CallAnswer>,
}

/// How a call ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallEnding {
    /// With a charge for what was really used, at most the hold.
    Charged(Credits),
    /// With a charge for what was used by our own estimate, at most the hold.
    Estimated(Credits),
    /// Without a charge.
    Released,
    /// Without a charge, since its instance died, or cut it off when it stopped. What its vendor may charge at most, where
    /// that is known, is the operator's loss.
    Interrupted,
}

impl EndCall {
    /// An end of which there is nothing else to tell.
    pub fn new(id: CallId, ending: CallEnding) -> Self {
        Self { id, ending, attempts: Vec::new(), answer: None }
    }
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
            CallEnding::Estimated(used) => (HoldEnd::Estimate(used), CallState::Charged),
            CallEnding::Released => (HoldEnd::Release, CallState::Released),
            CallEnding::Interrupted => (HoldEnd::Interrupted, CallState::Interrupted),
        };
        let (hold, account, cost_max) = (call.hold, call.account, call.cost_max);
        let charged = rules::end_hold(world, hold, end)?;
        if self.ending == CallEnding::Interrupted {
            let owner = Owner::Call(self.id);
            rules::lose(world, account, owner, 1, cost_max.unwrap_or_default(), Some("interrupted"));
        }
        for attempt in &self.attempts {
            let note = match attempt.state {
                AttemptState::Uncertain => Some("uncertain"),
                AttemptState::Lost => None,
                _ => continue,
            };
            let cost = attempt.cost.unwrap_or_default();
            rules::lose(world, account, Owner::Call(self.id), attempt.number, cost, note);
        }
        let now = world.now;
        if let Some(call) = world.calls.get_mut(&self.id) {
            (call.state, call.ended_at) = (state, Some(now));
        }
        for attempt in &self.attempts {
            world.attempts.insert((attempt.owner, attempt.number), attempt.clone());
        }
        if state == CallState::Charged {
            world.call_answers.extend(self.answer.clone().map(|answer| (self.id, answer)));
        }
        Ok(charged)
    }
}
