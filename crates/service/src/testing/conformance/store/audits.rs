//! What an audit says of a history in which nothing is wrong.

use std::time::Duration;

use fourfold_domain::InstanceId;

use super::bench::{StoreBench, failed, instance, succeeded, upstream};
use crate::calls::{CallEnding, EndCall};
use crate::jobs::{Ending, JobError, RequestCancel};
use crate::ports::Counts;
use crate::testing::conformance::suite::{Broken, Rule, Verdict, rules, same};
use crate::testing::{credits, open_call, submit, task};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(an_empty_store_is_clean, a_busy_history_is_clean_and_counted)
}

/// And counts nothing.
pub async fn an_empty_store_is_clean(bench: StoreBench) -> Verdict {
    bench.is_clean().await?;
    same("the counts", bench.store.audit().await?.counts, Counts::default())
}

/// Jobs and calls in every ending and in every state on the way.
pub async fn a_busy_history_is_clean_and_counted(bench: StoreBench) -> Verdict {
    for user in ["u1", "u2"] {
        ended_jobs(&bench, user).await?;
        open_jobs(&bench, user).await?;
        calls(&bench, user, instance()).await?;
        bench.is_clean().await?;
    }
    let expected = Counts {
        accounts: 2,
        // Of each user: 11 grants, 15 holds, 9 ends, an overrun.
        entries: 72,
        holds: 30,
        holds_open: 12,
        jobs: 22,
        jobs_open: 10,
        calls: 8,
    };
    same("the counts", bench.store.audit().await?.counts, expected)
}

/// Six jobs: success, success past the hold, success for nothing, failure, expiry, cancel.
async fn ended_jobs(bench: &StoreBench, user: &str) -> Result<(), Broken> {
    for used in ["0.03", "0.05", "0"] {
        let (job, lease) = bench.storing(user, "0.04").await?;
        bench.finish(lease, succeeded(job.id, used)).await?;
    }
    let (_, lease) = bench.starting(user, "0.04").await?;
    bench.finish(lease, failed()).await?;
    let (_, lease) = bench.starting(user, "0.04").await?;
    bench
        .finish(
            lease,
            Ending::Expired { error: JobError::new("expired", "too late"), late_poll: Duration::ZERO },
        )
        .await?;
    let job = bench.queued(user, "0.04").await?;
    bench.store.request_cancel(RequestCancel { job: job.id, account: job.account, account_max: 0 }).await?;
    Ok(())
}

/// Five jobs: queued, claimed, starting, running, storing.
async fn open_jobs(bench: &StoreBench, user: &str) -> Result<(), Broken> {
    bench.queued(user, "0.04").await?;
    let job = bench.submit(submit(user, "0.04")).await?;
    bench.claim(job.id).await?;
    bench.starting(user, "0.04").await?;
    let (_, lease) = bench.starting(user, "0.04").await?;
    bench.store.record_upstream(upstream(lease, task(Duration::ZERO))).await?;
    bench.storing(user, "0.04").await?;
    Ok(())
}

/// Four calls: open, charged, released, interrupted.
async fn calls(bench: &StoreBench, user: &str, instance: InstanceId) -> Result<(), Broken> {
    let endings = [CallEnding::Charged(credits("0.1")), CallEnding::Released, CallEnding::Interrupted];
    for ending in endings.map(Some).into_iter().chain([None]) {
        let call = open_call(user, "0.2", instance);
        let id = call.id;
        bench.store.open_call(call).await?;
        if let Some(ending) = ending {
            bench.store.end_call(EndCall::new(id, ending)).await?;
        }
    }
    bench.grant(user, "1").await?;
    Ok(())
}
