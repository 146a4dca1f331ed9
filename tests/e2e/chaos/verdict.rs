//! What must hold once everything is well again, whatever happened before.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::callers::{Promised, users};
use super::chats::{self, Told};
use super::harm::Harm;
use super::world::World;
use crate::support::{Api, eventually, read_all_books};

/// How long the last jobs and calls may take to end: their deadline, and some.
const ENDS_WITHIN: Duration = Duration::from_secs(150);

/// How long the last webhooks may take to arrive: the lease of one whose sender died, and some.
const TOLD_WITHIN: Duration = Duration::from_secs(60);

/// The most that a job's vendor may be paid for, by its model.
fn paid_max(model: &str) -> usize {
    match model {
        "risky-picture" => 3,
        _ => 1,
    }
}

pub(crate) async fn check(world: &World, promised: Promised, told: Vec<Told>, harm: &Harm) {
    let admin = world.admin();
    let accounts: Vec<Api> = users().iter().map(|user| admin.user(user)).collect();
    let talkers: Vec<Api> = (0..told.len()).map(|number| admin.user(&chats::user(number))).collect();
    // Far less to read than all the jobs, and what ends one ends its hold.
    for account in accounts.iter().chain(&talkers) {
        eventually("every job and call ends", ENDS_WITHIN, async || {
            (account.read("/api/v1/credits").await["held"] == "0").then_some(())
        })
        .await;
    }

    let mut jobs = BTreeMap::new();
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for books in read_all_books(&world.cluster.home, &accounts).await {
        for (state, count) in books.states() {
            *states.entry(state.to_owned()).or_default() += count;
        }
        jobs.extend(books.jobs);
    }
    let (events, messages) = world.hooks.check(jobs.iter(), TOLD_WITHIN).await;
    for (key, job) in &promised {
        assert!(jobs.contains_key(&job.id), "the job {} of {key} was promised and is lost", job.id);
    }

    let paid = paid_by_prompt(world);
    let mut paid_most = 0;
    for (key, job) in &promised {
        let times = paid.get(key).copied().unwrap_or_default();
        assert!(
            times <= paid_max(job.model),
            "{key} ({}) was paid {times} times: {}",
            job.model,
            jobs[&job.id]
        );
        assert!(times > 0 || jobs[&job.id]["state"] != "succeeded", "{key} was made for nothing");
        paid_most = paid_most.max(times);
    }

    let (mut asked, mut ended, mut charged) = (0, 0, 0);
    for (talker, told) in talkers.iter().zip(&told) {
        let entries = talker.read_all("/api/v1/credits/entries").await;
        let settled = entries.iter().filter(|entry| entry["kind"] == "settle").count();
        assert!(
            told.ended <= settled,
            "somebody saw an end that wasn't charged: {told:?}, {settled} charges"
        );
        assert!(settled <= told.asked, "{told:?}, {settled} charges");
        (asked, ended, charged) = (asked + told.asked, ended + told.ended, charged + settled);
    }

    println!("harm: {harm:?}");
    println!("jobs: {} promised, {states:?}, none paid more than {paid_most} times", promised.len());
    println!("chats: {asked} asked, {ended} seen to their end, {charged} charged");
    println!("webhooks: {events} events, each told under its one id, in {messages} messages");
    println!("verdict: clean");
    assert!(states.get("succeeded").is_some_and(|count| *count >= 20) && ended >= 20, "too little happened");
}

/// How often the vendor was paid for each prompt.
fn paid_by_prompt(world: &World) -> BTreeMap<String, usize> {
    let received = world.vendor.received();
    let mut prompts = BTreeMap::new();
    for request in &received {
        if let Some(prompt) = prompt(&request.body) {
            prompts.insert(request.number, prompt);
        }
    }
    let mut paid = BTreeMap::new();
    for task in world.vendor.paid_tasks() {
        if let Some(prompt) = prompts.get(&task.request) {
            *paid.entry(prompt.clone()).or_default() += 1;
        }
    }
    paid
}

/// The prompt in a request's body, JSON or a form.
fn prompt(body: &[u8]) -> Option<String> {
    if let Ok(Value::Object(object)) = serde_json::from_slice(body) {
        return object.get("prompt")?.as_str().map(str::to_owned);
    }
    let text = String::from_utf8_lossy(body);
    let (_, rest) = text.split_once("name=\"prompt\"")?;
    rest.trim_start().lines().find(|line| line.starts_with("caller-")).map(str::to_owned)
}
