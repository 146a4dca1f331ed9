//! Conversations and their messages.

use super::{Writes, column, optional_json};
use crate::backends::postgres::fault::Fault;
use crate::backends::postgres::query::values;
use crate::chats::{Conversation, Finish};
use crate::commit::World;

pub(super) fn chats<'a>(writes: &mut Writes<'a>, world: &'a World) -> Result<(), Fault> {
    // First, since their names may be another's in the same batch. Their messages go with them.
    for sql in [
        "DELETE FROM call_answer WHERE call = ANY (ARRAY (SELECT call FROM message WHERE conversation = ANY ($1::text[])))",
        "DELETE FROM conversation WHERE id = ANY ($1::text[])",
    ] {
        writes.of(&world.deleted_conversations, sql, |rows| values![column(rows, ToString::to_string)]);
    }
    conversations(writes, world)?;
    messages(writes, world);
    Ok(())
}

fn conversations<'a>(writes: &mut Writes<'a>, world: &'a World) -> Result<(), Fault> {
    let lines = |rows: &[&'a Conversation]| {
        rows.iter().map(|row| optional_json(row.line.written())).collect::<Result<Vec<_>, Fault>>()
    };
    let new: Vec<_> = world.conversations.inserted().map(|(_, conversation)| conversation).collect();
    writes.try_of(
        &new,
        "INSERT INTO conversation (id, account, realm, external_id, title, is_archived, model, system, metadata, \
         next_number, repeatable, tickets, line, created_at, last_message_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], \
         $8::text[], $9::text[], $10::bigint[], $11::text[], $12::bigint[], $13::text[], $14::bigint[], $15::bigint[])",
        |rows| {
            Ok(values![
                column(rows, |row| row.id.to_string()),
                column(rows, |row| row.account.to_string()),
                column(rows, |row| row.name.realm.as_str()),
                column(rows, |row| row.name.external_id.as_str()),
                column(rows, |row| row.title.as_deref()),
                column(rows, |row| i64::from(row.is_archived)),
                column(rows, |row| row.model.as_ref().map(|model| model.as_str())),
                column(rows, |row| row.system.as_deref()),
                column(rows, |row| row.metadata.as_deref()),
                column(rows, |row| row.next_number.cast_signed()),
                column(rows, |row| row.repeatable.map(|call| call.to_string())),
                column(rows, |row| row.line.tickets.cast_signed()),
                lines(rows)?,
                column(rows, |row| row.created_at.millis()),
                column(rows, |row| row.last_message_at.millis()),
            ])
        },
    )?;
    let changed: Vec<_> = world.conversations.updated().map(|(_, conversation)| conversation).collect();
    writes.try_of(
        &changed,
        "WITH changed AS (UPDATE conversation SET title = new.title, is_archived = new.is_archived, model = new.model, \
           system = new.system, metadata = new.metadata, next_number = new.next_number, repeatable = new.repeatable, \
           tickets = new.tickets, line = new.line, last_message_at = new.last_message_at \
           FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], \
             $8::text[], $9::bigint[], $10::text[], $11::bigint[]) \
           AS new (id, title, is_archived, model, system, metadata, next_number, repeatable, tickets, line, \
             last_message_at) \
           WHERE conversation.id = new.id RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        |rows| {
            Ok(values![
                column(rows, |row| row.id.to_string()),
                column(rows, |row| row.title.as_deref()),
                column(rows, |row| i64::from(row.is_archived)),
                column(rows, |row| row.model.as_ref().map(|model| model.as_str())),
                column(rows, |row| row.system.as_deref()),
                column(rows, |row| row.metadata.as_deref()),
                column(rows, |row| row.next_number.cast_signed()),
                column(rows, |row| row.repeatable.map(|call| call.to_string())),
                column(rows, |row| row.line.tickets.cast_signed()),
                lines(rows)?,
                column(rows, |row| row.last_message_at.millis()),
            ])
        },
    )?;
    // What the model is told stays out of what is written each time that somebody takes or keeps a place.
    let moved: Vec<_> = world.conversations.partly_updated().map(|(_, conversation)| conversation).collect();
    writes.try_of(
        &moved,
        "WITH changed AS (UPDATE conversation SET tickets = new.tickets, line = new.line \
           FROM unnest($1::text[], $2::bigint[], $3::text[]) AS new (id, tickets, line) \
           WHERE conversation.id = new.id RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        |rows| {
            Ok(values![
                column(rows, |row| row.id.to_string()),
                column(rows, |row| row.line.tickets.cast_signed()),
                lines(rows)?,
            ])
        },
    )
}

fn messages<'a>(writes: &mut Writes<'a>, world: &'a World) {
    writes.of(
        &world.replaced_messages,
        "WITH gone AS (DELETE FROM message USING unnest($1::text[], $2::bigint[]) AS gone (conversation, number) \
           WHERE message.conversation = gone.conversation AND message.number = gone.number RETURNING call) \
         DELETE FROM call_answer USING gone WHERE call_answer.call = gone.call",
        |rows| {
            values![
                column(rows, |(conversation, _)| conversation.to_string()),
                column(rows, |(_, number)| number.cast_signed()),
            ]
        },
    );
    let new: Vec<_> = world.messages.iter().collect();
    writes.of(
        &new,
        "INSERT INTO message (conversation, number, id, role, content, call, model, input_tokens, output_tokens, \
         credits, is_partial, finish_reason, is_refused, created_at) \
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
         $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[], $14::bigint[])",
        |rows| {
            values![
                column(rows, |row| row.conversation.to_string()),
                column(rows, |row| row.number.cast_signed()),
                column(rows, |row| row.id.to_string()),
                column(rows, |row| row.role.as_str()),
                column(rows, |row| row.content.as_str()),
                column(rows, |row| row.call.to_string()),
                column(rows, |row| row.model.as_ref().map(|model| model.as_str())),
                column(rows, |row| row.input_tokens.cast_signed()),
                column(rows, |row| row.output_tokens.cast_signed()),
                column(rows, |row| row.credits.micros()),
                column(rows, |row| i64::from(row.is_partial)),
                column(rows, |row| row.finish.map(Finish::as_str)),
                column(rows, |row| i64::from(row.is_refused)),
                column(rows, |row| row.created_at.millis()),
            ]
        },
    );
    writes.of(
        &world.refused_messages,
        "UPDATE message SET is_refused = 1 FROM unnest($1::text[], $2::bigint[]) AS refused (conversation, number) \
         WHERE message.conversation = refused.conversation AND message.number = refused.number",
        |rows| {
            values![
                column(rows, |(conversation, _)| conversation.to_string()),
                column(rows, |(_, number)| number.cast_signed()),
            ]
        },
    );
}
