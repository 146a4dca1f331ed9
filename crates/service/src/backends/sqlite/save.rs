//! Writes what a batch changed: per table the new rows, the changed ones, the ones that went.

use fourfold_domain::Credits;
use rusqlite::{Params, Transaction, params};
use serde::Serialize;

use super::webhooks;
use crate::Timestamp;
use crate::commit::World;
use crate::idempotency::{IdempotencyRecord, IdempotencyScope};
use crate::jobs::{Attempt, Due, Job};
use crate::webhooks::WebhookUrl;

type Result<T> = rusqlite::Result<T>;

pub(super) fn save(transaction: &Transaction<'_>, world: &World) -> Result<()> {
    let rows = Rows { transaction };
    accounts(&rows, world)?;
    holds(&rows, world)?;
    budgets(&rows, world)?;
    entries(&rows, world)?;
    jobs(&rows, world)?;
    attempts(&rows, world)?;
    due(&rows, world)?;
    artifacts_and_events(&rows, world)?;
    calls(&rows, world)?;
    call_answers(&rows, world)?;
    files(&rows, world)?;
    idempotency(&rows, world)?;
    webhooks::save(&rows, world)
}

pub(super) struct Rows<'a> {
    transaction: &'a Transaction<'a>,
}

impl Rows<'_> {
    /// Writes exactly one row with a statement that stays prepared. A row that isn't there any more was read
    /// in this very transaction, so its absence is an error.
    pub(super) fn write(&self, sql: &str, values: impl Params) -> Result<()> {
        match self.transaction.prepare_cached(sql)?.execute(values)? {
            1 => Ok(()),
            rows => Err(rusqlite::Error::StatementChangedRows(rows)),
        }
    }
}

fn accounts(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (id, account) in world.accounts.inserted() {
        rows.write(
            "INSERT INTO account (id, realm, external_id, available, held, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                id.to_string(),
                account.subject.realm.as_str(),
                account.subject.external_id.as_str(),
                account.available.micros(),
                account.held.micros(),
                account.created_at.millis()
            ],
        )?;
    }
    for (id, account) in world.accounts.updated() {
        rows.write(
            "UPDATE account SET available = ?2, held = ?3 WHERE id = ?1",
            params![id.to_string(), account.available.micros(), account.held.micros()],
        )?;
    }
    Ok(())
}

fn holds(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (id, hold) in world.holds.inserted() {
        rows.write(
            "INSERT INTO hold (id, account, owner, key, amount, price, state, charged, created_at, ended_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                id.to_string(),
                hold.account.to_string(),
                hold.owner.to_string(),
                hold.key.map(|key| key.to_string()),
                hold.amount.micros(),
                json(&hold.price)?,
                hold.state.as_str(),
                hold.charged.micros(),
                hold.created_at.millis(),
                hold.ended_at.map(Timestamp::millis)
            ],
        )?;
    }
    for (id, hold) in world.holds.updated() {
        rows.write(
            "UPDATE hold SET state = ?2, charged = ?3, ended_at = ?4 WHERE id = ?1",
            params![
                id.to_string(),
                hold.state.as_str(),
                hold.charged.micros(),
                hold.ended_at.map(Timestamp::millis)
            ],
        )?;
    }
    Ok(())
}

fn budgets(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (key, budget) in world.budgets.updated() {
        rows.write(
            "UPDATE key_budget SET held = ?2, charged = ?3 WHERE key = ?1",
            params![key.to_string(), budget.held.micros(), budget.charged.micros()],
        )?;
    }
    Ok(())
}

fn entries(rows: &Rows<'_>, world: &World) -> Result<()> {
    for entry in &world.entries {
        rows.write(
            "INSERT INTO entry (id, account, operation, kind, amount, available_change, held_change, owner, note, created_at, \
             is_estimated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                entry.id.to_string(),
                entry.account.to_string(),
                entry.operation,
                entry.kind.as_str(),
                entry.amount.micros(),
                entry.available_change.micros(),
                entry.held_change.micros(),
                entry.owner.map(|owner| owner.to_string()),
                entry.note,
                entry.created_at.millis(),
                entry.is_estimated
            ],
        )?;
    }
    Ok(())
}

