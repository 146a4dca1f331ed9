//! Many at once.

use std::future::Future;

use tokio::task::JoinSet;

use super::bench::{StoreBench, grant, succeeded};
use crate::credits::Owner;
use crate::jobs::{Submit, Submitted};
use crate::testing::conformance::suite::{Rule, Verdict, broken, rules, same};
use crate::testing::{credits, submit};
use crate::{Idempotency, Refusal, StoreError};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        the_last_credits_are_spent_once,
        one_idempotency_key_makes_one_job,
        one_operation_grants_once,
        one_lease_is_given,
        one_finish_settles,
    )
}

/// All answers of steps that are taken at once.
async fn all<T: Send + 'static>(
    steps: impl IntoIterator<Item: Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    steps.into_iter().collect::<JoinSet<_>>().join_all().await
}

fn count<T>(answers: &[Result<T, StoreError>]) -> (usize, usize) {
    let taken = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused = answers.iter().filter(|answer| matches!(answer, Err(StoreError::Refused(_)))).count();
    (taken, refused)
}

/// Fifty submits against credits for twenty: twenty are taken, thirty refused.
pub async fn the_last_credits_are_spent_once(bench: StoreBench) -> Verdict {
    bench.grant("u1", "0.83").await?;
    let submits = (0..50).map(|_| {
        let bench = bench.clone();
        async move { bench.store.submit(submit("u1", "0.04")).await }
    });
    let answers = all(submits).await;
    same("taken and refused", count(&answers), (20, 30))?;
    for answer in answers {
        if let Err(StoreError::Refused(refusal)) = answer {
            let expected =
                Refusal::InsufficientCredits { needed: credits("0.04"), available: credits("0.03") };
            same("the refusal", refusal, expected)?;
        }
    }
    bench.has("u1", "0.03", "0.8").await?;
    bench.is_clean().await
}

/// Twenty submits under one key: one new job, nineteen times the same.
pub async fn one_idempotency_key_makes_one_job(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let submits =
        (0..20).map(|_| {
            let bench = bench.clone();
            let idempotency = Idempotency {
                method: "POST".to_owned(),
                path: "/api/v1/jobs".to_owned(),
                key: "a".to_owned(),
                fingerprint: [1; 32],
            };
            async move {
                bench.store.submit(Submit { idempotency: Some(idempotency), ..submit("u1", "0.04") }).await
            }
        });
    let answers: Vec<Submitted> = all(submits).await.into_iter().collect::<Result<_, _>>()?;
    let new: Vec<Owner> = answers
        .iter()
        .filter_map(|answer| match answer {
            Submitted::New(job) | Submitted::Parked(job) => Some(Owner::Job(job.id)),
            Submitted::Earlier(_) => None,
        })
        .collect();
    let [job] = new[..] else { return broken(format!("{} new jobs", new.len())) };
    let same_job = answers.iter().filter(|answer| **answer == Submitted::Earlier(job)).count();
    same("answers that name the one job", same_job, 19)?;
    bench.has("u1", "9.96", "0.04").await
}

/// Twenty grants under one operation id.
pub async fn one_operation_grants_once(bench: StoreBench) -> Verdict {
    let grants = (0..20).map(|_| {
        let bench = bench.clone();
        async move { bench.store.grant(grant("u1", "10", "grant:a")).await }
    });
    let answers = all(grants).await;
    same("taken and refused", count(&answers), (20, 0))?;
    bench.has("u1", "10", "0").await
}

/// Twenty claims of one job.
pub async fn one_lease_is_given(bench: StoreBench) -> Verdict {
    let job = bench.queued("u1", "0.04").await?.id;
    let claims = (0..20).map(|_| {
        let bench = bench.clone();
        async move { bench.claim(job).await }
    });
    same("taken and refused", count(&all(claims).await), (1, 19))
}

/// Ten finishes of one job under its lease.
pub async fn one_finish_settles(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    let finishes = (0..10).map(|_| {
        let bench = bench.clone();
        async move { bench.finish(lease, succeeded(job.id, "0.04")).await }
    });
    same("taken and refused", count(&all(finishes).await), (1, 9))?;
    bench.has("u1", "9.96", "0").await?;
    bench.is_clean().await
}
