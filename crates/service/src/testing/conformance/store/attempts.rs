//! Attempts: what is recorded before a vendor is asked, and after.

use std::time::Duration;

use fourfold_domain::{Effect, JobMove, JobState, OutputSource, Quantity, Unit};
use serde_json::{Map, json};

use super::bench::{LEASE, StoreBench, arrived, objects, succeeded, upstream};
use super::leases::{next_attempt, reschedule};
use crate::credits::Owner;
use crate::jobs::{
    Attempt, AttemptState, Delivery, Ending, JobError, Lease, OutputPlace, RecordUpstream, RequestCancel,
    Upstream,
};
use crate::testing::conformance::suite::{Broken, Rule, Verdict, broken, refused, rules, same};
use crate::testing::{begin, cost_price, credits, provider, task};
use crate::{Refusal, StoreError};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        an_attempt_is_recorded_before_the_vendor_is_asked,
        a_job_that_is_called_off_is_not_begun,
        a_task_lets_go_and_is_due_at_its_first_poll,
        results_keep_the_lease,
        another_attempt_puts_the_job_back_in_line,
        a_poll_lets_go_and_leaves_its_traces,
        progress_never_goes_back,
        progress_is_written_once_a_second_at_most,
        a_move_that_the_state_does_not_allow_is_refused,
        every_state_has_its_event,
        a_view_at_an_event_shows_the_job_as_it_was,
        a_vendors_words_are_kept_whatever_characters_they_have,
    )
}

async fn latest(bench: &StoreBench, job: fourfold_domain::JobId) -> Result<Attempt, Broken> {
    let attempts = bench.view(job).await?.attempts;
    attempts.last().cloned().map_or_else(|| broken("there is no attempt".to_owned()), Ok)
}

/// With whom it is made and that paid work may exist from here on.
pub async fn an_attempt_is_recorded_before_the_vendor_is_asked(bench: StoreBench) -> Verdict {
    let job = bench.queued("u1", "0.04").await?;
    let lease = bench.claim(job.id).await?.lease;
    same("the number", bench.store.begin_attempt(begin(lease)).await?, 1)?;
    let expected = Attempt {
        owner: Owner::Job(job.id),
        number: 1,
        provider: provider("acme"),
        vendor_model: "acme-1".to_owned(),
        credential: "default".to_owned(),
        state: AttemptState::Begun,
        effect: Effect::MayHaveStarted,
        upstream: None,
        error: None,
        vendor: Map::new(),
        cost_price: Some(cost_price()),
        cost: Some(credits("0.03")),
        begun_at: job.created_at,
        ended_at: None,
    };
    let view = bench.view(job.id).await?;
    same("the attempts", view.attempts, vec![expected])?;
    same("state and attempts", (view.job.state, view.job.attempts), (JobState::Starting, 1))
}

/// The wish came first; nothing is recorded.
pub async fn a_job_that_is_called_off_is_not_begun(bench: StoreBench) -> Verdict {
    let job = bench.queued("u1", "0.04").await?;
    let lease = bench.claim(job.id).await?.lease;
    bench.store.request_cancel(RequestCancel { job: job.id, account: job.account, account_max: 0 }).await?;
    refused(bench.store.begin_attempt(begin(lease)).await, &Refusal::CancelRequested)?;
    let view = bench.view(job.id).await?;
    same("state and attempts", (view.job.state, view.attempts.len()), (JobState::Queued, 0))
}

/// Whoever is there then takes the poll.
pub async fn a_task_lets_go_and_is_due_at_its_first_poll(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    let running = bench.store.record_upstream(upstream(lease, task(Duration::from_secs(5)))).await?;
    same("the state", running.state, JobState::Running)?;
    refused(bench.store.reschedule(reschedule(lease, LEASE)).await, &Refusal::LeaseLost)?;
    let attempt = latest(&bench, job.id).await?;
    same("the attempt", (attempt.state, attempt.effect), (AttemptState::Taken, Effect::Started))?;
    same("the task", attempt.upstream, Some(task(Duration::from_secs(5))))?;
    same("due at once", bench.store.due(None, 10).await?.len(), 0)?;
    bench.pass(5);
    same("due at its poll", bench.store.due(None, 10).await?.len(), 1)
}

