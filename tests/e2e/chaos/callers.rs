//! Callers who submit jobs, look at them and listen, on whichever node answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::world::World;
use crate::support::{Api, Hooks, Random, is_final, run};

const CALLERS: usize = 20;

/// How many jobs a caller asks for side by side.
const SIDE_BY_SIDE: usize = 16;

/// How often a caller looks at its jobs.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long a caller waits before it asks again where no node could answer.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What was promised, by the key that it was asked for with.
pub(crate) type Promised = BTreeMap<String, Job>;

/// A job that was promised.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) model: &'static str,
}

pub(crate) struct Callers {
    tasks: Vec<JoinHandle<(Promised, usize)>>,
    stop: watch::Sender<bool>,
}

/// One caller's account and the nodes.
struct Caller {
    user: String,
    nodes: watch::Receiver<Vec<Api>>,
    stop: watch::Receiver<bool>,
    hooks: Arc<Hooks>,
    random: Random,
}

/// A job that is asked for until it is promised.
struct Asking {
    key: String,
    model: &'static str,
    body: Value,
    user: String,
    nodes: watch::Receiver<Vec<Api>>,
    stop: watch::Receiver<bool>,
    random: Random,
}

pub(crate) async fn start(world: &World, jobs: usize, random: &mut Random) -> Callers {
    let (stop, _) = watch::channel(false);
    let mut tasks = Vec::new();
    for number in 0..CALLERS {
        let user = user(number);
        world.admin().grant(&user, "1000000").await;
        world.hooks.make_secret(&world.admin(), &user).await;
        let caller = Caller {
            user,
            nodes: world.answering(),
            stop: stop.subscribe(),
            hooks: world.hooks.clone(),
            random: Random::from_seed(random.next()),
        };
        tasks.push(run(caller.call(jobs / CALLERS)));
    }
    Callers { tasks, stop }
}

pub(crate) fn users() -> Vec<String> {
    (0..CALLERS).map(user).collect()
}

fn user(number: usize) -> String {
    format!("caller-{number}")
}

impl Callers {
    /// Lets them submit no more, and gives what they were promised, and how much of it was under way at most.
    pub(crate) async fn end(self) -> (Promised, usize) {
        self.stop.send_replace(true);
        let (promised, most): (Vec<_>, Vec<_>) =
            join_all(self.tasks).await.into_iter().map(Result::unwrap).unzip();
        (promised.into_iter().flatten().collect(), most.into_iter().sum())
    }
}