fn jobs(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (id, job) in world.jobs.inserted() {
        rows.write(
            "INSERT INTO job (id, account, key, model, modality, input, terms, metadata, state, version, priority, \
             progress, attempts, hold, held, charged, error, output, cancel_requested, deadline_at, created_at, updated_at, files, \
             retry_of, webhook_url) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)",
            params![
                id.to_string(),
                job.account.to_string(),
                job.key.map(|key| key.to_string()),
                job.model.as_str(),
                job.modality.as_str(),
                job.input,
                json(&job.terms)?,
                job.metadata,
                job.state.as_str(),
                job.version,
                job.priority.as_str(),
                job.progress,
                job.attempts,
                job.hold.to_string(),
                job.held.micros(),
                job.charged.micros(),
                optional_json(job.error.as_ref())?,
                job.output,
                job.cancel_requested,
                job.deadline_at.millis(),
                job.created_at.millis(),
                job.updated_at.millis(),
                optional_json(Some(&job.files).filter(|files| !files.is_empty()).map(|files| files.to_vec()).as_ref())?,
                job.retry_of.map(|job| job.to_string()),
                job.webhook_url.as_ref().map(WebhookUrl::as_str)
            ],
        )?;
    }
    for (id, job) in world.jobs.updated() {
        update_job(rows, &id.to_string(), job)?;
    }
    Ok(())
}

fn update_job(rows: &Rows<'_>, id: &str, job: &Job) -> Result<()> {
    rows.write(
        "UPDATE job SET state = ?2, version = ?3, progress = ?4, attempts = ?5, charged = ?6, error = ?7, output = ?8, \
         cancel_requested = ?9, updated_at = ?10 WHERE id = ?1",
        params![
            id,
            job.state.as_str(),
            job.version,
            job.progress,
            job.attempts,
            job.charged.micros(),
            optional_json(job.error.as_ref())?,
            job.output,
            job.cancel_requested,
            job.updated_at.millis()
        ],
    )
}

fn attempts(rows: &Rows<'_>, world: &World) -> Result<()> {
    for ((owner, number), attempt) in world.attempts.inserted() {
        rows.write(
            "INSERT INTO attempt (owner, number, provider, vendor_model, credential, state, effect, upstream, error, \
             vendor, begun_at, ended_at, cost_price, cost) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                owner.to_string(),
                number,
                attempt.provider.as_str(),
                attempt.vendor_model,
                attempt.credential,
                attempt.state.as_str(),
                effect(attempt),
                optional_json(attempt.upstream.as_ref())?,
                optional_json(attempt.error.as_ref())?,
                json(&attempt.vendor)?,
                attempt.begun_at.millis(),
                attempt.ended_at.map(Timestamp::millis),
                optional_json(attempt.cost_price.as_ref())?,
                attempt.cost.map(Credits::micros)
            ],
        )?;
    }
    for ((owner, number), attempt) in world.attempts.updated() {
        rows.write(
            "UPDATE attempt SET state = ?3, effect = ?4, upstream = ?5, error = ?6, vendor = ?7, ended_at = ?8, \
             cost = ?9 \
             WHERE owner = ?1 AND number = ?2",
            params![
                owner.to_string(),
                number,
                attempt.state.as_str(),
                effect(attempt),
                optional_json(attempt.upstream.as_ref())?,
                optional_json(attempt.error.as_ref())?,
                json(&attempt.vendor)?,
                attempt.ended_at.map(Timestamp::millis),
                attempt.cost.map(Credits::micros)
            ],
        )?;
    }
    Ok(())
}

