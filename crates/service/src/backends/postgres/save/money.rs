//! Accounts, holds, budgets and entries.

use super::{Writes, column, json};
use crate::Timestamp;
use crate::backends::postgres::fault::Fault;
use crate::backends::postgres::query::values;
use crate::commit::World;

pub(super) fn accounts<'a>(writes: &mut Writes<'a>, world: &'a World) {
    // In one order everywhere, so that two nodes that make the same accounts wait for each other in a line.
    let mut new: Vec<_> = world.accounts.inserted().map(|(_, account)| account).collect();
    new.sort_by(|one, other| one.subject.cmp(&other.subject));
    writes.of(
        &new,
        "INSERT INTO account (id, realm, external_id, available, held, created_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])",
        |rows| {
            values![
                column(rows, |account| account.id.to_string()),
                column(rows, |account| account.subject.realm.as_str()),
                column(rows, |account| account.subject.external_id.as_str()),
                column(rows, |account| account.available.micros()),
                column(rows, |account| account.held.micros()),
                column(rows, |account| account.created_at.millis()),
            ]
        },
    );
    let changed: Vec<_> = world.accounts.updated().map(|(_, account)| account).collect();
    writes.of(
        &changed,
        "WITH changed AS (UPDATE account SET available = new.available, held = new.held \
           FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS new (id, available, held) \
           WHERE account.id = new.id RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        |rows| {
            values![
                column(rows, |account| account.id.to_string()),
                column(rows, |account| account.available.micros()),
                column(rows, |account| account.held.micros()),
            ]
        },
    );
}

pub(super) fn holds<'a>(writes: &mut Writes<'a>, world: &'a World) -> Result<(), Fault> {
    let new: Vec<_> = world.holds.inserted().map(|(_, hold)| hold).collect();
    writes.try_of(
        &new,
        "INSERT INTO hold (id, account, owner, key, amount, price, state, charged, created_at, ended_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], \
         $8::bigint[], $9::bigint[], $10::bigint[])",
        |rows| {
            let prices = rows.iter().map(|hold| json(&hold.price)).collect::<Result<Vec<_>, _>>()?;
            Ok(values![
                column(rows, |hold| hold.id.to_string()),
                column(rows, |hold| hold.account.to_string()),
                column(rows, |hold| hold.owner.to_string()),
                column(rows, |hold| hold.key.map(|key| key.to_string())),
                column(rows, |hold| hold.amount.micros()),
                prices,
                column(rows, |hold| hold.state.as_str()),
                column(rows, |hold| hold.charged.micros()),
                column(rows, |hold| hold.created_at.millis()),
                column(rows, |hold| hold.ended_at.map(Timestamp::millis)),
            ])
        },
    )?;
    let changed: Vec<_> = world.holds.updated().map(|(_, hold)| hold).collect();
    writes.of(
        &changed,
        "WITH changed AS (UPDATE hold SET state = new.state, charged = new.charged, ended_at = new.ended_at \
           FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS new (id, state, charged, ended_at) \
           WHERE hold.id = new.id RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        |rows| {
            values![
                column(rows, |hold| hold.id.to_string()),
                column(rows, |hold| hold.state.as_str()),
                column(rows, |hold| hold.charged.micros()),
                column(rows, |hold| hold.ended_at.map(Timestamp::millis)),
            ]
        },
    );
    Ok(())
}

pub(super) fn budgets<'a>(writes: &mut Writes<'a>, world: &'a World) {
    let changed: Vec<_> = world.budgets.updated().collect();
    writes.of(
        &changed,
        "WITH changed AS (UPDATE key_budget SET held = new.held, charged = new.charged \
           FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS new (key, held, charged) \
           WHERE key_budget.key = new.key RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        |rows| {
            values![
                column(rows, |(key, _)| key.to_string()),
                column(rows, |(_, budget)| budget.held.micros()),
                column(rows, |(_, budget)| budget.charged.micros()),
            ]
        },
    );
}

pub(super) fn entries<'a>(writes: &mut Writes<'a>, world: &'a World) {
    writes.of(
        &world.entries,
        "INSERT INTO entry (id, account, operation, kind, amount, available_change, held_change, owner, note, created_at, \
         is_estimated) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], \
         $8::text[], $9::text[], $10::bigint[], $11::bigint[])",
        |rows| {
            values![
                column(rows, |entry| entry.id.to_string()),
                column(rows, |entry| entry.account.to_string()),
                column(rows, |entry| entry.operation.clone()),
                column(rows, |entry| entry.kind.as_str()),
                column(rows, |entry| entry.amount.micros()),
                column(rows, |entry| entry.available_change.micros()),
                column(rows, |entry| entry.held_change.micros()),
                column(rows, |entry| entry.owner.map(|owner| owner.to_string())),
                column(rows, |entry| entry.note.clone()),
                column(rows, |entry| entry.created_at.millis()),
                column(rows, |entry| i64::from(entry.is_estimated)),
            ]
        },
    );
}
