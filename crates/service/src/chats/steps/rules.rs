//! What more than one step goes by.

use fourfold_domain::AccountId;

use crate::chats::{Conversation, ConversationName};
use crate::commit::World;
use crate::error::Refusal;

/// The conversation of this name, if it is this account's.
pub(super) fn own<'w>(
    world: &'w mut World,
    name: &ConversationName,
    account: AccountId,
) -> Result<&'w mut Conversation, Refusal> {
    let owner = world.conversations.get(name).ok_or(Refusal::NotFound)?.account;
    if owner != account {
        return Err(Refusal::AnothersConversation);
    }
    world.conversations.get_mut(name).ok_or(Refusal::NotFound)
}
