//! Somebody no longer waits for his turn.

use fourfold_domain::CallId;

use super::rules;
use crate::chats::ConversationName;
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Gives the place of a call in a line up, if it has one; again is the same. A conversation in which nothing was said goes
/// with its last place.
#[derive(Clone, Debug)]
pub struct LeaveLine {
    /// Which conversation.
    pub name: ConversationName,
    /// The call of the turn that has the place.
    pub call: CallId,
}

impl Step for LeaveLine {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.conversations.insert(self.name.clone());
    }

    fn decide(&self, world: &mut World) -> Result<(), Refusal> {
        let known = world.conversations.get(&self.name);
        if known.is_some_and(|known| known.line.has_place_of(self.call))
            && let Some(line) = world.line_mut(&self.name)
        {
            line.leave_of(self.call);
            rules::remove_if_empty(world, &self.name);
        }
        Ok(())
    }
}
