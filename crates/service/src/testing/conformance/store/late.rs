//! What the operator pays, and what becomes of tasks whose jobs have ended before them.

use std::time::Duration;

use fourfold_domain::{JobId, JobState, Quantity, Unit};
use serde_json::Map;

use super::bench::{StoreBench, failed, objects, succeeded, upstream};
use super::leases::{next_attempt, reschedule};
use crate::Clock as _;
use crate::credits::{EntryKind, Owner};
use crate::jobs::{
    AttemptState, BeginAttempt, Delivery, EndLate, Ending, JobError, Late, Lease, NextAttempt, Reconcile,
    Upstream,
};
use crate::testing::conformance::suite::{Broken, Rule, Verdict, refused, rules, same};
use crate::testing::{begin, credits, task};
use crate::{Refusal, StoreError};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_task_that_may_go_on_is_looked_at_after_the_end,
        what_comes_late_is_lost_and_charged_to_nobody,
        a_late_failure_loses_nothing,
        what_is_never_known_ends_without_a_loss,
        a_late_look_waits_no_longer_than_it_may,
        a_late_look_takes_no_place_of_its_account,
        only_a_final_job_is_looked_at_late,
        a_doubt_is_a_loss_with_a_note,
        what_was_delivered_and_not_fetched_is_a_loss,
        what_was_delivered_costs_what_the_vendor_takes,
        what_was_not_done_costs_nothing,
        a_loss_of_unknown_cost_is_what_was_held,
        a_doubt_is_listed_until_it_is_reconciled,
        a_doubt_is_reconciled_once_and_never_beside_a_worker,
        doubts_that_a_vendor_can_end_are_listed_first,
    )
}

fn pictures(count: u64) -> Vec<Quantity> {
    vec![Quantity::new(Unit::Image, count)]
}

impl StoreBench {
    /// A job whose task the vendor may still work on, past its deadline.
    async fn expired(&self, user: &str) -> Result<JobId, Broken> {
        let (job, lease) = self.starting(user, "0.04").await?;
        self.store.record_upstream(upstream(lease, task(Duration::from_secs(5)))).await?;
        self.pass(60 * 60);
        let lease = self.claim(job.id).await?.lease;
        let error = JobError::new("expired", "too late");
        self.finish(lease, Ending::Expired { error, late_poll: DAY }).await?;
        Ok(job.id)
    }

    async fn late(&self, job: JobId, late: Late) -> Result<String, StoreError> {
        self.pass(50);
        let lease = self.claim(job).await?.lease;
        Ok(self.store.end_late(EndLate { lease, late }).await?.to_string())
    }

    /// The state and the cost of a job's latest attempt.
    async fn attempt(&self, job: JobId) -> Result<(AttemptState, Option<String>), Broken> {
        let attempts = self.view(job).await?.attempts;
        let latest =
            attempts.last().map(|attempt| (attempt.state, attempt.cost.map(|cost| cost.to_string())));
        Ok(latest.unwrap_or((AttemptState::Begun, None)))
    }
}

fn delivered(count: u64) -> Late {
    let vendor = Map::from_iter([("late".to_owned(), true.into())]);
    Late::Delivered { quantities: pictures(count), vendor }
}

/// At a tenth of the rate; its account sees none of that.
pub async fn a_task_that_may_go_on_is_looked_at_after_the_end(bench: StoreBench) -> Verdict {
    let job = bench.expired("u1").await?;
    bench.stands(job, JobState::Expired, "0").await?;
    bench.has("u1", "10", "0").await?;
    same("the attempt", bench.attempt(job).await?, (AttemptState::Uncertain, Some("0.03".to_owned())))?;
    bench.pass(49);
    refused(bench.claim(job).await, &Refusal::NotDue)?;
    bench.pass(1);
    let claimed = bench.claim(job).await?;
    let until = claimed.job.updated_at.after(DAY);
    same("until when", (claimed.job.state, claimed.late_until), (JobState::Expired, Some(until)))?;
    same("open jobs", bench.store.audit().await?.counts.jobs_open, 0)?;
    bench.is_clean().await
}

