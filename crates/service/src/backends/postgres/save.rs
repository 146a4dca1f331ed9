//! Writes what a batch changed: one statement a table for the new rows, one for those that changed, one for those
//! that went.

use fourfold_domain::Credits;
use serde::Serialize;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::query::{Query, Value, values};
use super::webhooks;
use crate::Timestamp;
use crate::commit::World;
use crate::error::BoxError;
use crate::jobs::Attempt;
use crate::webhooks::WebhookUrl;

/// The statements that write what changed. None where nothing did.
pub(super) fn queries(world: &World) -> Result<Vec<Query<'_>>, Fault> {
    let mut writes = Writes(Vec::new());
    accounts(&mut writes, world);
    holds(&mut writes, world)?;
    budgets(&mut writes, world);
    entries(&mut writes, world);
    jobs(&mut writes, world)?;
    attempts(&mut writes, world)?;
    due(&mut writes, world);
    artifacts_and_events(&mut writes, world);
    calls(&mut writes, world);
    call_answers(&mut writes, world);
    files(&mut writes, world);
    idempotency(&mut writes, world);
    webhooks::save(&mut writes, world);
    Ok(writes.0)
}

pub(super) struct Writes<'a>(Vec<Query<'a>>);

impl<'a> Writes<'a> {
    /// A statement over the columns of these rows, if there are any.
    pub(super) fn of<R>(
        &mut self,
        rows: &[R],
        sql: &'static str,
        columns: impl FnOnce(&[R]) -> Vec<Value<'a>>,
    ) {
        if !rows.is_empty() {
            self.0.push(Query::new(sql, columns(rows)));
        }
    }

    /// Likewise, where a column may be one that can't be written.
    fn try_of<R>(
        &mut self,
        rows: &[R],
        sql: &'static str,
        columns: impl FnOnce(&[R]) -> Result<Vec<Value<'a>>, Fault>,
    ) -> Result<(), Fault> {
        if !rows.is_empty() {
            self.0.push(Query::new(sql, columns(rows)?));
        }
        Ok(())
    }
}

