//! Budgets of keys, and corrections of accounts.

use fourfold_domain::{CreditsChange, JobState, KeyId};

use super::bench::{StoreBench, failed, succeeded};
use super::keys::key;
use crate::Refusal;
use crate::credits::{Adjust, Budget, EntryKind};
use crate::jobs::Submit;
use crate::testing::conformance::suite::{Rule, Verdict, refused, rules, same};
use crate::testing::{account_subject, credits, submit};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_budget_is_spent_by_what_is_held_and_charged,
        a_spent_budget_refuses_and_leaves_no_trace,
        a_budget_never_adds_to_what_an_account_has,
        an_adjustment_goes_both_ways_and_counts_once,
        an_adjustment_never_takes_what_is_not_there,
    )
}

fn with_key(key: KeyId, step: Submit) -> Submit {
    Submit { key: Some(key), ..step }
}

async fn budget_of(bench: &StoreBench, hash: u8) -> Result<Option<Budget>, crate::StoreError> {
    Ok(bench.store.key_by_hash([hash; 32]).await?.and_then(|key| key.budget))
}

fn spent(limit: &str, held: &str, charged: &str) -> Option<Budget> {
    Some(Budget { limit: credits(limit), held: credits(held), charged: credits(charged) })
}

fn adjust(user: &str, change: &str, operation: &str) -> Result<Adjust, fourfold_domain::CreditsError> {
    Ok(Adjust {
        subject: account_subject(user),
        change: change.parse::<CreditsChange>()?,
        operation: operation.to_owned(),
        note: None,
    })
}

/// Across accounts: a hold moves it, its end gives the rest back.
pub async fn a_budget_is_spent_by_what_is_held_and_charged(bench: StoreBench) -> Verdict {
    let limited = crate::keys::ApiKey { budget: Some(Budget::new(credits("1"))), ..key(&bench, 1) };
    bench.store.insert_key(limited.clone()).await?;
    for user in ["u1", "u2"] {
        bench.grant(user, "10").await?;
    }
    let first = bench.submit(with_key(limited.id, submit("u1", "0.4"))).await?;
    let second = bench.submit(with_key(limited.id, submit("u2", "0.5"))).await?;
    same("two holds", budget_of(&bench, 1).await?, spent("1", "0.9", "0"))?;

    let lease = bench.claim(first.id).await?.lease;
    bench.store.begin_attempt(crate::testing::begin(lease)).await?;
    bench.store.record_upstream(super::bench::upstream(lease, super::bench::objects(first.id))).await?;
    bench.finish(lease, succeeded(first.id, "0.3")).await?;
    let lease = bench.claim(second.id).await?.lease;
    bench.finish(lease, failed()).await?;
    same("a charge and a release", budget_of(&bench, 1).await?, spent("1", "0", "0.3"))?;
    bench.stands(first.id, JobState::Succeeded, "0.3").await?;
    same(
        "as listed",
        bench.store.keys(None, 10).await?.first().and_then(|key| key.budget),
        spent("1", "0", "0.3"),
    )?;
    bench.is_clean().await
}

/// What it doesn't cover isn't begun.
pub async fn a_spent_budget_refuses_and_leaves_no_trace(bench: StoreBench) -> Verdict {
    let limited = crate::keys::ApiKey { budget: Some(Budget::new(credits("0.05"))), ..key(&bench, 1) };
    bench.store.insert_key(limited.clone()).await?;
    bench.grant("u1", "10").await?;
    bench.submit(with_key(limited.id, submit("u1", "0.04"))).await?;
    let before = bench.all_of(&["u1", "u2"]).await?;
    let refusal = Refusal::BudgetExceeded { key: limited.id, needed: credits("0.04"), left: credits("0.01") };
    refused(bench.store.submit(with_key(limited.id, submit("u1", "0.04"))).await, &refusal)?;
    same("all there is", bench.all_of(&["u1", "u2"]).await?, before)?;
    bench.submit(submit("u1", "0.04")).await?;
    bench.submit(with_key(limited.id, submit("u1", "0.01"))).await?;
    same("the budget", budget_of(&bench, 1).await?, spent("0.05", "0.05", "0"))?;
    bench.is_clean().await
}

/// It is a limit, not money.
pub async fn a_budget_never_adds_to_what_an_account_has(bench: StoreBench) -> Verdict {
    let limited = crate::keys::ApiKey { budget: Some(Budget::new(credits("100"))), ..key(&bench, 1) };
    bench.store.insert_key(limited.clone()).await?;
    bench.grant("u1", "0.01").await?;
    let refusal = Refusal::InsufficientCredits { needed: credits("0.04"), available: credits("0.01") };
    refused(bench.store.submit(with_key(limited.id, submit("u1", "0.04"))).await, &refusal)?;
    same("the budget", budget_of(&bench, 1).await?, spent("100", "0", "0"))
}

/// The second time it answers with the account as it is.
pub async fn an_adjustment_goes_both_ways_and_counts_once(bench: StoreBench) -> Verdict {
    refused(bench.store.adjust(adjust("u1", "1", "adjust:0")?).await, &Refusal::NotFound)?;
    bench.grant("u1", "10").await?;
    bench.store.adjust(adjust("u1", "-2.5", "adjust:a")?).await?;
    bench.store.adjust(adjust("u1", "-2.5", "adjust:a")?).await?;
    bench.store.adjust(adjust("u1", "1", "adjust:b")?).await?;
    refused(bench.store.adjust(adjust("u1", "2", "adjust:b")?).await, &Refusal::OperationMismatch)?;
    bench.has("u1", "8.5", "0").await?;
    let entries = [(EntryKind::Grant, "10"), (EntryKind::Adjust, "-2.5"), (EntryKind::Adjust, "1")];
    bench.has_entries("u1", &entries).await?;
    bench.is_clean().await
}

/// What is held stays held.
pub async fn an_adjustment_never_takes_what_is_not_there(bench: StoreBench) -> Verdict {
    bench.grant("u1", "1").await?;
    bench.submit(submit("u1", "0.4")).await?;
    let refusal = Refusal::InsufficientCredits { needed: credits("0.7"), available: credits("0.6") };
    refused(bench.store.adjust(adjust("u1", "-0.7", "adjust:a")?).await, &refusal)?;
    bench.store.adjust(adjust("u1", "-0.6", "adjust:b")?).await?;
    bench.has("u1", "0", "0.4").await?;
    bench.is_clean().await
}
