//! Jobs coming in.

use std::time::Duration;

use fourfold_domain::{JobState, Priority};

use super::bench::{StoreBench, instance, succeeded};
use crate::credits::{EntryKind, Owner};
use crate::jobs::{Submit, Submitted};
use crate::testing::conformance::suite::{Rule, Verdict, broken, holds, refused, rules, same};
use crate::testing::{account_subject, credits, idempotency, open_call, submit};
use crate::{Idempotency, Made, Refusal};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_job_holds_its_price_and_charges_nothing,
        a_job_is_read_back_as_it_was_submitted,
        too_little_money_is_refused_and_leaves_no_trace,
        exactly_enough_money_is_enough,
        a_free_job_needs_no_credits,
        the_same_idempotency_key_gives_the_same_job,
        the_same_idempotency_key_with_another_request_is_refused,
        an_idempotency_key_counts_for_one_account_method_and_path,
        a_refused_request_does_not_use_its_idempotency_key_up,
        an_idempotency_key_can_be_looked_up,
        old_idempotency_keys_are_forgotten,
    )
}

fn keyed(step: Submit, key: &str, body: u8) -> Submit {
    Submit { idempotency: Some(idempotency(key, body)), ..step }
}

/// The credits move from available to held.
pub async fn a_job_holds_its_price_and_charges_nothing(bench: StoreBench) -> Verdict {
    let job = bench.queued("u1", "0.04").await?;
    same("state and version", (job.state, job.version), (JobState::Queued, 1))?;
    same("held and charged", (job.held, job.charged), (credits("0.04"), credits("0")))?;
    bench.has("u1", "9.96", "0.04").await?;
    bench.has_entries("u1", &[(EntryKind::Grant, "10"), (EntryKind::Hold, "-0.04")]).await?;
    let entries = bench.entries("u1").await?;
    same("the entry's owner", entries.last().and_then(|entry| entry.owner), Some(Owner::Job(job.id)))
}

