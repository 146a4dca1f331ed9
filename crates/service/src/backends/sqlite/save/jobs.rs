//! Jobs and what belongs to them.

use fourfold_domain::Credits;
use rusqlite::params;

use super::{Result, Rows, json, optional_json};
use crate::Timestamp;
use crate::commit::World;
use crate::jobs::{Attempt, Due, Job};
use crate::webhooks::WebhookUrl;

pub(super) fn jobs(rows: &Rows<'_>, world: &World) -> Result<()> {
    for (id, job) in world.jobs.inserted() {
        rows.write(
            "INSERT INTO job (id, account, key, model, modality, input, terms, metadata, state, version, priority, \
             progress, attempts, hold, held, charged, error, output, cancel_requested, deadline_at, created_at, updated_at, files, \
             retry_of, webhook_url, deletion) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)",
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
                job.webhook_url.as_ref().map(WebhookUrl::as_str),
                job.deletion.as_str()
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
         cancel_requested = ?9, updated_at = ?10, deletion = ?11 WHERE id = ?1",
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
            job.updated_at.millis(),
            job.deletion.as_str()
        ],
    )
}

pub(super) fn attempts(rows: &Rows<'_>, world: &World) -> Result<()> {
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

pub(super) fn due(rows: &Rows<'_>, world: &World) -> Result<()> {
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

pub(super) fn artifacts_and_events(rows: &Rows<'_>, world: &World) -> Result<()> {
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

fn effect(attempt: &Attempt) -> &'static str {
    match attempt.effect {
        fourfold_domain::Effect::NotStarted => "not_started",
        fourfold_domain::Effect::MayHaveStarted => "may_have_started",
        fourfold_domain::Effect::Started => "started",
    }
}
