//! A conversation is called otherwise, or put away.

use fourfold_domain::AccountId;

use super::rules;
use crate::chats::{Conversation, ConversationName};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;

/// Changes what is said of a conversation; what is left out stays. Refused with [`Refusal::NotFound`], and with
/// [`Refusal::AnothersConversation`].
#[derive(Clone, Debug)]
pub struct ChangeConversation {
    /// Which conversation.
    pub name: ConversationName,
    /// Whose.
    pub account: AccountId,
    /// What it is about, or that this isn't said any more.
    pub title: Option<Option<String>>,
    /// Whether it is put away.
    pub is_archived: Option<bool>,
}

impl Step for ChangeConversation {
    type Answer = Conversation;

    fn needs(&self, needs: &mut Needs) {
        needs.conversations.insert(self.name.clone());
    }

    fn decide(&self, world: &mut World) -> Result<Conversation, Refusal> {
        rules::has_messages(world, &self.name)?;
        let known = rules::own(world, &self.name, self.account)?;
        if let Some(title) = &self.title {
            known.title.clone_from(title);
        }
        known.is_archived = self.is_archived.unwrap_or(known.is_archived);
        Ok(known.clone())
    }
}
