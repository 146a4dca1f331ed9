//! What the steps share: the lease is checked, the state moves, the job ends.

use std::time::Duration;

use fourfold_domain::{Credits, Effect, EventId, JobId, JobMove, JobState};
use serde_json::{Map, Value};

use super::admission::{leave, promote};
use super::cost::{cost_of, lose};
use super::record_upstream::record;
use super::{Arrived, Ended};
use crate::commit::World;
use crate::credits::Owner;
use crate::credits::rules::{HoldEnd, end_hold};
use crate::error::Refusal;
use crate::files;
use crate::jobs::{Artifact, Attempt, AttemptState, Delivery, Job, JobError, JobEvent, Lease, Upstream};
use crate::webhooks;

/// The job, if the lease is still the latest that was given for it.
pub(super) fn leased<'a>(world: &'a World, lease: &Lease) -> Result<&'a Job, Refusal> {
    let due = world.due.get(&lease.job).ok_or(Refusal::LeaseLost)?;
    if due.token != lease.token || due.lease_until.is_none() {
        return Err(Refusal::LeaseLost);
    }
    world.jobs.get(&lease.job).ok_or(Refusal::NotFound)
}

/// Gives up the lease; the job is due again after this long, or at its deadline where that comes first; one
/// that is looked at late, at the end of that.
pub(super) fn let_go(world: &mut World, id: JobId, after: Duration) {
    let deadline_at = world.jobs.get(&id).map_or(world.now, |job| job.deadline_at);
    let now = world.now;
    if let Some(due) = world.due.get_mut(&id) {
        let next_at = now.after(after).min(due.late_until.unwrap_or(deadline_at).max(now));
        (due.next_at, due.lease_until, due.leased_by) = (next_at, None, None);
    }
}

/// Moves a job's state, raises its version and writes the event. The one way by which a state changes.
pub(super) fn move_job(world: &mut World, id: JobId, by: JobMove) -> Result<(), Refusal> {
    let now = world.now;
    let state = world.jobs.get(&id).ok_or(Refusal::NotFound)?.state.after(by)?;
    let job = world.jobs.get_mut(&id).ok_or(Refusal::NotFound)?;
    (job.state, job.version, job.updated_at) = (state, job.version + 1, now);
    write_event(world, id);
    Ok(())
}

/// Writes the event of the state that a job has come to, and its delivery. The one way by which events are written.
pub(super) fn write_event(world: &mut World, id: JobId) {
    let event = EventId::new(world.new_id());
    let Some(job) = world.jobs.get(&id) else { return };
    let event =
        JobEvent { id: event, job: id, version: job.version, state: job.state, created_at: job.updated_at };
    let delivery = webhooks::rules::delivery_of(job, &event);
    world.events.push(event);
    if let Some(delivery) = delivery {
        world.deliveries.insert(event.id, delivery);
    }
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
    /// The vendor's answer, where nothing of it was recorded yet.
    pub(super) arrived: Option<&'a Arrived>,
    pub(super) artifacts: &'a [Artifact],
    pub(super) output: Option<&'a str>,
    /// How long the vendor is asked what became of its task, where it has one that may go on.
    pub(super) late_poll: Duration,
    /// The most of the account's jobs that run at a time; 0 is no limit.
    pub(super) account_max: u32,
}