/// The same worker stores them. Places are kept with their links, objects with their sums.
pub async fn results_keep_the_lease(bench: StoreBench) -> Verdict {
    let place = OutputPlace {
        media_type: "image/png".to_owned(),
        source: OutputSource::Link("https://vendor.example/1?sig=x".to_owned()),
    };
    let outputs = Upstream::Outputs(Delivery {
        items: vec![place],
        quantities: vec![Quantity::new(Unit::Image, 1).with("size", "64x64")],
        missing: Some("1 of 2 was refused".to_owned()),
    });
    for known in [None, Some(outputs)] {
        let (job, lease) = bench.starting("u1", "0.04").await?;
        let known = known.unwrap_or_else(|| objects(job.id));
        let vendor = Map::from_iter([("seed".to_owned(), json!(7))]);
        let step = RecordUpstream { lease, upstream: known.clone(), vendor: vendor.clone() };
        same("the state", bench.store.record_upstream(step).await?.state, JobState::Storing)?;
        refused(bench.claim(job.id).await, &Refusal::NotDue)?;
        let attempt = latest(&bench, job.id).await?;
        same("what was recorded", (attempt.upstream, attempt.vendor), (Some(known), vendor))?;
        bench.finish(lease, succeeded(job.id, "0.04")).await?;
    }
    Ok(())
}

/// After its wait, with the attempt ended and the hold kept.
pub async fn another_attempt_puts_the_job_back_in_line(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    let queued = bench.store.next_attempt(next_attempt(lease, Duration::from_secs(2))).await?;
    same("the state", queued.state, JobState::Queued)?;
    let attempt = latest(&bench, job.id).await?;
    let ended = (attempt.state, attempt.effect, attempt.ended_at.is_some());
    same("the attempt", ended, (AttemptState::Failed, Effect::NotStarted, true))?;
    same("why", attempt.error, Some(JobError::new("unavailable", "the vendor is down")))?;
    same("the vendor's facts", attempt.vendor.get("status"), Some(&json!("503")))?;
    refused(bench.claim(job.id).await, &Refusal::NotDue)?;
    bench.pass(2);
    let lease = bench.claim(job.id).await?.lease;
    same("the number", bench.store.begin_attempt(begin(lease)).await?, 2)?;
    same("the attempts", bench.view(job.id).await?.attempts.len(), 2)?;
    bench.has("u1", "9.96", "0.04").await
}

/// Progress, and how many polls have failed in a row.
pub async fn a_poll_lets_go_and_leaves_its_traces(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    bench.store.record_upstream(upstream(lease, task(Duration::ZERO))).await?;
    let version = bench.view(job.id).await?.job.version;
    let lease = bench.claim(job.id).await?.lease;
    let step = crate::jobs::Reschedule {
        progress: Some(40),
        failed_polls: 3,
        ..reschedule(lease, Duration::from_secs(1))
    };
    let after = bench.store.reschedule(step).await?;
    same("progress and version", (after.progress, after.version), (Some(40), version))?;
    refused(bench.claim(job.id).await, &Refusal::NotDue)?;
    bench.pass(1);
    let claimed = bench.claim(job.id).await?;
    same("progress and failed polls", (claimed.job.progress, claimed.failed_polls), (Some(40), 3))
}

/// A vendor may report less than before, a failed poll nothing.
pub async fn progress_never_goes_back(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    bench.store.record_upstream(upstream(lease, task(Duration::ZERO))).await?;
    for (reported, expected) in [(Some(40), 40), (Some(30), 40), (None, 40), (Some(50), 50)] {
        let lease = bench.claim(job.id).await?.lease;
        let step = crate::jobs::Reschedule { progress: reported, ..reschedule(lease, Duration::ZERO) };
        same("the progress", bench.store.reschedule(step).await?.progress, Some(expected))?;
        bench.pass(1);
    }
    Ok(())
}

/// However often the vendor is asked.
pub async fn progress_is_written_once_a_second_at_most(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    bench.store.record_upstream(upstream(lease, task(Duration::ZERO))).await?;
    for (millis, reported, expected) in
        [(0, 10, 10), (999, 20, 10), (1, 30, 30), (500, 40, 30), (500, 50, 50)]
    {
        bench.clock.advance(Duration::from_millis(millis));
        let lease = bench.claim(job.id).await?.lease;
        let step = crate::jobs::Reschedule { progress: Some(reported), ..reschedule(lease, Duration::ZERO) };
        let found = bench.store.reschedule(step).await?.progress;
        same(&format!("the progress after {reported}"), found, Some(expected))?;
    }
    Ok(())
}

/// Nothing is changed.
pub async fn a_move_that_the_state_does_not_allow_is_refused(bench: StoreBench) -> Verdict {
    let queued = bench.queued("u1", "0.04").await?;
    let lease = bench.claim(queued.id).await?.lease;
    let before = bench.all_of(&["u1"]).await?;
    not_allowed(bench.store.record_upstream(upstream(lease, task(LEASE))).await, JobMove::TaskTaken)?;
    not_allowed(bench.store.next_attempt(next_attempt(lease, LEASE)).await, JobMove::NextAttempt)?;
    not_allowed(bench.finish(lease, succeeded(queued.id, "0.04")).await, JobMove::Stored)?;
    not_allowed(bench.finish(lease, arrived(queued.id, "0.04")).await, JobMove::OutputsReady)?;
    same("all there is", bench.all_of(&["u1"]).await?, before)?;
    let (_, lease) = bench.storing("u1", "0.04").await?;
    let before = bench.all_of(&["u1"]).await?;
    not_allowed(bench.store.begin_attempt(begin(lease)).await, JobMove::Begin)?;
    same("all there is", bench.all_of(&["u1"]).await?, before)
}

