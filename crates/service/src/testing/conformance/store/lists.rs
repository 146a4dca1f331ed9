//! Lists: the newest first, page by page.

use std::collections::BTreeSet;

use fourfold_domain::{JobState, Realm};

use super::bench::{StoreBench, failed};
use crate::ports::Needed;
use crate::testing::conformance::suite::{Rule, Verdict, holds, rules, same};
use crate::testing::{provider, submit};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        unfinished_jobs_tell_what_they_need,
        jobs_page_the_newest_first,
        entries_page_the_newest_first,
        accounts_page_the_newest_first
    )
}

/// The pages of a list: asks for the next until one is short.
macro_rules! pages {
    ($page:expr, $id:expr, $size:expr) => {{
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let page = $page(before).await?;
            let short = page.len() < $size;
            holds("a page is longer than asked for", page.len() <= $size)?;
            all.extend(page.iter().map($id));
            before = all.last().copied();
            if short {
                break all;
            }
        }
    }};
}

/// Models of all of them, credentials of those that were begun, and nothing of what is final.
pub async fn unfinished_jobs_tell_what_they_need(bench: StoreBench) -> Verdict {
    same("nothing", bench.store.needed().await?, Needed::default())?;
    let queued = bench.queued("u1", "0.04").await?;
    let models = BTreeSet::from([queued.model.clone()]);
    let expected = Needed { models: models.clone(), ..Needed::default() };
    same("of one that waits", bench.store.needed().await?, expected)?;
    let (job, lease) = bench.starting("u1", "0.04").await?;
    let credentials = BTreeSet::from([(provider("acme"), "default".to_owned())]);
    same("of one begun", bench.store.needed().await?, Needed { models: models.clone(), credentials })?;
    bench.finish(lease, failed()).await?;
    bench.stands(job.id, JobState::Failed, "0").await?;
    same("of what is left", bench.store.needed().await?, Needed { models, ..Needed::default() })
}

/// None twice, none left out, another account's not at all.
pub async fn jobs_page_the_newest_first(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let mut jobs = Vec::new();
    for _ in 0..7 {
        jobs.push(bench.submit(submit("u1", "0.04")).await?.id);
    }
    bench.queued("u2", "0.04").await?;
    jobs.reverse();
    let account = bench.account("u1").await?.id;
    for size in [3, 7, 100] {
        let found = pages!(|before| bench.store.jobs(account, before, size), |view| view.job.id, size);
        same("the jobs", &found, &jobs)?;
    }
    Ok(())
}

/// As they were written.
pub async fn entries_page_the_newest_first(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    for _ in 0..6 {
        bench.submit(submit("u1", "0.04")).await?;
    }
    bench.queued("u2", "0.04").await?;
    let account = bench.account("u1").await?.id;
    let found = pages!(|before| bench.store.entries(account, before, 3), |entry| entry.id, 3);
    same("how many", found.len(), 7)?;
    holds("they aren't in order", found.is_sorted_by(|a, b| a > b))?;
    let last = bench.store.entries(account, None, 1).await?;
    same("the newest kind", last.first().map(|entry| entry.kind), Some(crate::credits::EntryKind::Hold))
}

/// Of one realm.
pub async fn accounts_page_the_newest_first(bench: StoreBench) -> Verdict {
    let mut accounts = Vec::new();
    for number in 0..5 {
        accounts.push(bench.grant(&format!("u{number}"), "1").await?.id);
    }
    accounts.reverse();
    let realm = Realm::default();
    let found = pages!(|before| bench.store.accounts(&realm, before, 2), |account| account.id, 2);
    same("the accounts", found, accounts)
}
