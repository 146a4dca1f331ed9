//! Reading conversations.

use async_trait::async_trait;
use fourfold_domain::{AccountId, ConversationId};

use super::PostgresStore;
use super::query::{Query, values};
use super::reads::size;
use super::rows::{self, CONVERSATION, MESSAGE};
use crate::chats::{Conversation, ConversationCursor, ConversationName, Message};
use crate::error::StoreError;
use crate::ports::{ChatReads, MessagePage};

#[async_trait]
impl ChatReads for PostgresStore {
    /// In one statement, so that all of it is of one moment. Of a conversation without messages one row comes, whose
    /// message is nothing.
    async fn conversation(
        &self,
        name: &ConversationName,
        messages: usize,
    ) -> Result<Option<(Conversation, Vec<Message>)>, StoreError> {
        let columns = |prefix: &str, columns: &str| {
            columns.split(", ").map(|column| format!("{prefix}.{column}")).collect::<Vec<_>>().join(", ")
        };
        let sql = format!(
            "SELECT {}, {} FROM conversation c \
             LEFT JOIN LATERAL (SELECT * FROM message WHERE conversation = c.id ORDER BY number DESC LIMIT $3) m ON true \
             WHERE c.realm = $1 AND c.external_id = $2 ORDER BY m.number DESC",
            columns("c", CONVERSATION),
            columns("m", MESSAGE)
        );
        let key = values![name.realm.to_string(), name.external_id.to_string(), size(messages)];
        let rows = self.database.all(Query::new(sql, key), rows::conversation_and_message).await?;
        let mut known = None;
        let mut last = Vec::with_capacity(rows.len());
        for (conversation, message) in rows {
            known.get_or_insert(conversation);
            last.extend(message);
        }
        Ok(known.map(|known| (known, last)))
    }

    async fn conversations(
        &self,
        account: AccountId,
        is_archived: bool,
        before: Option<ConversationCursor>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError> {
        let at = before.map_or(i64::MAX, |before| before.last_message_at.millis());
        let id = before.map(|before| before.id.to_string()).unwrap_or_default();
        let sql = format!(
            "SELECT {CONVERSATION} FROM conversation WHERE account = $1 AND is_archived = $2 \
             AND (last_message_at, id) < ($3, $4) ORDER BY last_message_at DESC, id DESC LIMIT $5"
        );
        let key = values![account.to_string(), i64::from(is_archived), at, id, size(limit)];
        self.database.all(Query::new(sql, key), rows::conversation).await
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        page: MessagePage,
    ) -> Result<Vec<Message>, StoreError> {
        let (first, last) = page.between();
        let order = if page.is_newest_first { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT {MESSAGE} FROM message WHERE conversation = $1 AND number > $2 AND number < $3 \
             ORDER BY number {order} LIMIT $4"
        );
        let key = values![conversation.to_string(), first, last, size(page.limit)];
        self.database.all(Query::new(sql, key), rows::message).await
    }
}
