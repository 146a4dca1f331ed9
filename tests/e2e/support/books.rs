//! What must hold of money and results once all is quiet, whatever happened before.

use std::collections::BTreeMap;

use fourfold_domain::Credits;
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::home::Home;
use super::http::Api;
use super::jobs::{ended, is_final};

/// How many accounts are read side by side, and results of each.
const SIDE_BY_SIDE: usize = 4;

/// An account's jobs, all final, by id.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) jobs: BTreeMap<String, Value>,
    pub(crate) available: Credits,
}

impl Books {
    /// How many jobs ended in each state.
    pub(crate) fn states(&self) -> BTreeMap<&str, usize> {
        let mut states = BTreeMap::new();
        for job in self.jobs.values() {
            *states.entry(job["state"].as_str().unwrap_or_default()).or_default() += 1;
        }
        states
    }
}

/// Waits until the jobs of all accounts that there are, each read by its caller, are final, and checks all that
/// must then hold: each job has one hold and one end, was charged at most its hold, and only for results that
/// are there, byte for byte; nothing is held; an account has what was granted less what was charged; and the
/// ledger's own audit is clean.
pub(crate) async fn read_all_books(home: &Home, callers: &[Api]) -> Vec<Books> {
    let all = stream::iter(callers).map(read_account).buffered(SIDE_BY_SIDE).collect().await;
    is_clean(home).await;
    all
}

/// The same where there is one account.
pub(crate) async fn read_books(home: &Home, caller: &Api) -> Books {
    read_all_books(home, std::slice::from_ref(caller)).await.remove(0)
}

/// Fails unless the ledger adds up and nothing is held any more.
pub(crate) async fn is_clean(home: &Home) {
    let verified = home.command(&["ledger", "verify"]).await.output();
    assert!(verified.ends_with("clean") && verified.contains(" holds (0 open)"), "{verified}");
}

async fn read_account(caller: &Api) -> Books {
    let mut jobs = BTreeMap::new();
    for job in caller.read_all("/api/v1/jobs").await {
        let job = if is_final(&job) { job } else { ended(caller, &job).await };
        jobs.insert(text(&job["id"]), job);
    }

    let mut by_job: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut granted = Credits::ZERO;
    for entry in caller.read_all("/api/v1/credits/entries").await {
        match entry["owner"].as_str() {
            None => granted = granted.checked_add(credits(&entry["amount"])).unwrap(),
            Some(owner) => {
                let job = owner.strip_prefix("job:").expect("only jobs hold credits here");
                by_job.entry(job.to_owned()).or_default().push(entry);
            }
        }
    }
    assert!(by_job.keys().eq(jobs.keys()), "each job has entries, and no other has");

    let mut left = granted;
    let mut charges = Vec::new();
    for (id, entries) in &by_job {
        let job = &jobs[id];
        let charged = check_entries(job, entries);
        left = left.checked_sub(charged).expect("no more is charged than was granted");
        charges.push((job, charged));
    }
    let check = async |(job, charged)| check_results(caller, job, charged).await;
    stream::iter(charges).for_each_concurrent(SIDE_BY_SIDE, check).await;
    let balance = caller.read("/api/v1/credits").await;
    assert_eq!(balance["held"], "0", "{balance}");
    assert_eq!(credits(&balance["available"]), left, "{balance}");
    Books { jobs, available: left }
}

/// One hold and one end; gives what was charged.
fn check_entries(job: &Value, entries: &[Value]) -> Credits {
    let kinds: Vec<_> = entries.iter().map(|entry| text(&entry["kind"])).collect();
    let (held, charged) = (credits(&job["credits"]["held"]), credits(&job["credits"]["charged"]));
    // The newest entry comes first. A loss is the operator's, and changes nothing here.
    let kinds: Vec<_> = kinds.into_iter().filter(|kind| kind != "loss").collect();
    let end = if charged.is_zero() { "release" } else { "settle" };
    assert_eq!(kinds, [end, "hold"], "{job} {entries:?}");
    assert!(charged <= held, "{job}");
    charged
}

/// What was charged for is there; what isn't there wasn't charged for. Only a cancel may cost without a result.
async fn check_results(caller: &Api, job: &Value, charged: Credits) {
    let artifacts = job["artifacts"].as_array().expect("a job has a list of artifacts");
    match text(&job["state"]).as_str() {
        "succeeded" => assert!(!artifacts.is_empty() && !charged.is_zero(), "{job}"),
        "cancelled" => assert!(artifacts.is_empty(), "{job}"),
        _ => assert!(artifacts.is_empty() && charged.is_zero(), "{job}"),
    }
    for artifact in artifacts {
        let path = format!("/api/v1/jobs/{}/artifacts/{}", text(&job["id"]), artifact["index"]);
        let file = caller.get(&path).send().await;
        assert_eq!(file.status, 200, "{}", file.text());
        assert_eq!(sha256(&file.bytes), text(&artifact["sha256"]), "{job}");
    }
}

/// The SHA-256 of bytes, as jobs show it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn credits(value: &Value) -> Credits {
    text(value).parse().unwrap_or_else(|error| panic!("{value}: {error}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