/// One column of these rows.
pub(super) fn column<R, T: ToSql + Sync>(rows: &[R], of: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

fn accounts<'a>(writes: &mut Writes<'a>, world: &'a World) {
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

fn holds<'a>(writes: &mut Writes<'a>, world: &'a World) -> Result<(), Fault> {
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

fn budgets<'a>(writes: &mut Writes<'a>, world: &'a World) {
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

fn entries<'a>(writes: &mut Writes<'a>, world: &'a World) {
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

fn jobs<'a>(writes: &mut Writes<'a>, world: &'a World) -> Result<(), Fault> {
    let new: Vec<_> = world.jobs.inserted().map(|(_, job)| job).collect();
    writes.try_of(
        &new,
        "INSERT INTO job (id, account, key, model, modality, input, terms, metadata, state, version, priority, \
         progress, attempts, hold, held, charged, error, output, cancel_requested, deadline_at, created_at, updated_at, files, \
         retry_of, webhook_url) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
         $8::text[], $9::text[], $10::bigint[], $11::text[], $12::bigint[], $13::bigint[], $14::text[], $15::bigint[], \
         $16::bigint[], $17::text[], $18::text[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[], $23::text[], \
         $24::text[], $25::text[])",
        |rows| {
            let terms = rows.iter().map(|job| json(&job.terms)).collect::<Result<Vec<_>, _>>()?;
            let errors = rows.iter().map(|job| optional_json(job.error.as_ref())).collect::<Result<Vec<_>, _>>()?;
            let named = |files: &[_]| if files.is_empty() { Ok(None) } else { json(&files).map(Some) };
            let files = rows.iter().map(|job| named(&job.files)).collect::<Result<Vec<_>, _>>()?;
            Ok(values![
                column(rows, |job| job.id.to_string()),
                column(rows, |job| job.account.to_string()),
                column(rows, |job| job.key.map(|key| key.to_string())),
                column(rows, |job| job.model.as_str()),
                column(rows, |job| job.modality.as_str()),
                column(rows, |job| &*job.input),
                terms,
                column(rows, |job| job.metadata.as_deref()),
                column(rows, |job| job.state.as_str()),
                column(rows, |job| i64::from(job.version)),
                column(rows, |job| job.priority.as_str()),
                column(rows, |job| job.progress.map(i64::from)),
                column(rows, |job| i64::from(job.attempts)),
                column(rows, |job| job.hold.to_string()),
                column(rows, |job| job.held.micros()),
                column(rows, |job| job.charged.micros()),
                errors,
                column(rows, |job| job.output.as_deref()),
                column(rows, |job| i64::from(job.cancel_requested)),
                column(rows, |job| job.deadline_at.millis()),
                column(rows, |job| job.created_at.millis()),
                column(rows, |job| job.updated_at.millis()),
                files,
                column(rows, |job| job.retry_of.map(|job| job.to_string())),
                column(rows, |job| job.webhook_url.as_ref().map(WebhookUrl::as_str)),
            ])
        },
    )?;
    let changed: Vec<_> = world.jobs.updated().map(|(_, job)| job).collect();
    writes.try_of(
        &changed,
        "WITH changed AS (UPDATE job SET state = new.state, version = new.version, progress = new.progress, \
           attempts = new.attempts, charged = new.charged, error = new.error, output = new.output, \
           cancel_requested = new.cancel_requested, updated_at = new.updated_at \
           FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], \
             $8::text[], $9::bigint[], $10::bigint[]) \
           AS new (id, state, version, progress, attempts, charged, error, output, cancel_requested, updated_at) \
           WHERE job.id = new.id RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        |rows| {
            let errors = rows.iter().map(|job| optional_json(job.error.as_ref())).collect::<Result<Vec<_>, _>>()?;
            Ok(values![
                column(rows, |job| job.id.to_string()),
                column(rows, |job| job.state.as_str()),
                column(rows, |job| i64::from(job.version)),
                column(rows, |job| job.progress.map(i64::from)),
                column(rows, |job| i64::from(job.attempts)),
                column(rows, |job| job.charged.micros()),
                errors,
                column(rows, |job| job.output.as_deref()),
                column(rows, |job| i64::from(job.cancel_requested)),
                column(rows, |job| job.updated_at.millis()),
            ])
        },
    )
}

fn attempts<'a>(writes: &mut Writes<'a>, world: &'a World) -> Result<(), Fault> {
    let new: Vec<_> = world.attempts.inserted().map(|(_, attempt)| attempt).collect();
    writes.try_of(
        &new,
        "INSERT INTO attempt (owner, number, provider, vendor_model, credential, state, effect, upstream, error, \
         vendor, begun_at, ended_at, cost_price, cost) \
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
         $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::text[], $14::bigint[])",
        |rows| {
            let prices = rows.iter().map(|attempt| optional_json(attempt.cost_price.as_ref()));
            let prices = prices.collect::<Result<Vec<_>, _>>()?;
            let (upstreams, errors, vendors) = attempt_json(rows)?;
            Ok(values![
                column(rows, |attempt| attempt.owner.to_string()),
                column(rows, |attempt| i64::from(attempt.number)),
                column(rows, |attempt| attempt.provider.as_str()),
                column(rows, |attempt| attempt.vendor_model.clone()),
                column(rows, |attempt| attempt.credential.clone()),
                column(rows, |attempt| attempt.state.as_str()),
                column(rows, |attempt| effect(attempt)),
                upstreams,
                errors,
                vendors,
                column(rows, |attempt| attempt.begun_at.millis()),
                column(rows, |attempt| attempt.ended_at.map(Timestamp::millis)),
                prices,
                column(rows, |attempt| attempt.cost.map(Credits::micros)),
            ])
        },
    )?;
    let changed: Vec<_> = world.attempts.updated().map(|(_, attempt)| attempt).collect();
    writes.try_of(
        &changed,
        "WITH changed AS (UPDATE attempt SET state = new.state, effect = new.effect, upstream = new.upstream, \
           error = new.error, vendor = new.vendor, ended_at = new.ended_at, cost = new.cost \
           FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], \
             $9::bigint[]) AS new (owner, number, state, effect, upstream, error, vendor, ended_at, cost) \
           WHERE attempt.owner = new.owner AND attempt.number = new.number RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        |rows| {
            let (upstreams, errors, vendors) = attempt_json(rows)?;
            Ok(values![
                column(rows, |attempt| attempt.owner.to_string()),
                column(rows, |attempt| i64::from(attempt.number)),
                column(rows, |attempt| attempt.state.as_str()),
                column(rows, |attempt| effect(attempt)),
                upstreams,
                errors,
                vendors,
                column(rows, |attempt| attempt.ended_at.map(Timestamp::millis)),
                column(rows, |attempt| attempt.cost.map(Credits::micros)),
            ])
        },
    )
}

