//! Reading conversations.

use async_trait::async_trait;
use fourfold_domain::{AccountId, ConversationId};
use rusqlite::{Connection, OptionalExtension as _};

use super::SqliteStore;
use super::reads::all;
use super::rows::{self, CONVERSATION, LINE, LISTED, MESSAGE};
use crate::chats::{Conversation, ConversationCursor, ConversationName, Line, Message};
use crate::error::StoreError;
use crate::ports::{ChatReads, MessagePage};

#[async_trait]
impl ChatReads for SqliteStore {
    async fn conversation(
        &self,
        name: &ConversationName,
        page: MessagePage,
    ) -> Result<Option<(Conversation, Vec<Message>)>, StoreError> {
        let name = name.clone();
        let of_name =
            format!("SELECT {CONVERSATION} FROM conversation WHERE realm = ?1 AND external_id = ?2");
        let read = move |connection: &mut Connection| {
            let snapshot = connection.transaction()?;
            let key = (name.realm.as_str(), name.external_id.as_str());
            let known = snapshot.prepare_cached(&of_name)?.query_row(key, rows::conversation).optional()?;
            let Some(known) = known else { return Ok(None) };
            let messages = messages(&snapshot, known.id, page)?;
            Ok(Some((known, messages)))
        };
        self.readers.read(read).await
    }

    async fn line(&self, name: &ConversationName) -> Result<Option<(ConversationId, Line)>, StoreError> {
        let name = name.clone();
        let sql = format!("SELECT {LINE} FROM conversation WHERE realm = ?1 AND external_id = ?2");
        let read = move |connection: &mut Connection| {
            let key = (name.realm.as_str(), name.external_id.as_str());
            connection.prepare_cached(&sql)?.query_row(key, rows::line).optional()
        };
        self.readers.read(read).await
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
        let key = (account.to_string(), is_archived, at, id, limit);
        let sql = format!(
            "SELECT {LISTED} FROM conversation WHERE account = ?1 AND is_archived = ?2 AND next_number > 1 \
             AND (last_message_at, id) < (?3, ?4) ORDER BY last_message_at DESC, id DESC LIMIT ?5"
        );
        self.readers.read(move |connection| all(connection, &sql, key, rows::conversation)).await
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        page: MessagePage,
    ) -> Result<Vec<Message>, StoreError> {
        self.readers.read(move |connection| messages(connection, conversation, page)).await
    }
}

fn messages(
    connection: &Connection,
    conversation: ConversationId,
    page: MessagePage,
) -> rusqlite::Result<Vec<Message>> {
    let (mut messages, mut bytes) = (Vec::new(), 0);
    if page.limit == 0 {
        return Ok(messages);
    }
    let (first, last) = page.between();
    let order = if page.is_newest_first { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT {MESSAGE} FROM message WHERE conversation = ?1 AND number > ?2 AND number < ?3 \
         ORDER BY number {order} LIMIT ?4"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query((conversation.to_string(), first, last, page.limit))?;
    while bytes < page.bytes_max
        && let Some(row) = found.next()?
    {
        let message = rows::message(row)?;
        bytes += message.content.len();
        messages.push(message);
    }
    Ok(messages)
}
