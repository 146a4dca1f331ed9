//! What every usage log must do.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{AccountId, CallId, Credits, JobId, KeyId, Modality, Realm};
use uuid::Uuid;

use super::Failures;
use super::suite::{Broken, Rule, Verdict, holds, rules, run, same};
use crate::Timestamp;
use crate::credits::Owner;
use crate::ports::UsageStore;
use crate::testing::{credits, provider};
use crate::usage::{
    UsageAmounts, UsageFilter, UsageGroups, UsageKey, UsageOutcome, UsageQuery, UsageRow, UsageTotals,
};

type Usage = Arc<dyn UsageStore>;

/// Runs every rule, each over a log with nothing in it.
pub async fn usage(make: impl AsyncFn() -> Usage) -> Result<usize, Failures> {
    run(rules(), make).await
}

fn rules() -> Vec<Rule<Usage>> {
    rules!(
        nothing_used_is_no_sum,
        rows_are_summed_up,
        a_row_that_is_added_again_counts_once,
        rows_are_told_apart_by_what_is_asked,
        only_what_the_filter_lets_pass_counts,
        what_ended_from_the_first_moment_until_the_last_counts,
        pages_follow_one_another_without_a_gap,
        rows_without_a_key_or_provider_are_a_group_of_their_own,
        the_oldest_are_forgotten_first,
        no_rows_can_be_added,
    )
}

/// 2026-01-01 at noon.
const NOON: i64 = 1_767_268_800_000;
const DAY: i64 = 24 * 60 * 60 * 1000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A chat that ended well.
fn row() -> UsageRow {
    UsageRow {
        owner: Owner::Call(CallId::new(Uuid::now_v7())),
        account: AccountId::new(Uuid::from_u128(1)),
        realm: Realm::default(),
        key: Some(KeyId::new(Uuid::from_u128(2))),
        model: "talk".parse().expect("a model's name"),
        modality: Modality::Chat,
        provider: Some(provider("acme")),
        outcome: UsageOutcome::Succeeded,
        attempts: 1,
        amounts: UsageAmounts { input_tokens: 10, output_tokens: 5, ..UsageAmounts::default() },
        charged: credits("0.25"),
        is_estimated: false,
        duration: Duration::from_millis(100),
        first_part: None,
        ended_at: at(NOON),
    }
}

fn model(name: &str) -> UsageRow {
    UsageRow { model: name.parse().expect("a model's name"), ..row() }
}

/// All that ended in these days, in one sum.
fn query() -> UsageQuery {
    UsageQuery {
        from: at(NOON - 10 * DAY),
        to: at(NOON + 10 * DAY),
        filter: UsageFilter::default(),
        groups: UsageGroups::default(),
        after: None,
        limit: 100,
    }
}

fn by_model() -> UsageQuery {
    UsageQuery { groups: UsageGroups { model: true, ..UsageGroups::default() }, ..query() }
}

async fn count(usage: &Usage, query: UsageQuery) -> Result<u64, Broken> {
    Ok(usage.usage(query).await?.iter().map(UsageTotals::count).sum())
}

/// Nor is it an error.
pub async fn nothing_used_is_no_sum(usage: Usage) -> Verdict {
    same("sums", usage.usage(query()).await?, vec![])
}

/// Each column with its own.
pub async fn rows_are_summed_up(usage: Usage) -> Verdict {
    let amounts = UsageAmounts::from_array([1, 2, 3, 4, 5, 6, 7]);
    let picture = UsageRow {
        owner: Owner::Job(JobId::new(Uuid::now_v7())),
        outcome: UsageOutcome::Failed,
        attempts: 3,
        amounts,
        charged: credits("1"),
        is_estimated: true,
        duration: Duration::from_millis(301),
        first_part: Some(Duration::from_millis(41)),
        ..row()
    };
    usage.add_usage(vec![row(), picture]).await?;
    let expected = UsageTotals {
        key: UsageKey::default(),
        outcomes: [1, 0, 1, 0, 0, 0, 0],
        attempts: 4,
        amounts: UsageAmounts::from_array([11, 2, 8, 4, 5, 6, 7]),
        charged: credits("1.25"),
        estimated: 1,
        duration: Duration::from_millis(200),
        // Only of those that have one.
        first_part: Some(Duration::from_millis(41)),
    };
    same("sums", usage.usage(query()).await?, vec![expected])
}