/// The operator's loss is what the vendor takes.
pub async fn what_comes_late_is_lost_and_charged_to_nobody(bench: StoreBench) -> Verdict {
    let job = bench.expired("u1").await?;
    same("the loss", bench.late(job, delivered(2)).await?, "0.06")?;
    bench.stands(job, JobState::Expired, "0").await?;
    bench.has("u1", "10", "0").await?;
    let entries = bench.entries("u1").await?;
    let Some(entry) = entries.last() else { return same("entries", 0, 1) };
    same("the entry", (entry.kind, entry.amount.to_string()), (EntryKind::Loss, "-0.06".to_owned()))?;
    same("its operation", &entry.operation, &format!("loss:job:{job}:1"))?;
    same("the attempt", bench.attempt(job).await?, (AttemptState::Lost, Some("0.06".to_owned())))?;
    let vendor = bench.view(job).await?.attempts[0].vendor.clone();
    same("the vendor's facts", vendor.get("late"), Some(&true.into()))?;
    bench.pass(100);
    refused(bench.claim(job).await, &Refusal::NotDue)?;
    bench.is_clean().await
}

/// That is the vendor's verdict.
pub async fn a_late_failure_loses_nothing(bench: StoreBench) -> Verdict {
    let job = bench.expired("u1").await?;
    let error = JobError::new("failed", "the vendor failed");
    let vendor = Map::from_iter([("code".to_owned(), 7.into())]);
    same("the loss", bench.late(job, Late::Failed { error: error.clone(), vendor }).await?, "0")?;
    same("the attempt", bench.attempt(job).await?, (AttemptState::Failed, Some("0".to_owned())))?;
    same("its error", bench.view(job).await?.attempts[0].error.clone(), Some(error))?;
    same("entries", bench.entries("u1").await?.len(), 3)?;
    bench.is_clean().await
}

/// The attempt stays uncertain.
pub async fn what_is_never_known_ends_without_a_loss(bench: StoreBench) -> Verdict {
    let job = bench.expired("u1").await?;
    same("the loss", bench.late(job, Late::GivenUp).await?, "0")?;
    same("the attempt", bench.attempt(job).await?.0, AttemptState::Uncertain)?;
    bench.pass(100);
    refused(bench.claim(job).await, &Refusal::NotDue)?;
    bench.is_clean().await
}

/// Whatever the vendor advises.
pub async fn a_late_look_waits_no_longer_than_it_may(bench: StoreBench) -> Verdict {
    let job = bench.expired("u1").await?;
    bench.pass(50);
    let lease = bench.claim(job).await?.lease;
    bench.store.reschedule(reschedule(lease, DAY * 3)).await?;
    bench.clock.advance(DAY - Duration::from_secs(51));
    refused(bench.claim(job).await, &Refusal::NotDue)?;
    bench.pass(1);
    bench.claim(job).await?;
    Ok(())
}

/// Others run meanwhile.
pub async fn a_late_look_takes_no_place_of_its_account(bench: StoreBench) -> Verdict {
    bench.expired("u1").await?;
    let step = crate::jobs::Submit { account_max: 1, ..crate::testing::submit("u1", "0.04") };
    let job = bench.submit(step).await?;
    bench.claim(job.id).await?;
    bench.is_clean().await
}

/// One that isn't has another way to end.
pub async fn only_a_final_job_is_looked_at_late(bench: StoreBench) -> Verdict {
    let (_, lease) = bench.starting("u1", "0.04").await?;
    refused(bench.store.end_late(EndLate { lease, late: delivered(1) }).await, &Refusal::LeaseLost)?;
    bench.is_clean().await
}

/// Nobody knows whether it was paid for; the operator sees what it may have cost.
pub async fn a_doubt_is_a_loss_with_a_note(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    let step = NextAttempt { state: AttemptState::Uncertain, ..next_attempt(lease, Duration::ZERO) };
    bench.store.next_attempt(step).await?;
    let lease = bench.claim(job.id).await?.lease;
    bench.store.begin_attempt(begin(lease)).await?;
    let error = JobError::new("uncertain", "it isn't known");
    bench.finish(lease, Ending::failed(error, AttemptState::Uncertain, None)).await?;
    let entries = bench.entries("u1").await?;
    let losses: Vec<_> = entries.iter().filter(|entry| entry.kind == EntryKind::Loss).collect();
    let found: Vec<_> = losses.iter().map(|loss| (loss.operation.clone(), loss.note.clone())).collect();
    let expected =
        [1, 2].map(|number| (format!("loss:job:{}:{number}", job.id), Some("uncertain".to_owned())));
    same("the losses", found, expected.to_vec())?;
    bench.has("u1", "10", "0").await?;
    bench.is_clean().await
}

/// The vendor had done its work.
pub async fn what_was_delivered_and_not_fetched_is_a_loss(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    let error = JobError::new("expired", "too late");
    bench.finish(lease, Ending::Expired { error, late_poll: DAY }).await?;
    same("the attempt", bench.attempt(job.id).await?, (AttemptState::Lost, Some("0.03".to_owned())))?;
    bench.pass(100_000);
    refused(bench.claim(job.id).await, &Refusal::NotDue)?;
    bench.is_clean().await
}

