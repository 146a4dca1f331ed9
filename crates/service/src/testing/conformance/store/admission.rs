//! How many jobs of an account run at a time.

use std::time::Duration;

use fourfold_domain::{JobId, JobState, Priority};

use super::bench::{LEASE, StoreBench, failed, instance, succeeded, upstream};
use super::leases::{next_attempt, reschedule};
use crate::jobs::{Ended, Finish, Job, Lease, Promote, RequestCancel, Submit, Submitted};
use crate::ports::DueJob;
use crate::testing::conformance::suite::{Broken, Rule, Verdict, broken, refused, rules, same};
use crate::testing::{begin, submit, task};
use crate::{Refusal, StoreError, Timestamp};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_job_above_the_cap_is_parked_and_not_given,
        a_job_that_ends_lets_the_next_go_on,
        the_next_is_the_first_by_priority_then_the_oldest,
        no_limit_parks_nothing,
        each_account_has_its_own_places,
        a_parked_job_that_is_called_off_ends_at_once,
        what_waits_between_tries_keeps_its_place,
        a_parked_job_ends_by_its_deadline,
        a_raised_cap_lets_more_go_on,
        a_lowered_cap_lets_none_go_on_until_there_is_room,
        many_that_end_at_once_let_as_many_go_on,
    )
}

fn capped(user: &str, account_max: u32) -> Submit {
    Submit { account_max, ..submit(user, "0.01") }
}

impl StoreBench {
    /// Submits jobs above a cap; says which are parked.
    async fn submit_capped(&self, steps: Vec<Submit>) -> Result<Vec<(Job, bool)>, Broken> {
        let mut jobs = Vec::new();
        for step in steps {
            jobs.push(match self.store.submit(step).await? {
                Submitted::New(job) => (*job, false),
                Submitted::Parked(job) => (*job, true),
                earlier @ Submitted::Earlier(_) => {
                    return broken(format!("{earlier:?} instead of a new job"));
                }
            });
        }
        Ok(jobs)
    }

    /// This many jobs of a user whose account runs so many at a time.
    async fn queue_up(&self, user: &str, jobs: usize, account_max: u32) -> Result<Vec<Job>, Broken> {
        self.grant(user, "10").await?;
        let jobs =
            self.submit_capped(vec![capped(user, account_max); jobs].into_iter().map(new_id).collect());
        Ok(jobs.await?.into_iter().map(|(job, _)| job).collect())
    }

    /// Ends a job that is queued; says which go on.
    async fn fail(&self, job: JobId, account_max: u32) -> Result<Vec<JobId>, StoreError> {
        let lease = self.claim(job).await?.lease;
        let Ended { promoted, .. } =
            self.store.finish(Finish { lease, ending: failed(), account_max }).await?;
        Ok(promoted.into_iter().map(|due| due.job).collect())
    }

    async fn due_ids(&self) -> Result<Vec<JobId>, StoreError> {
        let mut due: Vec<JobId> = self.store.due(None, 1000).await?.iter().map(|due| due.job).collect();
        due.sort();
        Ok(due)
    }
}

fn new_id(step: Submit) -> Submit {
    Submit { id: submit("u1", "0").id, ..step }
}

/// It is queued like any other, and in no queue.
pub async fn a_job_above_the_cap_is_parked_and_not_given(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let jobs = bench.submit_capped(vec![capped("u1", 2), capped("u1", 2), capped("u1", 2)]).await?;
    same(
        "which are parked",
        jobs.iter().map(|(_, parked)| *parked).collect::<Vec<_>>(),
        [false, false, true],
    )?;
    let (parked, _) = &jobs[2];
    same("the state", (parked.state, parked.version), (JobState::Queued, 1))?;
    refused(bench.claim(parked.id).await, &Refusal::NotDue)?;
    let running: Vec<JobId> = jobs[..2].iter().map(|(job, _)| job.id).collect();
    same("what is due", bench.due_ids().await?, running.clone())?;
    let ever = bench.store.due(Some(Timestamp::from_millis(i64::MAX)), 100).await?;
    same("what the queue is filled with", ever.len(), 2)?;
    bench.is_clean().await
}

