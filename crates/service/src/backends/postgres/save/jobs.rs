//! Jobs and what belongs to them.

use fourfold_domain::Credits;

use super::{Writes, column, json, optional_json};
use crate::Timestamp;
use crate::backends::postgres::fault::Fault;
use crate::backends::postgres::query::values;
use crate::commit::World;
use crate::jobs::Attempt;
use crate::webhooks::WebhookUrl;

pub(super) fn jobs<'a>(writes: &mut Writes<'a>, world: &'a World) -> Result<(), Fault> {
    let new: Vec<_> = world.jobs.inserted().map(|(_, job)| job).collect();
    writes.try_of(
        &new,
        "INSERT INTO job (id, account, key, model, modality, input, terms, metadata, state, version, priority, \
         progress, attempts, hold, held, charged, error, output, cancel_requested, deadline_at, created_at, updated_at, files, \
         retry_of, webhook_url, deletion) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
         $8::text[], $9::text[], $10::bigint[], $11::text[], $12::bigint[], $13::bigint[], $14::text[], $15::bigint[], \
         $16::bigint[], $17::text[], $18::text[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[], $23::text[], \
         $24::text[], $25::text[], $26::text[])",
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
                column(rows, |job| job.deletion.as_str()),
            ])
        },
    )?;
    let changed: Vec<_> = world.jobs.updated().map(|(_, job)| job).collect();
    writes.try_of(
        &changed,
        "WITH changed AS (UPDATE job SET state = new.state, version = new.version, progress = new.progress, \
           attempts = new.attempts, charged = new.charged, error = new.error, output = new.output, \
           cancel_requested = new.cancel_requested, updated_at = new.updated_at, deletion = new.deletion \
           FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], \
             $8::text[], $9::bigint[], $10::bigint[], $11::text[]) \
           AS new (id, state, version, progress, attempts, charged, error, output, cancel_requested, updated_at, deletion) \
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
                column(rows, |job| job.deletion.as_str()),
            ])
        },
    )
}

pub(super) fn attempts<'a>(writes: &mut Writes<'a>, world: &'a World) -> Result<(), Fault> {
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

pub(super) fn due<'a>(writes: &mut Writes<'a>, world: &'a World) {
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

pub(super) fn artifacts_and_events<'a>(writes: &mut Writes<'a>, world: &'a World) {
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
