//! Calls, their answers, and the keys of idempotent requests.

use fourfold_domain::Credits;

use super::{Writes, column};
use crate::Timestamp;
use crate::backends::postgres::query::values;
use crate::commit::World;
use crate::idempotency::{IdempotencyRecord, IdempotencyScope};

pub(super) fn calls<'a>(writes: &mut Writes<'a>, world: &'a World) {
    let new: Vec<_> = world.calls.inserted().map(|(_, call)| call).collect();
    writes.of(
        &new,
        "INSERT INTO call (id, account, key, instance, model, hold, state, created_at, ended_at, cost_max) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
         $8::bigint[], $9::bigint[], $10::bigint[])",
        |rows| {
            values![
                column(rows, |call| call.id.to_string()),
                column(rows, |call| call.account.to_string()),
                column(rows, |call| call.key.map(|key| key.to_string())),
                column(rows, |call| call.instance.to_string()),
                column(rows, |call| call.model.as_str()),
                column(rows, |call| call.hold.to_string()),
                column(rows, |call| call.state.as_str()),
                column(rows, |call| call.created_at.millis()),
                column(rows, |call| call.ended_at.map(Timestamp::millis)),
                column(rows, |call| call.cost_max.map(Credits::micros)),
            ]
        },
    );
    let changed: Vec<_> = world.calls.updated().map(|(_, call)| call).collect();
    writes.of(
        &changed,
        "WITH changed AS (UPDATE call SET state = new.state, ended_at = new.ended_at \
           FROM unnest($1::text[], $2::text[], $3::bigint[]) AS new (id, state, ended_at) \
           WHERE call.id = new.id RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        |rows| {
            values![
                column(rows, |call| call.id.to_string()),
                column(rows, |call| call.state.as_str()),
                column(rows, |call| call.ended_at.map(Timestamp::millis)),
            ]
        },
    );
}

pub(super) fn call_answers<'a>(writes: &mut Writes<'a>, world: &'a World) {
    let now = world.now.millis();
    writes.of(
        &world.call_answers,
        "INSERT INTO call_answer (call, provider, media_type, body, is_whole, created_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::bigint[])",
        |rows| {
            values![
                column(rows, |(call, _)| call.to_string()),
                column(rows, |(_, answer)| answer.provider.to_string()),
                column(rows, |(_, answer)| answer.media_type.clone()),
                column(rows, |(_, answer)| answer.body.as_ref().map(|body| body.to_vec())),
                column(rows, |(_, answer)| i64::from(answer.is_whole)),
                column(rows, |_answer| now),
            ]
        },
    );
}

pub(super) fn idempotency<'a>(writes: &mut Writes<'a>, world: &'a World) {
    let new: Vec<_> = world.idempotency.inserted().collect();
    let changed: Vec<_> = world.idempotency.updated().collect();
    let columns = |rows: &[(&'a IdempotencyScope, &'a IdempotencyRecord)]| {
        values![
            column(rows, |(_, record)| record.account.to_string()),
            column(rows, |&(scope, _)| scope.method.as_str()),
            column(rows, |&(scope, _)| scope.path.as_str()),
            column(rows, |&(scope, _)| scope.key.as_str()),
            column(rows, |&(_, record)| record.fingerprint.as_slice()),
            column(rows, |(_, record)| record.made.to_string()),
            column(rows, |(_, record)| record.created_at.millis()),
        ]
    };
    writes.of(
        &new,
        "INSERT INTO idempotency (account, method, path, key, fingerprint, owner, created_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::bigint[])",
        columns,
    );
    writes.of(
        &changed,
        "WITH changed AS (UPDATE idempotency SET fingerprint = new.fingerprint, owner = new.owner, \
           created_at = new.created_at \
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::bigint[]) \
           AS new (account, method, path, key, fingerprint, owner, created_at) \
           WHERE idempotency.account = new.account AND idempotency.method = new.method \
             AND idempotency.path = new.path AND idempotency.key = new.key RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        columns,
    );
}
