//! What more than one step goes by.

use std::collections::BTreeSet;

use fourfold_domain::AccountId;

use crate::chats::{Conversation, ConversationName, Message};
use crate::commit::World;
use crate::error::Refusal;

/// Refuses where nothing was said yet.
pub(super) fn has_messages(world: &World, name: &ConversationName) -> Result<(), Refusal> {
    let known = world.conversations.get(name).filter(|known| known.has_messages());
    known.map(drop).ok_or(Refusal::NotFound)
}

/// Takes a conversation away in which nothing was said and to which nobody waits to say anything.
pub(super) fn remove_if_empty(world: &mut World, name: &ConversationName) {
    let is_empty = |known: &&Conversation| !known.has_messages() && known.line.places.is_empty();
    if let Some(id) = world.conversations.get(name).filter(is_empty).map(|known| known.id) {
        world.conversations.remove(name);
        world.deleted_conversations.push(id);
    }
}

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

/// Forgets what is at hand of the answers that are kept for the same requests, with these messages. Of messages that
/// aren't at hand the backend forgets it.
pub(super) fn forget_answers(world: &mut World, is_gone: impl Fn(&Message) -> bool) {
    let calls: BTreeSet<_> =
        world.messages.iter().filter(|message| is_gone(message)).map(|message| message.call).collect();
    world.call_answers.retain(|(call, _answer)| !calls.contains(call));
}
