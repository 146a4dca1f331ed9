//! What the steps share: the lease is checked, the state moves, the job ends.

use std::time::Duration;

use fourfold_domain::{Credits, Effect, EventId, JobId, JobMove};
use serde_json::{Map, Value};

use crate::commit::World;
use crate::credits::Owner;
use crate::credits::rules::{HoldEnd, end_hold};
use crate::error::Refusal;
use crate::files;
use crate::jobs::{Artifact, Attempt, AttemptState, Job, JobError, JobEvent, Lease};

/// The job, if the lease is still the latest that was given for it.
pub(super) fn leased<'a>(world: &'a World, lease: &Lease) -> Result<&'a Job, Refusal> {
    let due = world.due.get(&lease.job).ok_or(Refusal::LeaseLost)?;
    if due.token != lease.token || due.lease_until.is_none() {
        return Err(Refusal::LeaseLost);
    }
    world.jobs.get(&lease.job).ok_or(Refusal::NotFound)
}

/// Gives up the lease; the job is due again after this long, or at its deadline where that comes first.
pub(super) fn let_go(world: &mut World, id: JobId, after: Duration) {
    let deadline_at = world.jobs.get(&id).map_or(world.now, |job| job.deadline_at).max(world.now);
    let next_at = world.now.after(after).min(deadline_at);
    if let Some(due) = world.due.get_mut(&id) {
        (due.next_at, due.lease_until, due.leased_by) = (next_at, None, None);
    }
}

/// Moves a job's state, raises its version and writes the event. The one way by which a state changes.
pub(super) fn move_job(world: &mut World, id: JobId, by: JobMove) -> Result<(), Refusal> {
    let job = world.jobs.get(&id).ok_or(Refusal::NotFound)?;
    let state = job.state.after(by)?;
    let version = job.version + 1;
    let event = JobEvent { id: EventId::new(world.new_id()), job: id, version, state, created_at: world.now };
    world.events.push(event);
    let now = world.now;
    if let Some(job) = world.jobs.get_mut(&id) {
        (job.state, job.version, job.updated_at) = (state, version, now);
    }
    Ok(())
}

/// How a job ends.
pub(super) struct End<'a> {
    pub(super) by: JobMove,
    /// What it comes to; at most the hold is charged.
    pub(super) used: Credits,
    pub(super) error: Option<&'a JobError>,
    pub(super) attempt: AttemptState,
    /// Whether that attempt may have been paid for, where it is known better than before.
    pub(super) effect: Option<Effect>,
    /// The vendor's own facts about it, added to those known.
    pub(super) vendor: Option<&'a Map<String, Value>>,
    pub(super) artifacts: &'a [Artifact],
    pub(super) output: Option<&'a str>,
}

/// Ends a job: its state, its hold, its latest attempt, its results and its use of files in one go; nothing is due any more.
pub(super) fn end_job(world: &mut World, id: JobId, end: &End<'_>) -> Result<Job, Refusal> {
    let job = world.jobs.get(&id).ok_or(Refusal::NotFound)?;
    job.state.after(end.by)?;
    let (hold, attempts, used_files) = (job.hold, job.attempts, job.files.clone());

    // The ledger may still refuse, the state no longer can.
    let ending = if end.used.is_zero() { HoldEnd::Release } else { HoldEnd::Settle(end.used) };
    let charged = end_hold(world, hold, ending)?;
    move_job(world, id, end.by)?;
    let attempt = AttemptEnd { state: end.attempt, effect: end.effect, error: end.error, vendor: end.vendor };
    end_attempt(world, id, attempts, &attempt);
    world.artifacts.extend_from_slice(end.artifacts);
    world.due.remove(&id);
    files::rules::end_use(world, &used_files);
    let job = world.jobs.get_mut(&id).ok_or(Refusal::NotFound)?;
    job.charged = charged;
    job.progress = if end.by == JobMove::Stored { Some(100) } else { job.progress };
    job.error = end.error.cloned();
    job.output = end.output.map(Into::into);
    Ok(job.clone())
}

/// How an attempt ends.
pub(super) struct AttemptEnd<'a> {
    pub(super) state: AttemptState,
    /// Whether it may have been paid for, where it is known better than before.
    pub(super) effect: Option<Effect>,
    pub(super) error: Option<&'a JobError>,
    /// The vendor's own facts, added to those known.
    pub(super) vendor: Option<&'a Map<String, Value>>,
}

/// Ends the job's latest attempt, if it has one that is still open.
pub(super) fn end_attempt(world: &mut World, job: JobId, number: u32, end: &AttemptEnd<'_>) {
    let now = world.now;
    if let Some(attempt) = world.attempts.get_mut(&(Owner::Job(job), number))
        && attempt.ended_at.is_none()
    {
        (attempt.state, attempt.ended_at) = (end.state, Some(now));
        attempt.effect = end.effect.unwrap_or(attempt.effect);
        attempt.error = end.error.cloned();
        attempt.vendor.extend(end.vendor.cloned().unwrap_or_default());
    }
}

/// The job's latest attempt.
pub(super) fn latest_attempt<'a>(world: &'a World, job: &Job) -> Option<&'a Attempt> {
    world.attempts.get(&(Owner::Job(job.id), job.attempts))
}
