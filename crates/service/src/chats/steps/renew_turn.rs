//! A turn goes on.

use std::time::Duration;

use crate::chats::{ConversationName, Ticket};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Keeps a place in a line for so long from now on; refused with [`Refusal::TurnLost`] where it is another's by now.
#[derive(Clone, Debug)]
pub struct RenewTurn {
    /// Which conversation.
    pub name: ConversationName,
    /// The place.
    pub ticket: Ticket,
    /// How long it is kept.
    pub lease: Duration,
}

impl Step for RenewTurn {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.conversations.insert(self.name.clone());
    }

    fn decide(&self, world: &mut World) -> Result<(), Refusal> {
        let now = world.now;
        let known = world.conversations.get(&self.name);
        let is_same = known.is_some_and(|known| known.id == self.ticket.conversation);
        let line = world.line_mut(&self.name).filter(|_| is_same);
        let is_kept = line.is_some_and(|line| line.renew(self.ticket.number, now, self.lease));
        if is_kept { Ok(()) } else { Err(Refusal::TurnLost) }
    }
}