impl Caller {
    /// Keeps so many jobs under way; what it was promised, and how many they were at most.
    async fn call(mut self, jobs: usize) -> (Promised, usize) {
        let (mut promised, mut open) = (Promised::new(), BTreeMap::new());
        let mut listeners = Vec::new();
        let (mut number, mut most, mut looked) = (0, 0, Instant::now());
        while !*self.stop.borrow() {
            let wanted = SIDE_BY_SIDE.min(jobs - open.len());
            let asked: Vec<_> = (number..number + wanted).map(|number| self.ask(number)).collect();
            number += wanted;
            for (key, job) in join_all(asked.into_iter().map(Asking::submit)).await {
                let Some(job) = job else { continue };
                if self.random.below(20) == 0 {
                    listeners.push(run(listen(
                        self.nodes.clone(),
                        self.user.clone(),
                        job.id.clone(),
                        self.random.next(),
                    )));
                }
                if self.random.below(20) == 0 {
                    self.cancel(&job.id).await;
                }
                open.insert(job.id.clone(), ());
                promised.insert(key, job);
            }
            if open.len() == jobs {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            if looked.elapsed() >= LOOK_EVERY {
                looked = Instant::now();
                self.look(&mut open).await;
                most = most.max(open.len());
            }
        }
        for listener in listeners {
            listener.await.unwrap();
        }
        (promised, most)
    }

    /// What asks for another job.
    fn ask(&mut self, number: usize) -> Asking {
        let key = format!("{}-{number}", self.user);
        let model = ["picture", "film", "risky-picture"][usize::try_from(self.random.below(3)).unwrap()];
        let mut body = json!({"model": model, "input": {"prompt": key}});
        if self.random.below(5) == 0 {
            body = self.hooks.told(&self.user, body);
        }
        let (user, nodes, stop) = (self.user.clone(), self.nodes.clone(), self.stop.clone());
        let random = Random::from_seed(self.random.next());
        Asking { key, model, body, user, nodes, stop, random }
    }

    async fn cancel(&mut self, id: &str) {
        let Some(api) = self.node() else { return };
        let cancelled = api.ask("POST", &format!("/api/v1/jobs/{id}/cancel")).try_send().await;
        let status = cancelled.map_or(0, |answer| answer.status);
        assert!([0, 202, 409, 500, 503].contains(&status), "a cancel was answered {status}");
    }

    /// Forgets the jobs that are final.
    async fn look(&mut self, open: &mut BTreeMap<String, ()>) {
        let mut cursor = String::new();
        // What is under way is among the newest.
        for _page in 0..3 {
            let Some(api) = self.node() else { return };
            let Ok(answer) = api.get(&format!("/api/v1/jobs?limit=100{cursor}")).try_send().await else {
                return;
            };
            if answer.status != 200 {
                return;
            }
            let page = answer.json(200);
            for job in page["data"].as_array().unwrap().iter().filter(|job| is_final(job)) {
                open.remove(job["id"].as_str().unwrap());
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return,
            }
        }
    }

    fn node(&mut self) -> Option<Api> {
        pick(&self.nodes, &mut self.random).map(|api| api.user(&self.user))
    }
}

impl Asking {
    /// Asks until a node promises the job, as a client does that reconnects; nothing once it is time to stop.
    async fn submit(mut self) -> (String, Option<Job>) {
        while !*self.stop.borrow() {
            if let Some(api) = pick(&self.nodes, &mut self.random) {
                let asked = api.user(&self.user).post("/api/v1/jobs", &self.body);
                match asked.header("idempotency-key", &self.key).try_send().await {
                    Ok(answer) if answer.status == 202 => {
                        let id = answer.json(202)["id"].as_str().unwrap().to_owned();
                        return (self.key, Some(Job { id, model: self.model }));
                    }
                    Ok(answer) => assert!([500, 503].contains(&answer.status), "{}", answer.text()),
                    Err(_) => {}
                }
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
        (self.key, None)
    }
}

/// Any of the nodes that answer now.
pub(crate) fn pick(nodes: &watch::Receiver<Vec<Api>>, random: &mut Random) -> Option<Api> {
    let nodes = nodes.borrow();
    let count = u64::try_from(nodes.len()).ok().filter(|count| *count > 0)?;
    nodes.get(usize::try_from(random.below(count)).ok()?).cloned()
}

/// Follows a job to its end over whichever nodes answer: no state is skipped and none comes twice.
async fn listen(nodes: watch::Receiver<Vec<Api>>, user: String, job: String, seed: u64) {
    let mut random = Random::from_seed(seed);
    let mut version: u64 = 0;
    loop {
        let Some(api) = pick(&nodes, &mut random) else {
            tokio::time::sleep(AGAIN_AFTER).await;
            continue;
        };
        let ask = api.user(&user).get(&format!("/api/v1/jobs/{job}/events"));
        let Some(mut events) = ask.header("last-event-id", &version.to_string()).try_events().await else {
            tokio::time::sleep(AGAIN_AFTER).await;
            continue;
        };
        while let Some(Ok(event)) = events.next().await {
            let Some(id) = event.id() else { continue };
            let next: u64 = id.parse().unwrap();
            assert_eq!(next, version + 1, "a state of {job} was skipped or came twice");
            version = next;
            let told: Value = event.json().unwrap();
            if is_final(&told) {
                return;
            }
        }
    }
}
