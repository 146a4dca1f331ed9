//! Conversations and their messages.

use rusqlite::params;

use super::{Result, Rows, optional_json};
use crate::chats::Finish;
use crate::commit::World;

pub(super) fn chats(rows: &Rows<'_>, world: &World) -> Result<()> {
    // First, since their names may be another's in the same batch. Their messages go with them.
    for id in &world.deleted_conversations {
        let id = id.to_string();
        let sql = "DELETE FROM call_answer WHERE call IN (SELECT call FROM message WHERE conversation = ?1)";
        rows.transaction.prepare_cached(sql)?.execute([&id])?;
        let sql = "DELETE FROM conversation WHERE id = ?1";
        // One that was made in the same batch was never written.
        let _deleted = rows.transaction.prepare_cached(sql)?.execute([&id])?;
    }
    for (_, conversation) in world.conversations.inserted() {
        rows.write(
            "INSERT INTO conversation (id, account, realm, external_id, title, is_archived, model, system, metadata, \
             next_number, repeatable, tickets, line, created_at, last_message_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                conversation.id.to_string(),
                conversation.account.to_string(),
                conversation.name.realm.as_str(),
                conversation.name.external_id.as_str(),
                conversation.title,
                conversation.is_archived,
                conversation.model.as_ref().map(|model| model.as_str()),
                conversation.system,
                conversation.metadata,
                conversation.next_number,
                conversation.repeatable.map(|call| call.to_string()),
                conversation.line.tickets,
                optional_json(conversation.line.written())?,
                conversation.created_at.millis(),
                conversation.last_message_at.millis()
            ],
        )?;
    }
    for (_, conversation) in world.conversations.updated() {
        rows.write(
            "UPDATE conversation SET title = ?2, is_archived = ?3, model = ?4, system = ?5, metadata = ?6, \
             next_number = ?7, repeatable = ?8, tickets = ?9, line = ?10, last_message_at = ?11 WHERE id = ?1",
            params![
                conversation.id.to_string(),
                conversation.title,
                conversation.is_archived,
                conversation.model.as_ref().map(|model| model.as_str()),
                conversation.system,
                conversation.metadata,
                conversation.next_number,
                conversation.repeatable.map(|call| call.to_string()),
                conversation.line.tickets,
                optional_json(conversation.line.written())?,
                conversation.last_message_at.millis()
            ],
        )?;
    }
    for (_, conversation) in world.conversations.partly_updated() {
        rows.write(
            "UPDATE conversation SET tickets = ?2, line = ?3 WHERE id = ?1",
            params![
                conversation.id.to_string(),
                conversation.line.tickets,
                optional_json(conversation.line.written())?
            ],
        )?;
    }
    for (conversation, number) in &world.replaced_messages {
        let key = (conversation.to_string(), number);
        let sql = "DELETE FROM call_answer WHERE call IN \
                   (SELECT call FROM message WHERE conversation = ?1 AND number = ?2)";
        rows.transaction.prepare_cached(sql)?.execute((&key.0, key.1))?;
        rows.write("DELETE FROM message WHERE conversation = ?1 AND number = ?2", key)?;
    }
    for message in &world.messages {
        rows.write(
            "INSERT INTO message (conversation, number, id, role, content, call, model, input_tokens, output_tokens, \
             credits, is_partial, finish_reason, is_refused, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                message.conversation.to_string(),
                message.number,
                message.id.to_string(),
                message.role.as_str(),
                message.content,
                message.call.to_string(),
                message.model.as_ref().map(|model| model.as_str()),
                message.input_tokens,
                message.output_tokens,
                message.credits.micros(),
                message.is_partial,
                message.finish.map(Finish::as_str),
                message.is_refused,
                message.created_at.millis()
            ],
        )?;
    }
    for (conversation, number) in &world.refused_messages {
        let sql = "UPDATE message SET is_refused = 1 WHERE conversation = ?1 AND number = ?2";
        rows.write(sql, (conversation.to_string(), number))?;
    }
    Ok(())
}
