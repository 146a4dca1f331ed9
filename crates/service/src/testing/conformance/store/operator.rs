//! What the operator asks about every account's jobs.

use std::time::Duration;

use fourfold_domain::{JobId, JobState};

use super::bench::{StoreBench, failed, succeeded};
use crate::calls::{CallEnding, EndCall, OpenCall};
use crate::jobs::{AttemptState, Ending, JobError, Submit};
use crate::ports::{JobFilter, ModelCosts};
use crate::testing::conformance::suite::{Rule, Verdict, holds, rules, same};
use crate::testing::{account_subject, credits, open_call, submit};
use crate::{StoreError, Timestamp};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        jobs_are_found_by_state_account_realm_and_model,
        found_jobs_come_in_pages,
        an_account_is_found_by_its_id,
        a_retry_says_of_what,
        results_are_found_by_age_until_they_are_removed,
        a_model_costs_what_its_attempts_do,
        the_sweep_is_one_instances_at_a_time,
    )
}

const FOR_EVER: Timestamp = Timestamp::from_millis(i64::MAX);

impl StoreBench {
    async fn found(&self, filter: JobFilter) -> Result<Vec<JobId>, StoreError> {
        let found = self.store.find_jobs(filter, None, 100).await?;
        Ok(found.into_iter().map(|(_, view)| view.job.id).collect())
    }
}

/// Whatever is left out lets all pass.
pub async fn jobs_are_found_by_state_account_realm_and_model(bench: StoreBench) -> Verdict {
    let first = bench.queued("u1", "0.04").await?;
    let (second, lease) = bench.storing("u2", "0.04").await?;
    bench.finish(lease, succeeded(second.id, "0.04")).await?;
    let all = vec![second.id, first.id];
    same("all", bench.found(JobFilter::default()).await?, all.clone())?;
    let subject = account_subject("u1");
    let by = |filter: JobFilter| bench.found(filter);
    same(
        "by state",
        by(JobFilter { state: Some(JobState::Queued), ..JobFilter::default() }).await?,
        [first.id],
    )?;
    let account = Some(subject.external_id);
    same("by account", by(JobFilter { account, ..JobFilter::default() }).await?, [first.id])?;
    same(
        "by realm",
        by(JobFilter { realm: Some(subject.realm), ..JobFilter::default() }).await?,
        all.clone(),
    )?;
    let elsewhere = "elsewhere".parse().ok();
    same("by another realm", by(JobFilter { realm: elsewhere, ..JobFilter::default() }).await?, [])?;
    let model = Some(first.model.clone());
    same("by model", by(JobFilter { model, ..JobFilter::default() }).await?, all)?;
    let other = "other".parse().ok();
    same("by another model", by(JobFilter { model: other, ..JobFilter::default() }).await?, [])?;
    let found = bench.store.find_jobs(JobFilter::default(), None, 1).await?;
    let account = found.first().map(|(account, view)| (account.clone(), view.artifacts.len()));
    same("whose, and with what", account, Some((bench.account("u2").await?, 1)))
}

/// The newest first.
pub async fn found_jobs_come_in_pages(bench: StoreBench) -> Verdict {
    let mut jobs = Vec::new();
    for _ in 0..5 {
        jobs.insert(0, bench.queued("u1", "0.04").await?.id);
    }
    let mut found: Vec<JobId> = Vec::new();
    loop {
        let page = bench.store.find_jobs(JobFilter::default(), found.last().copied(), 2).await?;
        found.extend(page.iter().map(|(_, view)| view.job.id));
        if page.len() < 2 {
            break;
        }
    }
    same("the jobs", found, jobs)
}

/// As by its name.
pub async fn an_account_is_found_by_its_id(bench: StoreBench) -> Verdict {
    let account = bench.grant("u1", "10").await?;
    same("the account", bench.store.account_of(account.id).await?, Some(account))?;
    let unknown = fourfold_domain::AccountId::new(submit("u1", "0").id.uuid());
    same("an unknown one", bench.store.account_of(unknown).await?, None)
}

/// And nothing else of it differs.
pub async fn a_retry_says_of_what(bench: StoreBench) -> Verdict {
    let first = bench.queued("u1", "0.04").await?;
    let second = bench.submit(Submit { retry_of: Some(first.id), ..submit("u1", "0.04") }).await?;
    same("the first", bench.view(first.id).await?.job.retry_of, None)?;
    same("the second", bench.view(second.id).await?.job.retry_of, Some(first.id))
}

