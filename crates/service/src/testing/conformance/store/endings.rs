//! How jobs end, and what it costs.

use std::time::Duration;

use fourfold_domain::{Effect, JobState};
use serde_json::Map;

use super::bench::{StoreBench, arrived, failed, objects, succeeded};
use crate::Refusal;
use crate::credits::EntryKind;
use crate::jobs::{AttemptState, Ending, JobError};
use crate::testing::conformance::suite::{Rule, Verdict, refused, rules, same};
use crate::testing::{artifact, credits};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        success_charges_what_was_used_and_gives_the_rest_back,
        success_charges_at_most_the_hold,
        success_for_nothing_gives_the_hold_back,
        success_keeps_results_and_what_is_missing,
        an_answer_with_results_is_recorded_as_the_job_ends,
        failure_gives_the_hold_back,
        expiry_gives_the_hold_back,
        a_cancel_charges_what_it_costs,
        a_job_ends_once,
        a_held_job_can_end_without_an_attempt,
    )
}

/// Settled below the hold.
pub async fn success_charges_what_was_used_and_gives_the_rest_back(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.12").await?;
    bench.pass(2);
    let done = bench.finish(lease, succeeded(job.id, "0.08")).await?;
    same("state and charge", (done.state, done.charged), (JobState::Succeeded, credits("0.08")))?;
    bench.has("u1", "9.92", "0").await?;
    let kinds = [(EntryKind::Grant, "10"), (EntryKind::Hold, "-0.12"), (EntryKind::Settle, "-0.08")];
    bench.has_entries("u1", &kinds).await?;
    same("due", bench.store.due(None, 10).await?, Vec::new())?;
    bench.is_clean().await
}

/// What is more is the operator's loss, in an entry of its own.
pub async fn success_charges_at_most_the_hold(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    bench.finish(lease, succeeded(job.id, "0.05")).await?;
    bench.stands(job.id, JobState::Succeeded, "0.04").await?;
    bench.has("u1", "9.96", "0").await?;
    let kinds = [
        (EntryKind::Grant, "10"),
        (EntryKind::Hold, "-0.04"),
        (EntryKind::Settle, "-0.04"),
        (EntryKind::Overrun, "-0.01"),
    ];
    bench.has_entries("u1", &kinds).await?;
    bench.is_clean().await
}

/// As if it had failed, but with results.
pub async fn success_for_nothing_gives_the_hold_back(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    bench.finish(lease, succeeded(job.id, "0")).await?;
    bench.stands(job.id, JobState::Succeeded, "0").await?;
    released(&bench).await
}

/// In order, with the attempt ended.
pub async fn success_keeps_results_and_what_is_missing(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.12").await?;
    let missing = Some(JobError::new("partial", "2 of 3"));
    let ending = Ending::Succeeded {
        artifacts: vec![artifact(job.id, 1), artifact(job.id, 0)],
        used: credits("0.08"),
        output: Some(r#"{"text":"hello"}"#.to_owned()),
        missing: missing.clone(),
        arrived: None,
    };
    bench.finish(lease, ending).await?;
    let view = bench.view(job.id).await?;
    same("the artifacts", view.artifacts, vec![artifact(job.id, 0), artifact(job.id, 1)])?;
    same("what is missing", view.job.error, missing)?;
    same("the output", view.job.output.as_deref(), Some(r#"{"text":"hello"}"#))?;
    let attempts: Vec<_> =
        view.attempts.iter().map(|attempt| (attempt.state, attempt.ended_at.is_some())).collect();
    same("the attempts", attempts, vec![(AttemptState::Succeeded, true)])?;
    bench.is_clean().await
}

/// In one step, and as if it had been recorded before.
pub async fn an_answer_with_results_is_recorded_as_the_job_ends(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.12").await?;
    bench.finish(lease, arrived(job.id, "0.08")).await?;
    let view = bench.view(job.id).await?;
    same("the artifacts", view.artifacts, vec![artifact(job.id, 0)])?;
    let found: Vec<_> = view
        .attempts
        .iter()
        .map(|it| (it.state, it.effect, it.upstream.clone(), it.vendor.clone()))
        .collect();
    let told = Map::from_iter([("seed".to_owned(), 7.into())]);
    let expected = (AttemptState::Succeeded, Effect::Started, Some(objects(job.id)), told);
    same("the attempt", found, vec![expected])?;
    let events = bench.store.events(job.id, 2).await?;
    let states: Vec<_> = events.iter().map(|event| (event.version, event.state)).collect();
    same("the events", states, vec![(3, JobState::Storing), (4, JobState::Succeeded)])?;
    bench.is_clean().await
}

/// And says why, on the job and on the attempt.
pub async fn failure_gives_the_hold_back(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    let error = JobError::new("failed", "the vendor failed");
    let ending = Ending::failed(error.clone(), AttemptState::Failed, None);
    bench.finish(lease, ending).await?;
    bench.stands(job.id, JobState::Failed, "0").await?;
    let view = bench.view(job.id).await?;
    same("why", view.job.error.as_ref(), Some(&error))?;
    let attempts: Vec<_> =
        view.attempts.iter().map(|attempt| (attempt.state, attempt.error.as_ref())).collect();
    same("the attempts", attempts, vec![(AttemptState::Failed, Some(&error))])?;
    released(&bench).await
}

/// Whatever the vendor does.
pub async fn expiry_gives_the_hold_back(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    bench
        .finish(
            lease,
            Ending::Expired { error: JobError::new("expired", "too late"), late_poll: Duration::ZERO },
        )
        .await?;
    bench.stands(job.id, JobState::Expired, "0").await?;
    released(&bench).await
}

/// All, a part, nothing; never more than the hold.
pub async fn a_cancel_charges_what_it_costs(bench: StoreBench) -> Verdict {
    let cases = [("0.04", "0.04", "9.96"), ("0.01", "0.01", "9.99"), ("0", "0", "10"), ("1", "0.04", "9.96")];
    for (number, (used, charged, available)) in cases.into_iter().enumerate() {
        let user = format!("u{number}");
        let (job, lease) = bench.starting(&user, "0.04").await?;
        let error = JobError::new("cancelled", "the vendor stopped");
        bench.finish(lease, Ending::Cancelled { used: credits(used), error }).await?;
        bench.stands(job.id, JobState::Cancelled, charged).await?;
        bench.has(&user, available, "0").await?;
    }
    bench.is_clean().await
}

/// The second ending is refused and charges nothing.
pub async fn a_job_ends_once(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    bench.finish(lease, succeeded(job.id, "0.04")).await?;
    let before = bench.all_of(&["u1"]).await?;
    refused(bench.finish(lease, succeeded(job.id, "0.04")).await, &Refusal::LeaseLost)?;
    refused(bench.finish(lease, failed()).await, &Refusal::LeaseLost)?;
    same("all there is", bench.all_of(&["u1"]).await?, before)?;
    bench.is_clean().await
}

/// When nobody can be asked for it.
pub async fn a_held_job_can_end_without_an_attempt(bench: StoreBench) -> Verdict {
    let job = bench.queued("u1", "0.04").await?;
    let lease = bench.claim(job.id).await?.lease;
    bench.finish(lease, failed()).await?;
    bench.stands(job.id, JobState::Failed, "0").await?;
    released(&bench).await
}

async fn released(bench: &StoreBench) -> Verdict {
    bench.has("u1", "10", "0").await?;
    let kinds = [(EntryKind::Grant, "10"), (EntryKind::Hold, "-0.04"), (EntryKind::Release, "0.04")];
    bench.has_entries("u1", &kinds).await?;
    bench.is_clean().await
}
