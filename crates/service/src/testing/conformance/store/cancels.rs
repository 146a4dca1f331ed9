//! Callers calling jobs off.

use std::time::Duration;

use fourfold_domain::JobState;

use super::bench::{StoreBench, succeeded, upstream};
use super::leases::{next_attempt, reschedule};
use crate::jobs::{CancelUnbegun, Job, RequestCancel, Reschedule};
use crate::testing::conformance::suite::{Rule, Verdict, refused, rules, same};
use crate::testing::{submit, task};
use crate::{Refusal, StoreError};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_job_that_nobody_works_on_ends_at_once_and_costs_nothing,
        a_job_between_two_attempts_ends_at_once,
        a_job_under_way_is_told,
        a_waiting_task_is_due_at_once,
        a_job_that_is_let_go_after_the_wish_is_due_at_once,
        a_wish_that_was_acted_on_does_not_hurry_the_next_look,
        another_accounts_job_is_not_found,
        a_final_job_is_not_called_off,
        who_leaves_calls_off_only_what_no_vendor_works_on,
    )
}

async fn cancel(bench: &StoreBench, job: &Job) -> Result<Job, StoreError> {
    Ok(bench
        .store
        .request_cancel(RequestCancel { job: job.id, account: job.account, account_max: 0 })
        .await?
        .job)
}

/// No lease is needed.
pub async fn a_job_that_nobody_works_on_ends_at_once_and_costs_nothing(bench: StoreBench) -> Verdict {
    let job = bench.queued("u1", "0.04").await?;
    let done = cancel(&bench, &job).await?;
    same("state and charge", (done.state, done.charged.is_zero()), (JobState::Cancelled, true))?;
    bench.has("u1", "10", "0").await?;
    refused(cancel(&bench, &job).await, &Refusal::AlreadyFinal)?;
    refused(bench.claim(job.id).await, &Refusal::NotDue)?;
    bench.is_clean().await
}

/// Nothing runs at any vendor.
pub async fn a_job_between_two_attempts_ends_at_once(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    bench.store.next_attempt(next_attempt(lease, Duration::from_secs(60))).await?;
    same("the state", cancel(&bench, &job).await?.state, JobState::Cancelled)?;
    bench.has("u1", "10", "0").await
}

/// The wish is recorded for whoever holds the lease; again is the same.
pub async fn a_job_under_way_is_told(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    for _ in 0..2 {
        let told = cancel(&bench, &job).await?;
        same("state and wish", (told.state, told.cancel_requested), (JobState::Storing, true))?;
    }
    bench.has("u1", "9.96", "0.04").await?;
    bench.finish(lease, succeeded(job.id, "0.04")).await?;
    refused(cancel(&bench, &job).await, &Refusal::AlreadyFinal)
}

/// Not at its next poll.
pub async fn a_waiting_task_is_due_at_once(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    bench.store.record_upstream(upstream(lease, task(Duration::from_secs(60)))).await?;
    same("the state", cancel(&bench, &job).await?.state, JobState::Running)?;
    same("the wish", bench.claim(job.id).await?.job.cancel_requested, true)
}

/// The wish came while somebody held the lease.
pub async fn a_job_that_is_let_go_after_the_wish_is_due_at_once(bench: StoreBench) -> Verdict {
    const LATER: Duration = Duration::from_secs(60);
    let (job, lease) = bench.starting("u1", "0.04").await?;
    cancel(&bench, &job).await?;
    bench.store.record_upstream(upstream(lease, task(LATER))).await?;
    bench.claim(job.id).await?;

    let (job, lease) = bench.starting("u1", "0.04").await?;
    bench.store.record_upstream(upstream(lease, task(Duration::ZERO))).await?;
    let lease = bench.claim(job.id).await?.lease;
    cancel(&bench, &job).await?;
    bench.store.reschedule(reschedule(lease, LATER)).await?;
    bench.claim(job.id).await?;

    let (job, lease) = bench.starting("u1", "0.04").await?;
    cancel(&bench, &job).await?;
    bench.store.next_attempt(next_attempt(lease, LATER)).await?;
    bench.claim(job.id).await.map(drop)?;
    Ok(())
}

/// A vendor that can't stop is not asked again and again without a pause.
pub async fn a_wish_that_was_acted_on_does_not_hurry_the_next_look(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    bench.store.record_upstream(upstream(lease, task(Duration::ZERO))).await?;
    cancel(&bench, &job).await?;
    let lease = bench.claim(job.id).await?.lease;
    let step = Reschedule { cancel_seen: true, ..reschedule(lease, Duration::from_secs(2)) };
    bench.store.reschedule(step).await?;
    refused(bench.claim(job.id).await, &Refusal::NotDue)?;
    bench.pass(2);
    bench.claim(job.id).await?;
    Ok(())
}

/// As if there were none.
pub async fn another_accounts_job_is_not_found(bench: StoreBench) -> Verdict {
    let job = bench.queued("u1", "0.04").await?;
    let other = bench.grant("u2", "10").await?;
    let step = RequestCancel { job: job.id, account: other.id, account_max: 0 };
    refused(bench.store.request_cancel(step).await, &Refusal::NotFound)?;
    let unknown = RequestCancel { job: submit("u1", "0").id, account: job.account, account_max: 0 };
    refused(bench.store.request_cancel(unknown).await, &Refusal::NotFound)?;
    bench.stands(job.id, JobState::Queued, "0").await?;
    same("the wish", bench.view(job.id).await?.job.cancel_requested, false)
}

/// Whichever way it ended.
pub async fn a_final_job_is_not_called_off(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    bench.finish(lease, succeeded(job.id, "0.04")).await?;
    let before = bench.all_of(&["u1"]).await?;
    refused(cancel(&bench, &job).await, &Refusal::AlreadyFinal)?;
    same("all there is", bench.all_of(&["u1"]).await?, before)
}

/// A job that a vendor may work on goes on as if its caller were there.
pub async fn who_leaves_calls_off_only_what_no_vendor_works_on(bench: StoreBench) -> Verdict {
    let leave = async |job: &Job| {
        let cancel = RequestCancel { job: job.id, account: job.account, account_max: 0 };
        bench.store.cancel_unbegun(CancelUnbegun(cancel)).await
    };
    let queued = bench.queued("u1", "0.04").await?;
    same("the state of a queued one", leave(&queued).await?.job.state, JobState::Cancelled)?;
    refused(leave(&queued).await, &Refusal::AlreadyFinal)?;

    let claimed = bench.queued("u1", "0.04").await?;
    bench.claim(claimed.id).await?;
    let told = leave(&claimed).await?.job;
    same("a claimed one", (told.state, told.cancel_requested), (JobState::Queued, true))?;

    let (begun, lease) = bench.starting("u1", "0.04").await?;
    let told = leave(&begun).await?.job;
    same("a begun one", (told.state, told.cancel_requested), (JobState::Starting, false))?;
    bench.store.record_upstream(upstream(lease, task(Duration::from_secs(60)))).await?;
    same("a running one", leave(&begun).await?.job.cancel_requested, false)?;

    let other = bench.grant("u2", "10").await?;
    let cancel = RequestCancel { job: begun.id, account: other.id, account_max: 0 };
    refused(bench.store.cancel_unbegun(CancelUnbegun(cancel)).await, &Refusal::NotFound)
}
