//! The process dies at each of the places where a job passes from one durable step to the next.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Cluster, Home, Hooks, Server, ended, fast, picture, read_books, slow};

/// How often the process dies at each place.
const DEATHS: usize = 20;

/// How many jobs are asked for in each life that is to end; each passes the place at least once.
const JOBS: usize = 4;

const USER: &str = "u1";

/// How long the last webhooks may take: longer than the lease of one whose sender died.
const TOLD_WITHIN: Duration = Duration::from_secs(30);

#[tokio::test]
async fn death_after_submit_loses_nothing() {
    check(&embedded(), "after_submit").await;
}

#[tokio::test]
async fn scaled_out_death_after_submit_loses_nothing() {
    check(&scaled_out().home, "after_submit").await;
}

#[tokio::test]
async fn death_after_claim_loses_nothing() {
    check(&embedded(), "after_claim").await;
}

#[tokio::test]
async fn scaled_out_death_after_claim_loses_nothing() {
    check(&scaled_out().home, "after_claim").await;
}

#[tokio::test]
async fn death_after_begin_attempt_loses_nothing() {
    check(&embedded(), "after_begin_attempt").await;
}

#[tokio::test]
async fn scaled_out_death_after_begin_attempt_loses_nothing() {
    check(&scaled_out().home, "after_begin_attempt").await;
}

#[tokio::test]
async fn death_after_vendor_accept_loses_nothing() {
    check(&embedded(), "after_vendor_accept").await;
}

#[tokio::test]
async fn scaled_out_death_after_vendor_accept_loses_nothing() {
    check(&scaled_out().home, "after_vendor_accept").await;
}

#[tokio::test]
async fn death_after_record_loses_nothing() {
    check(&embedded(), "after_record").await;
}

#[tokio::test]
async fn scaled_out_death_after_record_loses_nothing() {
    check(&scaled_out().home, "after_record").await;
}

#[tokio::test]
async fn death_after_store_loses_nothing() {
    check(&embedded(), "after_store").await;
}

#[tokio::test]
async fn scaled_out_death_after_store_loses_nothing() {
    check(&scaled_out().home, "after_store").await;
}

#[tokio::test]
async fn death_after_finish_loses_nothing() {
    check(&embedded(), "after_finish").await;
}

#[tokio::test]
async fn scaled_out_death_after_finish_loses_nothing() {
    check(&scaled_out().home, "after_finish").await;
}

/// The table of recoveries: what becomes of a job whose server died at a place, for a vendor that answers at
/// once and one that gives a task; nothing where it doesn't pass there.
#[tokio::test]
async fn a_job_recovers_by_where_its_server_died() {
    let home = Home::new();
    home.start().await.admin.grant(USER, "100").await;
    for (place, at_once, as_task) in [
        ("after_submit", "succeeded", "succeeded"),
        ("after_claim", "succeeded", "succeeded"),
        ("after_begin_attempt", "failed uncertain", "failed uncertain"),
        ("after_vendor_accept", "failed uncertain", "failed uncertain"),
        // What came at once is recorded as the job ends, what a task made can be asked for again.
        ("after_record", "", "succeeded"),
        ("after_store", "failed uncertain", "succeeded"),
        ("after_finish", "succeeded", "succeeded"),
    ] {
        let models = [("mock-image", at_once), ("mock-image-slow", as_task)];
        for (model, expected) in models.into_iter().filter(|(_, expected)| !expected.is_empty()) {
            let server = home.try_start(&[("FOURFOLD_FAILPOINT", place)]).await.unwrap();
            // It may die before it answers.
            drop(server.admin.user(USER).post("/api/v1/jobs", &picture(model, place)).try_send().await);
            server.ended().await.died_by(Signal::ABORT);

            let server = home.start().await;
            let caller = server.admin.user(USER);
            let jobs = caller.read("/api/v1/jobs?limit=1").await;
            let job = ended(&caller, &jobs["data"][0]).await;
            let code = job["error"]["code"].as_str().map(|code| format!(" {code}")).unwrap_or_default();
            let found = format!("{}{code}", job["state"].as_str().unwrap());
            assert_eq!(found, expected, "{model} {place}: {job}");
        }
    }
    let server = home.start().await;
    let books = read_books(&home, &server.admin.user(USER)).await;
    assert_eq!(books.jobs.len(), 13);
}

