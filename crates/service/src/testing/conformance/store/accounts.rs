//! Accounts and grants.

use fourfold_domain::{Credits, Realm, Subject};

use super::bench::{StoreBench, grant};
use crate::Refusal;
use crate::credits::EntryKind;
use crate::testing::conformance::suite::{Rule, Verdict, holds, refused, rules, same};
use crate::testing::{account_subject, credits};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        an_account_is_made_by_its_first_grant,
        a_grant_twice_gives_once,
        another_grant_under_the_same_operation_is_refused,
        a_grant_past_what_can_be_counted_is_refused,
        realms_are_apart,
    )
}

/// Before it there is none.
pub async fn an_account_is_made_by_its_first_grant(bench: StoreBench) -> Verdict {
    same("the account before", bench.store.account(&account_subject("u1")).await?, None)?;
    let account = bench.grant("u1", "10").await?;
    same("what was granted", account.available, credits("10"))?;
    same("the account after", bench.store.account(&account_subject("u1")).await?, Some(account))?;
    bench.grant("u1", "2.5").await?;
    bench.has("u1", "12.5", "0").await?;
    bench.has_entries("u1", &[(EntryKind::Grant, "10"), (EntryKind::Grant, "2.5")]).await
}

/// The second time answers with the account as it is.
pub async fn a_grant_twice_gives_once(bench: StoreBench) -> Verdict {
    let step = grant("u1", "10", "grant:a");
    let first = bench.store.grant(step.clone()).await?;
    same("the second answer", bench.store.grant(step).await?, first)?;
    bench.has_entries("u1", &[(EntryKind::Grant, "10")]).await
}

/// Another amount or another account: nothing is changed and no account is made.
pub async fn another_grant_under_the_same_operation_is_refused(bench: StoreBench) -> Verdict {
    bench.store.grant(grant("u1", "10", "grant:a")).await?;
    for other in [grant("u1", "11", "grant:a"), grant("u2", "10", "grant:a")] {
        refused(bench.store.grant(other).await, &Refusal::OperationMismatch)?;
    }
    bench.has("u1", "10", "0").await?;
    same("the other account", bench.store.account(&account_subject("u2")).await?, None)
}

/// With what is held counted in, so that a hold can always be given back.
pub async fn a_grant_past_what_can_be_counted_is_refused(bench: StoreBench) -> Verdict {
    let most = Credits::from_micros(i64::MAX)?.to_string();
    bench.grant("u1", &most).await?;
    bench.submit(crate::testing::submit("u1", &most)).await?;
    bench.has("u1", "0", &most).await?;
    let before = bench.all_of(&["u1"]).await?;
    let past = bench.grant("u1", "0.000001").await;
    holds("a grant past what can be counted was taken", past.is_err())?;
    same("all there is", bench.all_of(&["u1"]).await?, before)
}

/// The same external id in two realms is two accounts.
pub async fn realms_are_apart(bench: StoreBench) -> Verdict {
    let mine = bench.grant("u1", "1").await?;
    let realm: Realm = "other".parse()?;
    let subject = Subject { realm: realm.clone(), ..account_subject("u1") };
    let step = crate::credits::Grant { subject: subject.clone(), ..grant("u1", "2", "grant:other") };
    let other = bench.store.grant(step).await?;
    holds("the accounts are one", mine.id != other.id)?;
    same("the account", bench.store.account(&subject).await?, Some(other.clone()))?;
    same("the realm's accounts", bench.store.accounts(&realm, None, 10).await?, vec![other])?;
    same("the default realm's", bench.store.accounts(&Realm::default(), None, 10).await?, vec![mine])
}