#[track_caller]
fn not_allowed<T: std::fmt::Debug>(answer: Result<T, StoreError>, by: JobMove) -> Verdict {
    match answer {
        Err(StoreError::Refused(Refusal::IllegalMove(illegal))) if illegal.by == by => Ok(()),
        other => broken(format!("{other:?} instead of an illegal move {by:?}")),
    }
}

/// From the first version to the last, without a gap, in order.
pub async fn every_state_has_its_event(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.starting("u1", "0.04").await?;
    bench.store.next_attempt(next_attempt(lease, Duration::ZERO)).await?;
    let lease: Lease = bench.claim(job.id).await?.lease;
    bench.store.begin_attempt(begin(lease)).await?;
    bench.store.record_upstream(upstream(lease, task(Duration::ZERO))).await?;
    let lease = bench.claim(job.id).await?.lease;
    bench.store.record_upstream(upstream(lease, objects(job.id))).await?;
    bench.pass(1);
    let done = bench.finish(lease, succeeded(job.id, "0.04")).await?;

    let events = bench.store.events(job.id, 0).await?;
    let found: Vec<_> = events.iter().map(|event| (event.version, event.state)).collect();
    use JobState as S;
    let states = [S::Queued, S::Starting, S::Queued, S::Starting, S::Running, S::Storing, S::Succeeded];
    same("the events", found, (1..).zip(states).collect::<Vec<_>>())?;
    same("the last version", done.version, 7)?;
    same("the last event", events.last().map(|event| event.created_at), Some(done.updated_at))?;
    let later = bench.store.events(job.id, 5).await?;
    same("the events after the fifth", later.as_slice(), &events[5..])?;
    same("the events after the last", bench.store.events(job.id, 7).await?, Vec::new())
}

/// Without what came later.
pub async fn a_view_at_an_event_shows_the_job_as_it_was(bench: StoreBench) -> Verdict {
    let (job, lease) = bench.storing("u1", "0.04").await?;
    bench.finish(lease, succeeded(job.id, "0.04")).await?;
    let view = bench.view(job.id).await?;
    let events = bench.store.events(job.id, 0).await?;
    let latest = [None, Some(AttemptState::Begun), Some(AttemptState::Taken), Some(AttemptState::Succeeded)];
    same("how many events", events.len(), latest.len())?;
    for (event, latest) in events.into_iter().zip(latest) {
        let then = view.at(&event);
        same("state and version", (then.job.state, then.job.version), (event.state, event.version))?;
        let is_final = event.state.is_final();
        same("artifacts", then.artifacts.len(), usize::from(is_final))?;
        same("charged", then.job.charged.is_zero(), !is_final)?;
        same("the latest attempt", then.attempts.last().map(|attempt| attempt.state), latest)?;
    }
    Ok(())
}

/// Some databases have no room for NUL in their texts.
pub async fn a_vendors_words_are_kept_whatever_characters_they_have(bench: StoreBench) -> Verdict {
    let words = "\0 a\0\u{1f}\u{7f}狐'\"\\\n\u{ffff}";
    let vendor = Map::from_iter([(words.to_owned(), json!([words]))]);
    let place =
        OutputPlace { media_type: "image/png".to_owned(), source: OutputSource::Handle(words.to_owned()) };
    let known = Upstream::Outputs(Delivery {
        items: vec![place],
        quantities: vec![Quantity::new(Unit::Image, 1).with("size", words)],
        missing: Some(words.to_owned()),
    });
    let text = json!({words: words}).to_string();
    let error = JobError::new("failed", words);
    for ending in [
        Ending::failed(error.clone(), AttemptState::Failed, None),
        Ending::Succeeded {
            artifacts: Vec::new(),
            used: credits("0.04"),
            output: Some(text.clone()),
            missing: Some(error.clone()),
            arrived: None,
        },
    ] {
        let (job, lease) = bench.starting("u1", "0.04").await?;
        let step = RecordUpstream { lease, upstream: known.clone(), vendor: vendor.clone() };
        bench.store.record_upstream(step).await?;
        let attempt = latest(&bench, job.id).await?;
        same("what was recorded", (attempt.upstream, attempt.vendor), (Some(known.clone()), vendor.clone()))?;
        let has_output = matches!(ending, Ending::Succeeded { .. });
        bench.finish(lease, ending).await?;
        let job = bench.view(job.id).await?.job;
        same("the job's error", job.error.as_ref(), Some(&error))?;
        same("the job's output", job.output.as_deref(), has_output.then_some(text.as_str()))?;
    }
    Ok(())
}