/// As it may be after an answer was lost.
pub async fn a_row_that_is_added_again_counts_once(usage: Usage) -> Verdict {
    let (first, other) = (row(), row());
    usage.add_usage(vec![first.clone()]).await?;
    usage.add_usage(vec![UsageRow { charged: Credits::ZERO, ..first }, other]).await?;
    let sums = usage.usage(query()).await?;
    same("rows", sums.iter().map(UsageTotals::count).collect::<Vec<_>>(), vec![2])?;
    same("charged", sums.first().map(|sum| sum.charged), Some(credits("0.5")))
}

/// By one of them, and by several.
pub async fn rows_are_told_apart_by_what_is_asked(usage: Usage) -> Verdict {
    let other = UsageRow {
        account: AccountId::new(Uuid::from_u128(9)),
        realm: "elsewhere".parse()?,
        key: Some(KeyId::new(Uuid::from_u128(8))),
        model: "picture".parse()?,
        provider: Some(provider("zenith")),
        ended_at: at(NOON + DAY),
        ..row()
    };
    usage.add_usage(vec![row(), row(), other.clone()]).await?;
    let none = UsageGroups::default();
    let key = UsageKey::default();
    let day = NOON / DAY;
    let first = row();
    for (groups, keys) in [
        (
            UsageGroups { day: true, ..none },
            [UsageKey { day: Some(day), ..key.clone() }, UsageKey { day: Some(day + 1), ..key.clone() }],
        ),
        (
            UsageGroups { model: true, ..none },
            [
                UsageKey { model: Some(other.model.clone()), ..key.clone() },
                UsageKey { model: Some(first.model.clone()), ..key.clone() },
            ],
        ),
        (
            UsageGroups { key: true, ..none },
            [UsageKey { key: first.key, ..key.clone() }, UsageKey { key: other.key, ..key.clone() }],
        ),
        (
            UsageGroups { account: true, ..none },
            [
                UsageKey { account: Some(first.account), ..key.clone() },
                UsageKey { account: Some(other.account), ..key.clone() },
            ],
        ),
        (
            UsageGroups { realm: true, ..none },
            [
                UsageKey { realm: Some(first.realm.clone()), ..key.clone() },
                UsageKey { realm: Some(other.realm.clone()), ..key.clone() },
            ],
        ),
        (
            UsageGroups { provider: true, ..none },
            [
                UsageKey { provider: first.provider.clone(), ..key.clone() },
                UsageKey { provider: other.provider.clone(), ..key.clone() },
            ],
        ),
        (
            UsageGroups { day: true, model: true, ..none },
            [
                UsageKey { day: Some(day), model: Some(first.model.clone()), ..key.clone() },
                UsageKey { day: Some(day + 1), model: Some(other.model.clone()), ..key.clone() },
            ],
        ),
    ] {
        let sums = usage.usage(UsageQuery { groups, ..query() }).await?;
        let told: Vec<_> = sums.iter().map(|sum| sum.key.clone()).collect();
        same("keys", told, keys.to_vec())?;
        let counts: Vec<_> = sums.iter().map(UsageTotals::count).collect();
        let expected = if sums.first().is_some_and(|sum| sum.key.model.as_ref() == Some(&other.model)) {
            [1, 2]
        } else {
            [2, 1]
        };
        same("counts", counts, expected.to_vec())?;
    }
    Ok(())
}