#[tokio::test]
async fn unknown_place_is_refused_with_those_that_there_are() {
    let said = Home::new().with("FOURFOLD_FAILPOINT", "after_all").refusal().await;
    assert!(said.contains("after_all") && said.contains("after_begin_attempt"), "{said}");
}

fn embedded() -> Home {
    Hooks::allow(Home::new())
}

/// Many processes' servers, and leases that a test can wait for: here nobody knows that the dead are dead before
/// their leases end.
pub(crate) fn scaled_out() -> Cluster {
    let cluster = Cluster::new();
    Cluster { home: Hooks::allow(cluster.home), ..cluster }
        .with("FOURFOLD__JOBS__SEND_MARGIN", "0s")
        .with("FOURFOLD__JOBS__LEASE", "1500ms")
        .with("FOURFOLD__JOBS__RENEW", "300ms")
        .with("FOURFOLD__JOBS__SWEEP", "200ms")
        .with("FOURFOLD__INSTANCES__BEAT", "300ms")
        .with("FOURFOLD__INSTANCES__LEASE", "1500ms")
}

/// Lets the process die at a place over and over, under jobs of both kinds, now and then again while it
/// recovers; then all must add up, and every change of a job must have been told.
async fn check(home: &Home, place: &str) {
    let hooks = Hooks::start().await;
    {
        let server = home.start().await;
        server.admin.grant(USER, "1000").await;
        hooks.make_secret(&server.admin, USER).await;
    }
    let mut promised = Promised::default();
    let mut clean_lives = 0;
    for death in 0..DEATHS {
        // Half of the jobs pass every place.
        let nth = death % 2 + 1;
        match home.try_start(&[("FOURFOLD_FAILPOINT", &format!("{place}:{nth}"))]).await {
            // It died of what an earlier life had left.
            Err(ran) => ran.died_by(Signal::ABORT),
            Ok(server) => {
                promised.ask(&server, &hooks, death).await;
                server.ended().await.died_by(Signal::ABORT);
            }
        }
        if death % 3 != 1 {
            promised.check(&home.start().await).await;
            clean_lives += 1;
        }
    }

    let server = home.start().await;
    promised.check(&server).await;
    let books = read_books(home, &server.admin.user(USER)).await;
    assert_eq!(books.jobs.len(), promised.requests.len(), "each request made one job");
    let (events, messages) = hooks.check(books.jobs.iter(), TOLD_WITHIN).await;
    let states = books.states();
    println!(
        "{place}: {DEATHS} deaths, {clean_lives} lives between them, jobs {states:?}, {events} events in \
         {messages} messages"
    );
    assert!(states["succeeded"] > 0, "{states:?}");
}

/// What was asked for, by idempotency key, with the job that was promised for it.
#[derive(Default)]
struct Promised {
    requests: BTreeMap<String, (Value, Option<String>)>,
}

impl Promised {
    /// Asks for jobs all at once; the server may die over any of them.
    async fn ask(&mut self, server: &Server, hooks: &Hooks, life: usize) {
        let caller = server.admin.user(USER);
        let requests = (0..JOBS).map(|number| {
            let prompt = format!("job {number} of life {life}");
            let body = if number % 2 == 0 { fast(&prompt) } else { slow(&prompt) };
            (format!("{life}-{number}"), hooks.told(USER, body))
        });
        let asked = requests.map(async |(key, body)| {
            let answer = caller.post("/api/v1/jobs", &body).header("idempotency-key", &key).try_send().await;
            let id = answer.ok().map(|answer| answer.json(202)["id"].as_str().unwrap().to_owned());
            (key, (body, id))
        });
        self.requests.extend(join_all(asked).await);
    }

    /// Checks that what was promised is there, and asks again for what wasn't answered.
    async fn check(&mut self, server: &Server) {
        let caller = server.admin.user(USER);
        for (key, (body, promised)) in &mut self.requests {
            let again =
                caller.post("/api/v1/jobs", body).header("idempotency-key", key).send().await.json(202);
            let id = again["id"].as_str().unwrap().to_owned();
            assert_eq!(*promised.get_or_insert_with(|| id.clone()), id, "the same request is the same job");
            ended(&caller, &again).await;
        }
    }
}
