//! The process is killed by chance, again and again, under callers who submit, cancel and look.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::Value;
use tokio::sync::watch;

use crate::support::{Api, Home, Random, fast, picture, read_all_books, run, slow, within};

/// For how long servers are killed.
const RUNS_FOR: Duration = Duration::from_secs(15);

/// How long a server lives at most once it listens.
const LIFE_MS_MAX: u64 = 700;

const CALLERS: u64 = 6;

/// Where the server is now; `None` while there is none, and when there will be none any more the channel ends.
type Now = watch::Receiver<Option<Api>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_by_chance_lose_nothing() {
    let mut random = Random::from_chance();
    let home = Home::new();
    let server = home.start().await;
    for caller in 0..CALLERS {
        server.admin.grant(&user(caller), "1000").await;
    }
    server.stop().await;

    let (now, _) = watch::channel(None);
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let random = Random::from_seed(random.next());
            run(call(now.subscribe(), user(caller), random))
        })
        .collect();
    let began = Instant::now();
    let mut kills = 0;
    while began.elapsed() < RUNS_FOR {
        let server = home.start().await;
        now.send_replace(Some(server.admin.clone()));
        // Not waiting for anything: the moment is the chance.
        tokio::time::sleep(Duration::from_millis(random.below(LIFE_MS_MAX))).await;
        now.send_replace(None);
        server.kill().await.died_by(Signal::KILL);
        kills += 1;
    }
    let server = home.start().await;
    drop(now);

    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    let promised = within(join_all(callers)).await;
    let accounts: Vec<_> = (0..CALLERS).map(|caller| server.admin.user(&user(caller))).collect();
    let books = read_all_books(&home, &accounts).await;
    for (promised, books) in promised.into_iter().zip(books) {
        for (key, id) in &promised.unwrap() {
            assert!(books.jobs.contains_key(id), "the job {id} of {key} was promised and is lost");
        }
        for (state, count) in books.states() {
            *states.entry(state.to_owned()).or_default() += count;
        }
    }
    println!("{kills} kills, jobs {states:?}");
    assert!(kills >= 10 && states["succeeded"] >= 10, "too little happened");
}

fn user(number: u64) -> String {
    format!("caller-{number}")
}

/// Submits and cancels until there are no more servers; gives the jobs that were promised, by idempotency key.
async fn call(mut now: Now, user: String, mut random: Random) -> BTreeMap<String, String> {
    let mut promised = BTreeMap::new();
    for number in 0.. {
        let key = format!("{user}-{number}");
        let body = match random.below(8) {
            0..4 => fast(&key),
            4..7 => slow(&key),
            _ => picture("mock-image-fail", &key),
        };
        let Some(job) = submit(&mut now, &user, &key, &body).await else { break };
        let id = job["id"].as_str().unwrap().to_owned();
        let server = now.borrow().clone();
        if random.below(4) == 0
            && let Some(api) = server
        {
            let cancelled =
                api.user(&user).ask("POST", &format!("/api/v1/jobs/{id}/cancel")).try_send().await;
            let status = cancelled.map_or(0, |answer| answer.status);
            assert!([0, 202, 409].contains(&status), "a cancel was answered {status}");
        }
        promised.insert(key, id);
    }
    promised
}

/// Asks until a server answers, as a client does that reconnects; nothing once there are no more servers.
async fn submit(now: &mut Now, user: &str, key: &str, body: &Value) -> Option<Value> {
    loop {
        let api = now.wait_for(Option::is_some).await.ok()?.clone()?;
        let asked = api.user(user).post("/api/v1/jobs", body).header("idempotency-key", key).try_send().await;
        match asked {
            Ok(answer) => return Some(answer.json(202)),
            // The next server will tell.
            Err(_) => now.changed().await.ok()?,
        }
    }
}
