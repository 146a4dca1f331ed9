//! Reading the fake's conversations.

use async_trait::async_trait;
use fourfold_domain::{AccountId, ConversationId};

use super::{MemoryStore, State, newest};
use crate::chats::{Conversation, ConversationCursor, ConversationName, Line, Message};
use crate::commit::World;
use crate::error::StoreError;
use crate::ports::{ChatReads, MessagePage};

#[async_trait]
impl ChatReads for MemoryStore {
    async fn conversation(
        &self,
        name: &ConversationName,
        page: MessagePage,
    ) -> Result<Option<(Conversation, Vec<Message>)>, StoreError> {
        let state = self.open_state()?;
        let Some(known) = state.world.conversations.get(name) else { return Ok(None) };
        Ok(Some((known.clone(), read(&state, known.id, page))))
    }

    async fn line(&self, name: &ConversationName) -> Result<Option<(ConversationId, Line)>, StoreError> {
        Ok(self.state().world.conversations.get(name).map(|known| (known.id, known.line.clone())))
    }

    async fn conversations(
        &self,
        account: AccountId,
        is_archived: bool,
        before: Option<ConversationCursor>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError> {
        let state = self.open_state()?;
        let all = state.world.conversations.values();
        let is_meant = |known: &&Conversation| {
            known.account == account && known.is_archived == is_archived && known.has_messages()
        };
        let listed = all.filter(is_meant);
        let listed = newest(listed, Conversation::cursor, before, limit).into_iter();
        Ok(listed.map(|known| Conversation { system: None, ..known }).collect())
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        page: MessagePage,
    ) -> Result<Vec<Message>, StoreError> {
        let state = self.open_state()?;
        Ok(read(&state, conversation, page))
    }
}

/// Nobody of earlier processes stands in a line any more, and what nobody had said anything in goes.
pub(super) fn supersede(world: &mut World) {
    world.conversations.retain(Conversation::has_messages);
    let names: Vec<_> = world.conversations.values().map(|known| known.name.clone()).collect();
    for name in names {
        if let Some(known) = world.conversations.get_mut(&name) {
            known.line.places.clear();
        }
    }
}

fn read(state: &State, conversation: ConversationId, page: MessagePage) -> Vec<Message> {
    let (first, last) = page.between();
    let is_meant = |message: &&Message| {
        let number = message.number.cast_signed();
        let is_replaced = state.world.replaced_messages.contains(&(conversation, message.number));
        message.conversation == conversation && number > first && number < last && !is_replaced
    };
    let mut messages: Vec<_> = state.world.messages.iter().filter(is_meant).cloned().collect();
    for message in &mut messages {
        message.is_refused |= state.world.refused_messages.contains(&(conversation, message.number));
    }
    messages.sort_by_key(|message| message.number);
    if page.is_newest_first {
        messages.reverse();
    }
    let mut bytes = 0;
    let has_room = |message: &Message| {
        let has_room = bytes < page.bytes_max;
        bytes += message.content.len();
        has_room
    };
    messages.into_iter().take(page.limit).take_while(has_room).collect()
}
