//! Calls, their answers, and the keys of idempotent requests.

use fourfold_domain::Credits;
use rusqlite::params;

use super::{Result, Rows};
use crate::Timestamp;
use crate::commit::World;
use crate::idempotency::{IdempotencyRecord, IdempotencyScope};

pub(super) fn calls(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (id, call) in world.calls.inserted() {
        rows.write(
            "INSERT INTO call (id, account, key, instance, model, hold, state, created_at, ended_at, cost_max) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                id.to_string(),
                call.account.to_string(),
                call.key.map(|key| key.to_string()),
                call.instance.to_string(),
                call.model.as_str(),
                call.hold.to_string(),
                call.state.as_str(),
                call.created_at.millis(),
                call.ended_at.map(Timestamp::millis),
                call.cost_max.map(Credits::micros)
            ],
        )?;
    }
    for (id, call) in world.calls.updated() {
        rows.write(
            "UPDATE call SET state = ?2, ended_at = ?3 WHERE id = ?1",
            params![id.to_string(), call.state.as_str(), call.ended_at.map(Timestamp::millis)],
        )?;
    }
    Ok(())
}

pub(super) fn call_answers(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (call, answer) in &world.call_answers {
        rows.write(
            "INSERT INTO call_answer (call, provider, media_type, body, is_whole, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                call.to_string(),
                answer.provider.as_str(),
                answer.media_type.as_deref(),
                answer.body.as_deref(),
                answer.is_whole,
                world.now.millis()
            ],
        )?;
    }
    Ok(())
}

pub(super) fn idempotency(rows: &Rows<'_>, world: &World) -> Result<()> {
    let values = |scope: &IdempotencyScope, record: &IdempotencyRecord| {
        (
            record.account.to_string(),
            scope.method.clone(),
            scope.path.clone(),
            scope.key.clone(),
            record.fingerprint,
            record.made.to_string(),
            record.created_at.millis(),
        )
    };
    for (scope, record) in world.idempotency.inserted() {
        rows.write(
            "INSERT INTO idempotency (account, method, path, key, fingerprint, owner, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            values(scope, record),
        )?;
    }
    for (scope, record) in world.idempotency.updated() {
        rows.write(
            "UPDATE idempotency SET fingerprint = ?5, owner = ?6, created_at = ?7 \
             WHERE account = ?1 AND method = ?2 AND path = ?3 AND key = ?4",
            values(scope, record),
        )?;
    }
    Ok(())
}