/// Not what it was reckoned at.
pub async fn what_was_delivered_costs_what_the_vendor_takes(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.16").await?;
    let Upstream::Objects(objects) = objects(job.id) else { return Ok(()) };
    let delivery = Delivery { quantities: pictures(4), ..objects };
    bench.store.record_upstream(upstream(lease, Upstream::Objects(delivery))).await?;
    bench.finish(lease, succeeded(job.id, "0.16")).await?;
    same("the attempt", bench.attempt(job.id).await?, (AttemptState::Succeeded, Some("0.12".to_owned())))?;
    same("entries", bench.entries("u1").await?.len(), 3)
}

/// Neither was paid for.
pub async fn what_was_not_done_costs_nothing(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    bench.store.next_attempt(next_attempt(lease, Duration::ZERO)).await?;
    same("the attempt", bench.attempt(job.id).await?, (AttemptState::Failed, Some("0".to_owned())))?;
    let lease = bench.claim(job.id).await?.lease;
    bench.finish(lease, failed()).await?;
    same("entries", bench.entries("u1").await?.len(), 3)
}

/// Nothing says what less it could be.
pub async fn a_loss_of_unknown_cost_is_what_was_held(bench: StoreBench) -> Verdict {
    let job = bench.queued("u1", "0.07").await?;
    let lease: Lease = bench.claim(job.id).await?.lease;
    bench.store.begin_attempt(BeginAttempt { cost_price: None, cost: None, ..begin(lease) }).await?;
    let error = JobError::new("uncertain", "it isn't known");
    bench.finish(lease, Ending::failed(error, AttemptState::Uncertain, None)).await?;
    let loss = bench.entries("u1").await?.last().map(|entry| (entry.kind, entry.amount));
    same("the loss", loss, Some((EntryKind::Loss, credits("0.07").minus())))
}

/// By when it began.
pub async fn a_doubt_is_listed_until_it_is_reconciled(bench: StoreBench) -> Verdict {
    let from = bench.clock.now();
    let job = bench.expired("u1").await?;
    let listed = async |from, to| -> Result<Vec<Owner>, StoreError> {
        let doubts = bench.store.attempts_in_doubt(from, to, 10).await?;
        Ok(doubts.iter().map(|attempt| attempt.owner).collect())
    };
    let to = bench.clock.now();
    same("the doubts", listed(from, to).await?, vec![Owner::Job(job)])?;
    same("later ones", listed(to, to.after(DAY)).await?, Vec::new())?;
    bench.store.reconcile(Reconcile { job, attempt: 1, late: delivered(1) }).await?;
    same("what is left", listed(from, to).await?, Vec::new())
}

/// What the vendor delivered is lost once.
pub async fn a_doubt_is_reconciled_once_and_never_beside_a_worker(bench: StoreBench) -> Verdict {
    let job = bench.expired("u1").await?;
    bench.pass(50);
    let lease = bench.claim(job).await?.lease;
    let step = Reconcile { job, attempt: 1, late: delivered(1) };
    refused(bench.store.reconcile(step.clone()).await, &Refusal::NotDue)?;
    bench.store.reschedule(reschedule(lease, DAY)).await?;
    same("the loss", bench.store.reconcile(step.clone()).await?.to_string(), "0.03".to_owned())?;
    refused(bench.store.reconcile(step).await, &Refusal::NotDue)?;
    same("the attempt", bench.attempt(job).await?, (AttemptState::Lost, Some("0.03".to_owned())))?;
    bench.has("u1", "10", "0").await?;
    refused(bench.claim(job).await, &Refusal::NotDue)?;
    bench.is_clean().await
}

/// However old the others are.
pub async fn doubts_that_a_vendor_can_end_are_listed_first(bench: StoreBench) -> Verdict {
    let from = bench.clock.now();
    let (without, lease) = bench.starting("u2", "0.04").await?;
    let error = JobError::new("uncertain", "it isn't known");
    bench.finish(lease, Ending::failed(error, AttemptState::Uncertain, None)).await?;
    bench.pass(1);
    let with = bench.expired("u1").await?;
    let doubts = bench.store.attempts_in_doubt(from, bench.clock.now(), 10).await?;
    let owners: Vec<Owner> = doubts.iter().map(|attempt| attempt.owner).collect();
    same("the doubts", owners, vec![Owner::Job(with), Owner::Job(without.id)])
}