/// The rows stay, and tell when.
pub async fn results_are_found_by_age_until_they_are_removed(bench: StoreBench) -> Verdict {
    let (old, lease) = bench.storing("u1", "0.04").await?;
    let old_one = bench.finish(lease, succeeded(old.id, "0.04")).await?;
    bench.pass(10);
    let (young, lease) = bench.storing("u1", "0.04").await?;
    let young_one = bench.finish(lease, succeeded(young.id, "0.04")).await?;
    let model = &old.model;
    let kept = async |before| {
        let kept = bench.store.kept_artifacts(model, before, 10).await?;
        Ok::<_, StoreError>(kept.iter().map(|artifact| artifact.job).collect::<Vec<_>>())
    };
    same("the models", bench.store.kept_models().await?, vec![model.clone()])?;
    same("none is older", kept(old_one.updated_at).await?, Vec::new())?;
    same("one is older", kept(young_one.updated_at).await?, vec![old.id])?;
    same("both, the oldest first", kept(FOR_EVER).await?, vec![old.id, young.id])?;
    same("one at a time", bench.store.kept_artifacts(model, FOR_EVER, 1).await?.len(), 1)?;
    bench.store.artifacts_removed(vec![(old.id, 0)]).await?;
    let removed_at = bench.view(old.id).await?.artifacts[0].removed_at;
    same("when", removed_at, Some(young_one.updated_at))?;
    bench.pass(5);
    bench.store.artifacts_removed(vec![(old.id, 0), (young.id, 0)]).await?;
    same("the first time counts", bench.view(old.id).await?.artifacts[0].removed_at, removed_at)?;
    same("what is left", kept(FOR_EVER).await?, Vec::new())?;
    same("models that are left", bench.store.kept_models().await?, Vec::new())?;
    bench.is_clean().await
}

/// Charges, costs and losses of what ended in a time.
pub async fn a_model_costs_what_its_attempts_do(bench: StoreBench) -> Verdict {
    let began = bench.queued("u1", "0.04").await?.created_at;
    let (job, lease) = bench.storing("u1", "0.04").await?;
    bench.finish(lease, succeeded(job.id, "0.05")).await?;
    let (_, lease) = bench.starting("u1", "0.04").await?;
    let error = JobError::new("uncertain", "it isn't known");
    bench.finish(lease, Ending::failed(error, AttemptState::Uncertain, None)).await?;
    let (_, lease) = bench.starting("u2", "0.04").await?;
    bench.finish(lease, failed()).await?;
    bench.grant("u3", "10").await?;
    let mut calls = Vec::new();
    for _ in 0..4 {
        let step =
            OpenCall { cost_max: Some(credits("0.02")), ..open_call("u3", "0.5", super::bench::instance()) };
        calls.push(step.id);
        bench.store.open_call(step).await?;
    }
    // The fourth is still open.
    for (id, ending) in calls.into_iter().zip([
        CallEnding::Charged(credits("0.6")),
        CallEnding::Released,
        CallEnding::Interrupted,
    ]) {
        let asked = |number, cost| super::calls::attempt(id, began, number, AttemptState::Failed, cost);
        let attempts = match ending {
            CallEnding::Charged(_) => vec![asked(1, None), asked(2, Some(credits("0.1")))],
            _ => Vec::new(),
        };
        bench.store.end_call(EndCall { attempts, ..EndCall::new(id, ending) }).await?;
    }
    let expected = ModelCosts {
        model: job.model.clone(),
        jobs: 3,
        calls: 3,
        charged: credits("0.54"),
        cost: credits("0.18"),
        uncosted: 1,
        losses: credits("0.16"),
    };
    let until = began.after(Duration::from_millis(1));
    same("what it came to", bench.store.costs_by_model(began, until).await?, vec![expected])?;
    same("before", bench.store.costs_by_model(Timestamp::default(), began).await?, Vec::new())?;
    same("after", bench.store.costs_by_model(until, FOR_EVER).await?, Vec::new())
}

/// Until its lease ends or it is superseded.
pub async fn the_sweep_is_one_instances_at_a_time(bench: StoreBench) -> Verdict {
    const SWEEP: Duration = Duration::from_secs(15);
    let (mine, other) = (super::bench::instance(), super::bench::instance());
    let take = |instance| bench.store.take_sweep(instance, SWEEP);
    holds("the first doesn't get it", take(mine).await?)?;
    holds("another gets it too", !take(other).await?)?;
    bench.pass(10);
    holds("who has it can't keep it", take(mine).await?)?;
    bench.pass(10);
    holds("another gets it while it is kept", !take(other).await?)?;
    bench.pass(5);
    holds("nobody gets it after its lease", take(other).await?)?;
    holds("who lost it has it", !take(mine).await?)?;
    bench.store.supersede(mine).await?;
    holds("who supersedes doesn't get it", take(mine).await?)
}