/// By one filter and by several.
pub async fn only_what_the_filter_lets_pass_counts(usage: Usage) -> Verdict {
    let account = AccountId::new(Uuid::from_u128(9));
    let realm: Realm = "elsewhere".parse()?;
    usage
        .add_usage(vec![
            row(),
            UsageRow { account, ..row() },
            UsageRow { realm: realm.clone(), ..row() },
            UsageRow { provider: Some(provider("zenith")), ..row() },
            UsageRow { account, realm: realm.clone(), provider: Some(provider("zenith")), ..row() },
        ])
        .await?;
    let all = UsageFilter::default();
    let (realm, zenith) = (Some(realm), Some(provider("zenith")));
    for (filter, expected) in [
        (all.clone(), 5),
        (UsageFilter { account: Some(account), ..all.clone() }, 2),
        (UsageFilter { realm: realm.clone(), ..all.clone() }, 2),
        (UsageFilter { provider: zenith.clone(), ..all.clone() }, 2),
        (UsageFilter { account: Some(account), realm, provider: zenith }, 1),
        (UsageFilter { provider: Some(provider("nobody")), ..all }, 0),
    ] {
        let what = format!("{filter:?}");
        same(&what, count(&usage, UsageQuery { filter, ..query() }).await?, expected)?;
    }
    Ok(())
}

/// The first moment counts, the last doesn't.
pub async fn what_ended_from_the_first_moment_until_the_last_counts(usage: Usage) -> Verdict {
    let rows = [-1, 0, 1, 2].map(|moment| UsageRow { ended_at: at(NOON + moment), ..row() });
    usage.add_usage(rows.to_vec()).await?;
    let query = UsageQuery { from: at(NOON), to: at(NOON + 2), ..query() };
    same("rows", count(&usage, query).await?, 2)
}

/// In the order of the keys, whatever is in a name.
pub async fn pages_follow_one_another_without_a_gap(usage: Usage) -> Verdict {
    let names = ["A", "Z", "_", "a", "a-b", "a.b", "a/b", "aB", "b"];
    usage.add_usage(names.map(model).to_vec()).await?;
    let mut told = Vec::new();
    let mut after = None;
    loop {
        let page = usage.usage(UsageQuery { after, limit: 2, ..by_model() }).await?;
        holds("a page has at most as many as are asked for", page.len() <= 2)?;
        let Some(last) = page.last() else { break };
        // As it is handed out and comes back.
        after = Some(last.key.to_string().parse()?);
        told.extend(page.iter().filter_map(|sum| sum.key.model.as_ref().map(ToString::to_string)));
    }
    let mut expected = names.map(str::to_owned).to_vec();
    expected.sort_unstable();
    same("models", told, expected)
}

/// They come first.
pub async fn rows_without_a_key_or_provider_are_a_group_of_their_own(usage: Usage) -> Verdict {
    usage.add_usage(vec![row(), UsageRow { key: None, provider: None, ..row() }]).await?;
    let groups = UsageGroups { key: true, provider: true, ..UsageGroups::default() };
    let sums = usage.usage(UsageQuery { groups, limit: 1, ..query() }).await?;
    same("first", sums.iter().map(|sum| sum.key.clone()).collect::<Vec<_>>(), vec![UsageKey::default()])?;
    let after = Some(UsageKey::default());
    let sums = usage.usage(UsageQuery { groups, after, ..query() }).await?;
    let expected = UsageKey { key: row().key, provider: row().provider, ..UsageKey::default() };
    same("second", sums.iter().map(|sum| sum.key.clone()).collect::<Vec<_>>(), vec![expected])
}

/// As many as are asked for, and none that is to be kept.
pub async fn the_oldest_are_forgotten_first(usage: Usage) -> Verdict {
    let rows = [3, 1, 2, 0].map(|moment| UsageRow { ended_at: at(NOON + moment), ..row() });
    usage.add_usage(rows.to_vec()).await?;
    same("forgotten", usage.forget_usage(at(NOON + 3), 2).await?, 2)?;
    let old = UsageQuery { to: at(NOON + 2), ..query() };
    same("the oldest", count(&usage, old).await?, 0)?;
    same("forgotten", usage.forget_usage(at(NOON + 3), 2).await?, 1)?;
    same("forgotten", usage.forget_usage(at(NOON + 3), 2).await?, 0)?;
    same("kept", count(&usage, query()).await?, 1)
}

/// Which changes nothing.
pub async fn no_rows_can_be_added(usage: Usage) -> Verdict {
    usage.add_usage(Vec::new()).await?;
    same("rows", count(&usage, query()).await?, 0)
}