fn due<'a>(writes: &mut Writes<'a>, world: &'a World) {
    let new: Vec<_> = world.due.inserted().map(|(_, due)| due).collect();
    let changed: Vec<_> = world.due.updated().map(|(_, due)| due).collect();
    let columns = |rows: &[&crate::jobs::Due]| {
        values![
            column(rows, |due| due.job.to_string()),
            column(rows, |due| due.next_at.millis()),
            column(rows, |due| due.priority.as_str()),
            column(rows, |due| due.lease_until.map(Timestamp::millis)),
            column(rows, |due| due.leased_by.map(|instance| instance.to_string())),
            column(rows, |due| due.token.cast_signed()),
            column(rows, |due| i64::from(due.failed_polls)),
            column(rows, |due| due.account.to_string()),
            column(rows, |due| i64::from(due.parked)),
            column(rows, |due| due.late_until.map(Timestamp::millis)),
            column(rows, |due| due.progress_at.map(Timestamp::millis)),
        ]
    };
    writes.of(
        &new,
        "INSERT INTO job_due (job, next_at, priority, lease_until, leased_by, token, failed_polls, account, parked, \
         late_until, progress_at) \
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], \
         $8::text[], $9::bigint[], $10::bigint[], $11::bigint[])",
        columns,
    );
    writes.of(
        &changed,
        "WITH changed AS (UPDATE job_due SET next_at = new.next_at, priority = new.priority, \
           lease_until = new.lease_until, leased_by = new.leased_by, token = new.token, failed_polls = new.failed_polls, \
           account = new.account, parked = new.parked, late_until = new.late_until, progress_at = new.progress_at \
           FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], \
             $8::text[], $9::bigint[], $10::bigint[], $11::bigint[]) \
           AS new (job, next_at, priority, lease_until, leased_by, token, failed_polls, account, parked, late_until, progress_at) \
           WHERE job_due.job = new.job RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        columns,
    );
    let gone: Vec<_> = world.due.removed().collect();
    writes.of(
        &gone,
        "WITH gone AS (DELETE FROM job_due WHERE job = ANY ($1::text[]) RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM gone",
        |rows| values![column(rows, ToString::to_string)],
    );
}

fn artifacts_and_events<'a>(writes: &mut Writes<'a>, world: &'a World) {
    writes.of(
        &world.artifacts,
        "INSERT INTO artifact (job, number, key, media_type, size_bytes, sha256, model, stored_at) \
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], \
         $8::bigint[])",
        |rows| {
            values![
                column(rows, |artifact| artifact.job.to_string()),
                column(rows, |artifact| i64::from(artifact.index)),
                column(rows, |artifact| artifact.object.key.clone()),
                column(rows, |artifact| artifact.object.media_type.clone()),
                column(rows, |artifact| artifact.object.size_bytes.cast_signed()),
                column(rows, |artifact| artifact.object.sha256.clone()),
                column(rows, |artifact| world.jobs.get(&artifact.job).map(|job| job.model.as_str())),
                column(rows, |_artifact| world.now.millis()),
            ]
        },
    );
    writes.of(
        &world.events,
        "INSERT INTO job_event (job, version, id, state, created_at) \
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[])",
        |rows| {
            values![
                column(rows, |event| event.job.to_string()),
                column(rows, |event| i64::from(event.version)),
                column(rows, |event| event.id.to_string()),
                column(rows, |event| event.state.as_str()),
                column(rows, |event| event.created_at.millis()),
            ]
        },
    );
}

fn calls<'a>(writes: &mut Writes<'a>, world: &'a World) {
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

