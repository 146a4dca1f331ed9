//! Who works on a job, and what is due.

use std::time::Duration;

use fourfold_domain::{Effect, JobState, Priority};

use super::bench::{LEASE, StoreBench, failed, objects, succeeded, upstream};
use crate::jobs::{AttemptState, JobError, Lease, NextAttempt, Reschedule, Submit};
use crate::ports::DueJob;
use crate::testing::conformance::suite::{Rule, Verdict, holds, refused, rules, same};
use crate::testing::{begin, submit, task};
use crate::{Refusal, Timestamp};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_lease_is_given_once,
        a_lease_that_ended_is_given_again_with_a_higher_token,
        a_job_is_not_given_before_it_is_due,
        a_final_or_unknown_job_is_not_given,
        every_step_of_a_lost_lease_is_refused,
        a_lease_that_ended_counts_until_it_is_given_again,
        renewed_leases_last_and_lost_ones_are_named,
        only_what_is_free_and_overdue_is_due,
        what_is_due_comes_in_order_and_no_more_than_asked_for,
    )
}

pub(super) fn reschedule(lease: Lease, after: Duration) -> Reschedule {
    Reschedule { lease, after, cancel_seen: false, progress: None, failed_polls: 0 }
}

pub(super) fn next_attempt(lease: Lease, after: Duration) -> NextAttempt {
    NextAttempt {
        lease,
        state: AttemptState::Failed,
        effect: Effect::NotStarted,
        error: JobError::new("unavailable", "the vendor is down"),
        vendor: serde_json::Map::from_iter([("status".to_owned(), "503".into())]),
        after,
    }
}

async fn due(bench: &StoreBench) -> Result<Vec<DueJob>, crate::StoreError> {
    bench.store.due(None, 100).await
}

/// While it lasts nobody else gets it.
pub async fn a_lease_is_given_once(bench: StoreBench) -> Verdict {
    let job = bench.queued("u1", "0.04").await?;
    let claimed = bench.claim(job.id).await?;
    same("the job", &claimed.job, &job)?;
    same("the price", claimed.price, crate::testing::price())?;
    same("attempt and failed polls", (claimed.attempt, claimed.failed_polls), (None, 0))?;
    refused(bench.claim(job.id).await, &Refusal::NotDue)?;
    bench.clock.advance(LEASE - Duration::from_millis(1));
    refused(bench.claim(job.id).await, &Refusal::NotDue)
}

/// By anybody.
pub async fn a_lease_that_ended_is_given_again_with_a_higher_token(bench: StoreBench) -> Verdict {
    let job = bench.queued("u1", "0.04").await?;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(bench.claim(job.id).await?.lease.token);
        bench.clock.advance(LEASE);
    }
    holds(&format!("the tokens {tokens:?} don't rise"), tokens.is_sorted_by(|a, b| a < b))
}

/// Not a millisecond.
pub async fn a_job_is_not_given_before_it_is_due(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    bench.store.record_upstream(upstream(lease, task(Duration::from_secs(5)))).await?;
    bench.clock.advance(Duration::from_millis(4999));
    refused(bench.claim(job.id).await, &Refusal::NotDue)?;
    bench.clock.advance(Duration::from_millis(1));
    let claimed = bench.claim(job.id).await?;
    let upstream = claimed.attempt.and_then(|attempt| attempt.upstream);
    same("the task", upstream, Some(task(Duration::from_secs(5))))
}

/// There is nothing to be done.
pub async fn a_final_or_unknown_job_is_not_given(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    bench.finish(lease, succeeded(job.id, "0.04")).await?;
    bench.pass(3600);
    refused(bench.claim(job.id).await, &Refusal::NotDue)?;
    refused(bench.claim(submit("u1", "0").id).await, &Refusal::NotDue)?;
    same("what is due", due(&bench).await?, Vec::new())
}

