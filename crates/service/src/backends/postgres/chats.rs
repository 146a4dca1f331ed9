//! Reading conversations.

use async_trait::async_trait;
use fourfold_domain::{AccountId, ConversationId};

use super::PostgresStore;
use super::database::read_all;
use super::query::{Query, Value, values};
use super::reads::size;
use super::rows::{self, CONVERSATION, LINE, LISTED, MESSAGE};
use crate::chats::{Conversation, ConversationCursor, ConversationName, Line, Message};
use crate::error::StoreError;
use crate::ports::{ChatReads, MessagePage};

#[async_trait]
impl ChatReads for PostgresStore {
    async fn conversation(
        &self,
        name: &ConversationName,
        page: MessagePage,
    ) -> Result<Option<(Conversation, Vec<Message>)>, StoreError> {
        const OF_NAME: &str = "FROM conversation WHERE realm = $1 AND external_id = $2";
        let key = || values![name.realm.to_string(), name.external_id.to_string()];
        let mut reads = vec![Query::new(format!("SELECT {CONVERSATION} {OF_NAME}"), key())];
        if page.limit > 0 {
            let of = format!("(SELECT id {OF_NAME})");
            reads.push(messages(&of, key(), page));
        }
        let found = self.database.snapshot(reads).await?;
        let Some((known, last)) = found.split_first() else { return Ok(None) };
        let Some(known) = read_all(known, rows::conversation)?.pop() else { return Ok(None) };
        let last = last.first().map(|last| read_all(last, rows::message)).transpose()?;
        Ok(Some((known, last.unwrap_or_default())))
    }

    async fn line(&self, name: &ConversationName) -> Result<Option<(ConversationId, Line)>, StoreError> {
        let sql = format!("SELECT {LINE} FROM conversation WHERE realm = $1 AND external_id = $2");
        let key = values![name.realm.to_string(), name.external_id.to_string()];
        self.database.one(Query::new(sql, key), rows::line).await
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
            "SELECT {LISTED} FROM conversation WHERE account = $1 AND is_archived = $2 AND next_number > 1 \
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
        let query = messages("$1", values![conversation.to_string()], page);
        self.database.all(query, rows::message).await
    }
}

/// Reads messages of the conversation that these values, the statement's first, say. What the texts come to is told
/// without reading them.
fn messages(of: &str, mut key: Vec<Value<'static>>, page: MessagePage) -> Query<'static> {
    let [first, last, limit, bytes_max] = [1, 2, 3, 4].map(|place| key.len() + place);
    let order = if page.is_newest_first { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT {MESSAGE} FROM (SELECT *, sum(octet_length(content)) OVER (ORDER BY number {order}) \
             - octet_length(content) AS bytes_ahead \
           FROM (SELECT * FROM message WHERE conversation = {of} AND number > ${first} AND number < ${last} \
             ORDER BY number {order} LIMIT ${limit}) page) counted \
         WHERE bytes_ahead < ${bytes_max} ORDER BY number {order}"
    );
    let (after, before) = page.between();
    key.extend(values![after, before, size(page.limit), size(page.bytes_max)]);
    Query::new(sql, key)
}
