//! The conversations of the database.

use async_trait::async_trait;
use fourfold_domain::{AccountId, ConversationId, Credits};

use crate::chats::{
    BeginTurn, BegunTurn, ChangeConversation, Conversation, ConversationCursor, ConversationName,
    DeleteConversation, EndTurn, LeaveLine, Line, Message, RenewTurn,
};
use crate::commit::Commit;
use crate::error::StoreError;

/// Conversations and their messages.
#[async_trait]
pub trait ChatStore: Send + Sync {
    /// Takes a place in the line of a conversation, and opens the call of a turn once it is the first.
    async fn begin_turn(&self, step: BeginTurn) -> Result<BegunTurn, StoreError>;
    /// Keeps a place.
    async fn renew_turn(&self, step: RenewTurn) -> Result<(), StoreError>;
    /// Gives a place up.
    async fn leave_line(&self, step: LeaveLine) -> Result<(), StoreError>;
    /// Ends a turn: messages, money and place in one go.
    async fn end_turn(&self, step: EndTurn) -> Result<Credits, StoreError>;
    /// Changes what is said of a conversation.
    async fn change_conversation(&self, step: ChangeConversation) -> Result<Conversation, StoreError>;
    /// Deletes a conversation with its messages.
    async fn delete_conversation(&self, step: DeleteConversation) -> Result<(), StoreError>;

    /// A conversation with a page of its messages, as they were at one moment.
    async fn conversation(
        &self,
        name: &ConversationName,
        page: MessagePage,
    ) -> Result<Option<(Conversation, Vec<Message>)>, StoreError>;

    /// Who stands in the line of a conversation, to be looked at.
    async fn line(&self, name: &ConversationName) -> Result<Option<(ConversationId, Line)>, StoreError>;

    /// An account's conversations that were put away, or that weren't, the newest first, older than `before`; without
    /// what their models are told before all messages.
    async fn conversations(
        &self,
        account: AccountId,
        is_archived: bool,
        before: Option<ConversationCursor>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError>;

    /// Messages of a conversation.
    async fn messages(
        &self,
        conversation: ConversationId,
        page: MessagePage,
    ) -> Result<Vec<Message>, StoreError>;
}

/// Which of a conversation's messages are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessagePage {
    /// The last number of the page before; left out, the first page.
    pub after: Option<u64>,
    /// Whether the newest come first, or the oldest.
    pub is_newest_first: bool,
    /// How many at most.
    pub limit: usize,
    /// The page ends with the message by which their texts come to so many bytes.
    pub bytes_max: usize,
}

impl MessagePage {
    /// None.
    pub const NONE: Self = Self { after: None, is_newest_first: true, limit: 0, bytes_max: 0 };

    /// Whether others may follow these, which were found.
    pub fn is_full(&self, found: &[Message]) -> bool {
        let bytes: usize = found.iter().map(|message| message.content.len()).sum();
        found.len() >= self.limit || bytes >= self.bytes_max
    }

    /// The numbers of its messages: more than the first and less than the second.
    pub(crate) fn between(&self) -> (i64, i64) {
        let after = self.after.map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        if self.is_newest_first { (-1, after.unwrap_or(i64::MAX)) } else { (after.unwrap_or(-1), i64::MAX) }
    }
}

/// What a backend reads of conversations.
#[async_trait]
pub(crate) trait ChatReads: Send + Sync {
    async fn conversation(
        &self,
        name: &ConversationName,
        page: MessagePage,
    ) -> Result<Option<(Conversation, Vec<Message>)>, StoreError>;
    async fn line(&self, name: &ConversationName) -> Result<Option<(ConversationId, Line)>, StoreError>;
    async fn conversations(
        &self,
        account: AccountId,
        is_archived: bool,
        before: Option<ConversationCursor>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError>;
    async fn messages(
        &self,
        conversation: ConversationId,
        page: MessagePage,
    ) -> Result<Vec<Message>, StoreError>;
}

#[async_trait]
impl<B: Commit + ChatReads> ChatStore for B {
    async fn begin_turn(&self, step: BeginTurn) -> Result<BegunTurn, StoreError> {
        self.commit(step).await
    }
    async fn renew_turn(&self, step: RenewTurn) -> Result<(), StoreError> {
        self.commit(step).await
    }
    async fn leave_line(&self, step: LeaveLine) -> Result<(), StoreError> {
        self.commit(step).await
    }
    async fn end_turn(&self, step: EndTurn) -> Result<Credits, StoreError> {
        self.commit(step).await
    }
    async fn change_conversation(&self, step: ChangeConversation) -> Result<Conversation, StoreError> {
        self.commit(step).await
    }
    async fn delete_conversation(&self, step: DeleteConversation) -> Result<(), StoreError> {
        self.commit(step).await
    }
    async fn conversation(
        &self,
        name: &ConversationName,
        page: MessagePage,
    ) -> Result<Option<(Conversation, Vec<Message>)>, StoreError> {
        ChatReads::conversation(self, name, page).await
    }
    async fn line(&self, name: &ConversationName) -> Result<Option<(ConversationId, Line)>, StoreError> {
        ChatReads::line(self, name).await
    }
    async fn conversations(
        &self,
        account: AccountId,
        is_archived: bool,
        before: Option<ConversationCursor>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError> {
        ChatReads::conversations(self, account, is_archived, before, limit).await
    }
    async fn messages(
        &self,
        conversation: ConversationId,
        page: MessagePage,
    ) -> Result<Vec<Message>, StoreError> {
        ChatReads::messages(self, conversation, page).await
    }
}
