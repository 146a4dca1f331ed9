//! Somebody no longer waits for his turn.

use super::rules;
use crate::chats::{ConversationName, Ticket};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Gives a place in a line up; again is the same. A conversation in which nothing was said goes with its last place.
#[derive(Clone, Debug)]
pub struct LeaveLine {
    /// Which conversation.
    pub name: ConversationName,
    /// The place.
    pub ticket: Ticket,
}

impl Step for LeaveLine {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.conversations.insert(self.name.clone());
    }

    fn decide(&self, world: &mut World) -> Result<(), Refusal> {
        let known = world.conversations.get(&self.name);
        if known.is_some_and(|known| known.id == self.ticket.conversation)
            && let Some(line) = world.line_mut(&self.name)
        {
            line.leave(self.ticket.number);
            rules::remove_if_empty(world, &self.name);
        }
        Ok(())
    }
}