/// In the same step, and says so.
pub async fn a_job_that_ends_lets_the_next_go_on(bench: StoreBench) -> Verdict {
    let jobs = bench.queue_up("u1", 3, 1).await?;
    bench.pass(5);
    let lease = bench.claim(jobs[0].id).await?.lease;
    let ended = bench.store.finish(Finish { lease, ending: failed(), account_max: 1 }).await?;
    same("the job", ended.job.state, JobState::Failed)?;
    let next_at = jobs[0].created_at.after(Duration::from_secs(5));
    let next = DueJob { job: jobs[1].id, priority: Priority::Normal, next_at };
    same("what goes on", ended.promoted, vec![next])?;
    refused(bench.claim(jobs[2].id).await, &Refusal::NotDue)?;
    same("what goes on then", bench.fail(jobs[1].id, 1).await?, vec![jobs[2].id])?;
    same("and at last", bench.fail(jobs[2].id, 1).await?, Vec::new())?;
    bench.is_clean().await
}

/// Whenever they came.
pub async fn the_next_is_the_first_by_priority_then_the_oldest(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let with = |priority| Submit { priority, ..capped("u1", 1) };
    let first = bench.submit_capped(vec![capped("u1", 1)]).await?.remove(0).0;
    let order = [Priority::Low, Priority::Normal, Priority::High, Priority::Normal, Priority::High];
    let jobs = bench.submit_capped(order.map(with).to_vec()).await?;
    let mut ended = first.id;
    for expected in [2, 4, 1, 3, 0] {
        let expected = jobs[expected].0.id;
        same("what goes on", bench.fail(ended, 1).await?, vec![expected])?;
        ended = expected;
    }
    Ok(())
}

/// That is what 0 says.
pub async fn no_limit_parks_nothing(bench: StoreBench) -> Verdict {
    let jobs = bench.queue_up("u1", 20, 0).await?;
    same("what is due", bench.due_ids().await?.len(), jobs.len())
}

/// Whatever another one has waiting.
pub async fn each_account_has_its_own_places(bench: StoreBench) -> Verdict {
    bench.queue_up("u1", 5, 1).await?;
    let other = bench.queue_up("u2", 2, 1).await?;
    bench.claim(other[0].id).await?;
    same("what is due", bench.due_ids().await?.len(), 1)?;
    refused(bench.claim(other[1].id).await, &Refusal::NotDue)
}

/// And lets nobody go on, for it had no place.
pub async fn a_parked_job_that_is_called_off_ends_at_once(bench: StoreBench) -> Verdict {
    let jobs = bench.queue_up("u1", 3, 1).await?;
    let cancel = |job: &Job| RequestCancel { job: job.id, account: job.account, account_max: 1 };
    let ended = bench.store.request_cancel(cancel(&jobs[1])).await?;
    same("the job", (ended.job.state, ended.promoted), (JobState::Cancelled, Vec::new()))?;
    bench.has("u1", "9.98", "0.02").await?;
    let ended = bench.store.request_cancel(cancel(&jobs[0])).await?;
    let promoted: Vec<JobId> = ended.promoted.iter().map(|due| due.job).collect();
    same("what goes on in the place of one that had it", promoted, vec![jobs[2].id])?;
    bench.is_clean().await
}

/// Polls and retries are no new admission.
pub async fn what_waits_between_tries_keeps_its_place(bench: StoreBench) -> Verdict {
    let jobs = bench.queue_up("u1", 2, 1).await?;
    let lease = bench.claim(jobs[0].id).await?.lease;
    bench.store.begin_attempt(begin(lease)).await?;
    bench.store.next_attempt(next_attempt(lease, Duration::from_secs(60))).await?;
    refused(bench.claim(jobs[1].id).await, &Refusal::NotDue)?;
    bench.pass(60);
    let lease = bench.claim(jobs[0].id).await?.lease;
    bench.store.begin_attempt(begin(lease)).await?;
    bench.store.record_upstream(upstream(lease, task(Duration::ZERO))).await?;
    let lease = bench.claim(jobs[0].id).await?.lease;
    bench.store.reschedule(reschedule(lease, Duration::from_secs(60))).await?;
    let another = bench.submit_capped(vec![capped("u1", 1)]).await?;
    same("another is parked", another[0].1, true)?;
    same("what is due", bench.due_ids().await?, Vec::new())
}