/// Every field, text of any kind too.
pub async fn a_job_is_read_back_as_it_was_submitted(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let step = Submit {
        input: r#"{"prompt":"ein Fuchs, 狐 'quoted' \" \u0000"}"#.into(),
        metadata: Some(r#"{"order":"a'b\u0000"}"#.into()),
        priority: Priority::High,
        deadline: Duration::from_millis(1234),
        ..submit("u1", "0.000001")
    };
    let job = bench.submit(step.clone()).await?;
    let view = bench.view(step.id).await?;
    same("the job", &view.job, &job)?;
    same("input and metadata", (job.input, job.metadata), (step.input, step.metadata))?;
    same("terms and priority", (job.terms, job.priority), (step.terms, step.priority))?;
    same("the deadline", job.deadline_at, job.created_at.after(step.deadline))?;
    holds("it has attempts or artifacts already", view.attempts.is_empty() && view.artifacts.is_empty())
}

/// Neither account nor entry nor job nor event.
pub async fn too_little_money_is_refused_and_leaves_no_trace(bench: StoreBench) -> Verdict {
    let first_use = submit("u1", "0.04");
    let (needed, none) = (credits("0.04"), credits("0"));
    let refusal = Refusal::InsufficientCredits { needed, available: none };
    refused(bench.store.submit(first_use.clone()).await, &refusal)?;
    same("the account", bench.store.account(&account_subject("u1")).await?, None)?;
    same("the job", bench.store.job(first_use.id).await?, None)?;
    same("its events", bench.store.events(first_use.id, 0).await?, Vec::new())?;

    bench.grant("u2", "0.039999").await?;
    let before = bench.all_of(&["u1", "u2"]).await?;
    let refusal = Refusal::InsufficientCredits { needed, available: credits("0.039999") };
    refused(bench.store.submit(submit("u2", "0.04")).await, &refusal)?;
    same("all there is", bench.all_of(&["u1", "u2"]).await?, before)
}

/// To the last micro-credit, and not one more.
pub async fn exactly_enough_money_is_enough(bench: StoreBench) -> Verdict {
    bench.grant("u1", "0.04").await?;
    bench.submit(submit("u1", "0.04")).await?;
    bench.has("u1", "0", "0.04").await?;
    let refusal = Refusal::InsufficientCredits { needed: credits("0.000001"), available: credits("0") };
    refused(bench.store.submit(submit("u1", "0.000001")).await, &refusal)
}

/// Its account is made, its hold is of nothing and ends as any other.
pub async fn a_free_job_needs_no_credits(bench: StoreBench) -> Verdict {
    let job = bench.submit(submit("u1", "0")).await?;
    bench.has("u1", "0", "0").await?;
    let lease = bench.claim(job.id).await?.lease;
    bench.store.begin_attempt(crate::testing::begin(lease)).await?;
    bench.store.record_upstream(super::bench::upstream(lease, super::bench::objects(job.id))).await?;
    // A price that was free when it was held and isn't now is the operator's loss.
    bench.finish(lease, succeeded(job.id, "0.01")).await?;
    bench.stands(job.id, JobState::Succeeded, "0").await?;
    bench.has("u1", "0", "0").await?;
    bench.is_clean().await
}

/// However often, and whatever has become of the job.
pub async fn the_same_idempotency_key_gives_the_same_job(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let job = bench.submit(keyed(submit("u1", "0.04"), "a", 1)).await?;
    for _ in 0..2 {
        let again = bench.store.submit(keyed(submit("u1", "0.04"), "a", 1)).await?;
        same("the answer", again, Submitted::Earlier(Owner::Job(job.id)))?;
    }
    let call = crate::calls::OpenCall {
        idempotency: Some(idempotency("a", 1)),
        ..open_call("u1", "0.04", instance())
    };
    refused(bench.store.open_call(call).await, &Refusal::IdempotencyMismatch)?;
    bench.has("u1", "9.96", "0.04").await
}

/// Nothing is changed.
pub async fn the_same_idempotency_key_with_another_request_is_refused(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    bench.submit(keyed(submit("u1", "0.04"), "a", 1)).await?;
    let before = bench.all_of(&["u1"]).await?;
    let other = bench.store.submit(keyed(submit("u1", "0.04"), "a", 2)).await;
    refused(other, &Refusal::IdempotencyMismatch)?;
    same("all there is", bench.all_of(&["u1"]).await?, before)
}

/// Everything else is another key.
pub async fn an_idempotency_key_counts_for_one_account_method_and_path(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    bench.grant("u2", "10").await?;
    bench.submit(keyed(submit("u1", "0.04"), "a", 1)).await?;
    bench.submit(keyed(submit("u2", "0.04"), "a", 2)).await?;
    bench.submit(keyed(submit("u1", "0.04"), "b", 2)).await?;
    let other_path = Idempotency { path: "/v1/images/generations".to_owned(), ..idempotency("a", 2) };
    bench.submit(Submit { idempotency: Some(other_path), ..submit("u1", "0.04") }).await?;
    let other_method = Idempotency { method: "PUT".to_owned(), ..idempotency("a", 2) };
    bench.submit(Submit { idempotency: Some(other_method), ..submit("u1", "0.04") }).await?;
    bench.has("u1", "9.84", "0.16").await
}

/// The caller pays up and sends the same again.
pub async fn a_refused_request_does_not_use_its_idempotency_key_up(bench: StoreBench) -> Verdict {
    let step = keyed(submit("u1", "0.04"), "a", 1);
    let refusal = Refusal::InsufficientCredits { needed: credits("0.04"), available: credits("0") };
    refused(bench.store.submit(step.clone()).await, &refusal)?;
    bench.grant("u1", "10").await?;
    bench.submit(step).await.map(drop)
}

/// By its account, method, path and itself, and by nothing less.
pub async fn an_idempotency_key_can_be_looked_up(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let job = bench.submit(keyed(submit("u1", "0.04"), "a", 7)).await?;
    let scope = idempotency("a", 7).scope(&account_subject("u1"));
    let known = bench.store.idempotency(&scope).await?.map(|record| (record.made, record.fingerprint));
    same("what was made, and of what", known, Some((Made::Work(Owner::Job(job.id)), [7; 32])))?;
    for other in [
        idempotency("b", 7).scope(&account_subject("u1")),
        idempotency("a", 7).scope(&account_subject("u2")),
        crate::IdempotencyScope { path: "/other".to_owned(), ..scope.clone() },
        crate::IdempotencyScope { method: "PUT".to_owned(), ..scope.clone() },
    ] {
        same("another key", bench.store.idempotency(&other).await?.is_none(), true)?;
    }
    Ok(())
}

/// Those that were used before a moment; younger ones stay.
pub async fn old_idempotency_keys_are_forgotten(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    bench.submit(keyed(submit("u1", "0.04"), "old", 1)).await?;
    bench.pass(1);
    let young = bench.submit(keyed(submit("u1", "0.04"), "young", 1)).await?;
    bench.store.forget_idempotency(young.created_at).await?;
    bench.submit(keyed(submit("u1", "0.04"), "old", 2)).await?;
    match bench.store.submit(keyed(submit("u1", "0.04"), "young", 1)).await? {
        Submitted::Earlier(owner) => same("what the young key made", owner, Owner::Job(young.id)),
        Submitted::New(_) | Submitted::Parked(_) => broken("the young key was forgotten too".to_owned()),
    }
}