fn call_answers<'a>(writes: &mut Writes<'a>, world: &'a World) {
    let now = world.now.millis();
    writes.of(
        &world.call_answers,
        "INSERT INTO call_answer (call, provider, body, is_whole, created_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[])",
        |rows| {
            values![
                column(rows, |(call, _)| call.to_string()),
                column(rows, |(_, answer)| answer.provider.to_string()),
                column(rows, |(_, answer)| answer.body.as_ref().map(|body| body.to_vec())),
                column(rows, |(_, answer)| i64::from(answer.is_whole)),
                column(rows, |_answer| now),
            ]
        },
    );
}

fn files<'a>(writes: &mut Writes<'a>, world: &'a World) {
    let new: Vec<_> = world.files.inserted().map(|(_, file)| file).collect();
    writes.of(
        &new,
        "INSERT INTO file (id, account, state, media_type, size_bytes, sha256, uses, created_at, used_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], \
         $8::bigint[], $9::bigint[])",
        |rows| {
            values![
                column(rows, |file| file.id.to_string()),
                column(rows, |file| file.account.to_string()),
                column(rows, |file| file.state.as_str()),
                column(rows, |file| file.media_type.as_str()),
                column(rows, |file| file.size_bytes.cast_signed()),
                column(rows, |file| file.sha256.as_str()),
                column(rows, |file| i64::from(file.uses)),
                column(rows, |file| file.created_at.millis()),
                column(rows, |file| file.used_at.millis()),
            ]
        },
    );
    let changed: Vec<_> = world.files.updated().map(|(_, file)| file).collect();
    writes.of(
        &changed,
        "WITH changed AS (UPDATE file SET state = new.state, media_type = new.media_type, size_bytes = new.size_bytes, \
           sha256 = new.sha256, uses = new.uses, used_at = new.used_at \
           FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[]) \
           AS new (id, state, media_type, size_bytes, sha256, uses, used_at) WHERE file.id = new.id RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        |rows| {
            values![
                column(rows, |file| file.id.to_string()),
                column(rows, |file| file.state.as_str()),
                column(rows, |file| file.media_type.as_str()),
                column(rows, |file| file.size_bytes.cast_signed()),
                column(rows, |file| file.sha256.as_str()),
                column(rows, |file| i64::from(file.uses)),
                column(rows, |file| file.used_at.millis()),
            ]
        },
    );
    let gone: Vec<_> = world.files.removed().collect();
    writes.of(
        &gone,
        "WITH gone AS (DELETE FROM file WHERE id = ANY ($1::text[]) RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM gone",
        |rows| values![column(rows, ToString::to_string)],
    );
}

fn idempotency<'a>(writes: &mut Writes<'a>, world: &'a World) {
    let new: Vec<_> = world.idempotency.inserted().collect();
    let changed: Vec<_> = world.idempotency.updated().collect();
    let columns = |rows: &[(&'a crate::IdempotencyScope, &'a crate::IdempotencyRecord)]| {
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

fn effect(attempt: &Attempt) -> &'static str {
    match attempt.effect {
        fourfold_domain::Effect::NotStarted => "not_started",
        fourfold_domain::Effect::MayHaveStarted => "may_have_started",
        fourfold_domain::Effect::Started => "started",
    }
}

/// The columns of attempts that are JSON: what the vendor gave, the error, the vendor's facts.
#[expect(clippy::type_complexity, reason = "three columns, each as it is written")]
fn attempt_json(rows: &[&Attempt]) -> Result<(Vec<Option<String>>, Vec<Option<String>>, Vec<String>), Fault> {
    let upstreams = rows.iter().map(|attempt| optional_json(attempt.upstream.as_ref()));
    let errors = rows.iter().map(|attempt| optional_json(attempt.error.as_ref()));
    let vendors = rows.iter().map(|attempt| json(&attempt.vendor));
    Ok((
        upstreams.collect::<Result<_, _>>()?,
        errors.collect::<Result<_, _>>()?,
        vendors.collect::<Result<_, _>>()?,
    ))
}

fn json<T: Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Unwritable(BoxError::from(error)))
}

fn optional_json<T: Serialize>(value: Option<&T>) -> Result<Option<String>, Fault> {
    value.map(json).transpose()
}
