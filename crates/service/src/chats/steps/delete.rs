//! A conversation goes.

use fourfold_domain::AccountId;

use super::rules;
use crate::chats::ConversationName;
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Deletes a conversation with all its messages, and what was kept of its answers for the same requests. A turn under way ends as it would, and writes nothing any more. Refused
/// with [`Refusal::NotFound`], and with [`Refusal::AnothersConversation`].
#[derive(Clone, Debug)]
pub struct DeleteConversation {
    /// Which conversation.
    pub name: ConversationName,
    /// Whose.
    pub account: AccountId,
}

impl Step for DeleteConversation {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.conversations.insert(self.name.clone());
    }

    fn decide(&self, world: &mut World) -> Result<(), Refusal> {
        let id = rules::own(world, &self.name, self.account)?.id;
        world.conversations.remove(&self.name);
        world.deleted_conversations.push(id);
        // What was said in the same batch isn't written any more.
        rules::forget_answers(world, |message| message.conversation == id);
        world.messages.retain(|message| message.conversation != id);
        world.replaced_messages.retain(|(conversation, _number)| *conversation != id);
        world.refused_messages.retain(|(conversation, _number)| *conversation != id);
        Ok(())
    }
}