/// Ends a job: its state, its hold, its latest attempt, its results and its use of files in one go; nothing is
/// due any more, but a look at a task that may go on. The account's next job goes on in its place.
pub(super) fn end_job(world: &mut World, id: JobId, end: &End<'_>) -> Result<Ended, Refusal> {
    let job = world.jobs.get(&id).ok_or(Refusal::NotFound)?;
    let (state, account, hold) = (job.state, job.account, job.hold);
    match end.arrived {
        Some(_) => state.after(JobMove::OutputsReady)?.after(end.by)?,
        None => state.after(end.by)?,
    };
    let (attempts, used_files) = (job.attempts, job.files.clone());
    let upstream = latest_attempt(world, job).and_then(|attempt| attempt.upstream.clone());
    let late_after = match (state, upstream) {
        (JobState::Running, Some(Upstream::Task(task))) if !end.late_poll.is_zero() => Some(task.poll_after),
        _ => None,
    };

    // The ledger may still refuse, the state no longer can.
    let ending = if end.used.is_zero() { HoldEnd::Release } else { HoldEnd::Settle(end.used) };
    let charged = end_hold(world, hold, ending)?;
    if let Some(Arrived { quantities, vendor }) = end.arrived {
        let items = end.artifacts.iter().map(|artifact| artifact.object.clone()).collect();
        let missing = end.error.map(|missing| missing.message.clone());
        let delivery = Delivery { items, quantities: quantities.clone(), missing };
        record(world, id, &Upstream::Objects(delivery), vendor)?;
    }
    move_job(world, id, end.by)?;
    let attempt = AttemptEnd {
        state: if late_after.is_some() { AttemptState::Uncertain } else { end.attempt },
        effect: end.effect,
        error: end.error,
        vendor: end.vendor,
        is_looked_at_late: late_after.is_some(),
    };
    end_attempt(world, id, attempts, &attempt);
    world.artifacts.extend_from_slice(end.artifacts);
    if let Some(due) = world.due.get(&id).copied() {
        leave(world, &due);
    }
    match late_after {
        Some(after) => look_late(world, id, end.late_poll, after),
        None => world.due.remove(&id),
    }
    files::rules::end_use(world, &used_files);
    let promoted = promote(world, account, end.account_max);
    let job = world.jobs.get_mut(&id).ok_or(Refusal::NotFound)?;
    job.charged = charged;
    job.progress = if end.by == JobMove::Stored { Some(100) } else { job.progress };
    job.error = end.error.cloned();
    job.output = end.output.map(Into::into);
    Ok(Ended { job: job.clone(), promoted })
}

/// Keeps a final job due, for its vendor's task may go on.
fn look_late(world: &mut World, id: JobId, late_poll: Duration, poll_after: Duration) {
    let now = world.now;
    if let Some(due) = world.due.get_mut(&id) {
        due.late_until = Some(now.after(late_poll));
        due.failed_polls = 0;
    }
    let_go(world, id, late_pause(poll_after));
}

/// A task whose job has ended is looked at ten times less often.
pub(in crate::jobs) fn late_pause(pause: Duration) -> Duration {
    pause.saturating_mul(10)
}

/// How an attempt ends.
pub(super) struct AttemptEnd<'a> {
    pub(super) state: AttemptState,
    /// Whether it may have been paid for, where it is known better than before.
    pub(super) effect: Option<Effect>,
    pub(super) error: Option<&'a JobError>,
    /// The vendor's own facts, added to those known.
    pub(super) vendor: Option<&'a Map<String, Value>>,
    /// Its task may go on, and its vendor is asked what becomes of it.
    pub(super) is_looked_at_late: bool,
}

/// Ends the job's latest attempt, if it has one that is still open, and says what it cost. What was paid for in
/// vain, or may have been, is the operator's loss.
pub(super) fn end_attempt(world: &mut World, job: JobId, number: u32, end: &AttemptEnd<'_>) {
    let now = world.now;
    let was_open = world.attempts.get(&(Owner::Job(job), number)).is_some_and(|it| it.ended_at.is_none());
    if let Some(attempt) = world.attempts.get_mut(&(Owner::Job(job), number))
        && attempt.ended_at.is_none()
    {
        (attempt.state, attempt.ended_at) = (end.state, Some(now));
        attempt.effect = end.effect.unwrap_or(attempt.effect);
        attempt.error = end.error.cloned();
        attempt.vendor.extend(end.vendor.cloned().unwrap_or_default());
        attempt.cost = cost_of(attempt);
    }
    if was_open && !end.is_looked_at_late {
        match end.state {
            AttemptState::Lost => lose(world, job, number, &[], None),
            AttemptState::Uncertain => lose(world, job, number, &[], Some("uncertain")),
            _ => Credits::ZERO,
        };
    }
}

/// The job's latest attempt.
pub(super) fn latest_attempt<'a>(world: &'a World, job: &Job) -> Option<&'a Attempt> {
    world.attempts.get(&(Owner::Job(job.id), job.attempts))
}