/// Once another has the job, whoever had it before can do nothing to it.
pub async fn every_step_of_a_lost_lease_is_refused(bench: StoreBench) -> Verdict {
    let queued = bench.queued("u1", "0.04").await?;
    let old = bench.claim(queued.id).await?.lease;
    bench.clock.advance(LEASE);
    bench.claim(queued.id).await?;
    refused(bench.store.begin_attempt(begin(old)).await, &Refusal::LeaseLost)?;

    let (job, old) = bench.starting("u1", "0.04").await?;
    bench.clock.advance(LEASE);
    let new = bench.claim(job.id).await?.lease;
    let before = bench.all_of(&["u1"]).await?;
    let lost = &Refusal::LeaseLost;
    refused(bench.store.begin_attempt(begin(old)).await, lost)?;
    refused(bench.store.record_upstream(upstream(old, task(LEASE))).await, lost)?;
    refused(bench.store.record_upstream(upstream(old, objects(job.id))).await, lost)?;
    refused(bench.store.reschedule(reschedule(old, LEASE)).await, lost)?;
    refused(bench.store.next_attempt(next_attempt(old, LEASE)).await, lost)?;
    refused(bench.finish(old, failed()).await, lost)?;
    refused(bench.finish(old, succeeded(job.id, "0.04")).await, lost)?;
    same("the leases that were lost", bench.store.renew(vec![old], LEASE).await?, vec![job.id])?;
    same("all there is", bench.all_of(&["u1"]).await?, before)?;

    bench.finish(new, failed()).await?;
    refused(bench.finish(new, failed()).await, lost)
}

/// Nobody else has it: its holder may go on.
pub async fn a_lease_that_ended_counts_until_it_is_given_again(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    bench.clock.advance(LEASE * 2);
    bench.finish(lease, succeeded(job.id, "0.04")).await?;
    bench.stands(job.id, JobState::Succeeded, "0.04").await
}

/// All in one go.
pub async fn renewed_leases_last_and_lost_ones_are_named(bench: StoreBench) -> Verdict {
    let (kept, kept_lease) = bench.starting("u1", "0.04").await?;
    let (released, released_lease) = bench.starting("u1", "0.04").await?;
    let (done, done_lease) = bench.storing("u1", "0.04").await?;
    bench.store.record_upstream(upstream(released_lease, task(Duration::ZERO))).await?;
    bench.finish(done_lease, succeeded(done.id, "0.04")).await?;
    bench.clock.advance(LEASE - Duration::from_secs(1));
    let mut lost = bench.store.renew(vec![released_lease, kept_lease, done_lease], LEASE).await?;
    lost.sort();
    let mut expected = vec![released.id, done.id];
    expected.sort();
    same("the leases that were lost", lost, expected)?;
    bench.clock.advance(LEASE - Duration::from_secs(1));
    refused(bench.claim(kept.id).await, &Refusal::NotDue)?;
    bench.pass(1);
    bench.claim(kept.id).await?;
    same("no leases at all", bench.store.renew(Vec::new(), LEASE).await?, Vec::new())
}

/// A job under a lease isn't, nor one that waits; `until` looks ahead.
pub async fn only_what_is_free_and_overdue_is_due(bench: StoreBench) -> Verdict {
    let job = bench.queued("u1", "0.04").await?;
    let queued = DueJob { job: job.id, priority: Priority::Normal, next_at: job.created_at };
    same("due when queued", due(&bench).await?, vec![queued])?;
    let lease = bench.claim(job.id).await?.lease;
    same("due under a lease", due(&bench).await?, Vec::new())?;
    bench.clock.advance(LEASE);
    same("due when the lease has ended", due(&bench).await?, vec![queued])?;
    let later = bench.store.reschedule(reschedule(lease, Duration::from_secs(60))).await?;
    same("due before its moment", due(&bench).await?, Vec::new())?;
    let everything = Some(Timestamp::from_millis(i64::MAX));
    let ahead = bench.store.due(everything, 100).await?;
    same("due one day", ahead.iter().map(|due| due.job).collect::<Vec<_>>(), vec![later.id])?;
    bench.pass(60);
    same("due at its moment", due(&bench).await?, ahead)
}

/// The longest due first.
pub async fn what_is_due_comes_in_order_and_no_more_than_asked_for(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let mut jobs = Vec::new();
    for _ in 0..5 {
        let job = bench.submit(Submit { priority: Priority::Low, ..submit("u1", "0.04") }).await?;
        jobs.push(job.id);
        bench.pass(1);
    }
    let found = bench.store.due(None, 3).await?;
    same("the first three", found.iter().map(|due| due.job).collect::<Vec<_>>(), jobs[..3].to_vec())?;
    holds("a priority was lost", found.iter().all(|due| due.priority == Priority::Low))
}