fn due(rows: &Rows<'_>, world: &World) -> Result<()> {
    let values = |due: &Due| {
        (
            due.job.to_string(),
            due.next_at.millis(),
            due.priority.as_str(),
            due.lease_until.map(Timestamp::millis),
            due.leased_by.map(|instance| instance.to_string()),
            due.token,
            due.failed_polls,
            due.account.to_string(),
            due.parked,
            due.late_until.map(Timestamp::millis),
            due.progress_at.map(Timestamp::millis),
        )
    };
    for (_, due) in world.due.inserted() {
        rows.write(
            "INSERT INTO job_due (job, next_at, priority, lease_until, leased_by, token, failed_polls, account, \
             parked, late_until, progress_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            values(due),
        )?;
    }
    for (_, due) in world.due.updated() {
        rows.write(
            "UPDATE job_due SET next_at = ?2, priority = ?3, lease_until = ?4, leased_by = ?5, token = ?6, \
             failed_polls = ?7, account = ?8, parked = ?9, late_until = ?10, progress_at = ?11 WHERE job = ?1",
            values(due),
        )?;
    }
    for job in world.due.removed() {
        rows.write("DELETE FROM job_due WHERE job = ?1", [job.to_string()])?;
    }
    Ok(())
}

fn artifacts_and_events(rows: &Rows<'_>, world: &World) -> Result<()> {
    for artifact in &world.artifacts {
        rows.write(
            "INSERT INTO artifact (job, number, key, media_type, size_bytes, sha256, model, stored_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                artifact.job.to_string(),
                artifact.index,
                artifact.object.key,
                artifact.object.media_type,
                artifact.object.size_bytes.cast_signed(),
                artifact.object.sha256,
                world.jobs.get(&artifact.job).map(|job| job.model.as_str()),
                world.now.millis()
            ],
        )?;
    }
    for event in &world.events {
        rows.write(
            "INSERT INTO job_event (job, version, id, state, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                event.job.to_string(),
                event.version,
                event.id.to_string(),
                event.state.as_str(),
                event.created_at.millis()
            ],
        )?;
    }
    Ok(())
}

fn calls(rows: &Rows<'_>, world: &World) -> Result<()> {
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

fn call_answers(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (call, answer) in &world.call_answers {
        rows.write(
            "INSERT INTO call_answer (call, provider, body, is_whole, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                call.to_string(),
                answer.provider.as_str(),
                answer.body.as_deref(),
                answer.is_whole,
                world.now.millis()
            ],
        )?;
    }
    Ok(())
}

fn files(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (_, file) in world.files.inserted() {
        rows.write(
            "INSERT INTO file (id, account, state, media_type, size_bytes, sha256, uses, created_at, used_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                file.id.to_string(),
                file.account.to_string(),
                file.state.as_str(),
                file.media_type,
                file.size_bytes,
                file.sha256,
                file.uses,
                file.created_at.millis(),
                file.used_at.millis()
            ],
        )?;
    }
    for (_, file) in world.files.updated() {
        rows.write(
            "UPDATE file SET state = ?2, media_type = ?3, size_bytes = ?4, sha256 = ?5, uses = ?6, used_at = ?7 \
             WHERE id = ?1",
            params![
                file.id.to_string(),
                file.state.as_str(),
                file.media_type,
                file.size_bytes,
                file.sha256,
                file.uses,
                file.used_at.millis()
            ],
        )?;
    }
    for file in world.files.removed() {
        rows.write("DELETE FROM file WHERE id = ?1", [file.to_string()])?;
    }
    Ok(())
}

fn idempotency(rows: &Rows<'_>, world: &World) -> Result<()> {
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

fn effect(attempt: &Attempt) -> &'static str {
    match attempt.effect {
        fourfold_domain::Effect::NotStarted => "not_started",
        fourfold_domain::Effect::MayHaveStarted => "may_have_started",
        fourfold_domain::Effect::Started => "started",
    }
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn optional_json<T: Serialize>(value: Option<&T>) -> Result<Option<String>> {
    value.map(json).transpose()
}