/// Waiting takes no longer than the work may.
pub async fn a_parked_job_ends_by_its_deadline(bench: StoreBench) -> Verdict {
    let jobs = bench.queue_up("u1", 2, 1).await?;
    bench.claim(jobs[0].id).await?;
    bench.pass(60 * 60);
    same("what is due", bench.due_ids().await?.contains(&jobs[1].id), true)?;
    let claimed = bench.claim(jobs[1].id).await?;
    same("the job", claimed.job.id, jobs[1].id)?;
    bench.finish(claimed.lease, failed()).await?;
    bench.is_clean().await
}

/// The sweep finds those who have room.
pub async fn a_raised_cap_lets_more_go_on(bench: StoreBench) -> Verdict {
    let jobs = bench.queue_up("u1", 5, 1).await?;
    bench.queue_up("u2", 1, 1).await?;
    let account = jobs[0].account;
    same("who has room", bench.store.accounts_with_room(1, 10).await?, Vec::new())?;
    same("who has room above", bench.store.accounts_with_room(3, 10).await?, vec![account])?;
    let promote = |account_max| bench.store.promote(Promote { account, account_max });
    let promoted = promote(3).await?;
    let expected: Vec<JobId> = jobs[1..3].iter().map(|job| job.id).collect();
    same("what goes on", promoted.iter().map(|due| due.job).collect::<Vec<_>>(), expected)?;
    same("what goes on again", promote(3).await?, Vec::new())?;
    same("who has room without a limit", bench.store.accounts_with_room(0, 10).await?, vec![account])?;
    same("what goes on without a limit", promote(0).await?.len(), 2)?;
    same("who has room at last", bench.store.accounts_with_room(0, 10).await?, Vec::new())
}

/// One that ends above it isn't replaced.
pub async fn a_lowered_cap_lets_none_go_on_until_there_is_room(bench: StoreBench) -> Verdict {
    let jobs = bench.queue_up("u1", 5, 3).await?;
    same("above it", bench.fail(jobs[0].id, 2).await?, Vec::new())?;
    same("below it", bench.fail(jobs[1].id, 2).await?, vec![jobs[3].id])
}

/// In one batch or in many.
pub async fn many_that_end_at_once_let_as_many_go_on(bench: StoreBench) -> Verdict {
    const PLACES: usize = 10;
    let jobs = bench.queue_up("u1", PLACES * 3, 10).await?;
    let mut leases: Vec<Lease> = Vec::new();
    for job in &jobs[..PLACES] {
        leases.push(bench.store.claim(claim(job.id)).await?.lease);
    }
    let ending = |lease: Lease| Finish { lease, ending: failed(), account_max: 10 };
    let more = futures_util::future::join_all((0..3).map(|_| bench.store.submit(new_id(capped("u1", 10)))));
    let finish =
        futures_util::future::join_all(leases.iter().map(|lease| bench.store.finish(ending(*lease))));
    let (ended, more) = futures_util::join!(finish, more);
    let mut promoted = Vec::new();
    for ended in ended {
        promoted.extend(ended?.promoted.iter().map(|due| due.job));
    }
    let admitted = more.into_iter().filter(|made| matches!(made, Ok(Submitted::New(_)))).count();
    same("how many go on", promoted.len() + admitted, PLACES)?;
    promoted.sort();
    promoted.dedup();
    let expected: Vec<JobId> = jobs[PLACES..PLACES + promoted.len()].iter().map(|job| job.id).collect();
    same("which go on, the oldest first", promoted, expected)?;
    same("what is due", bench.due_ids().await?.len(), PLACES)?;
    let (storing, lease) = bench.storing("u2", "0.04").await?;
    bench.finish(lease, succeeded(storing.id, "0.04")).await?;
    bench.is_clean().await
}

fn claim(job: JobId) -> crate::jobs::Claim {
    crate::jobs::Claim { job, instance: instance(), lease: LEASE }
}
