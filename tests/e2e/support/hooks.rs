//! A receiver of webhooks that checks what comes, as it comes: each event has one id of its own and a signature.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::home::Home;
use super::http::Api;
use super::jobs::is_final;
use super::receiver::{Received, Receiver, Reply};
use super::wait::run;

/// How often a message may be refused; the waits are short, so that tests see the end.
const TRIES_MAX: usize = 32;

/// What came to one address.
pub(crate) struct Hooks {
    receiver: Arc<Receiver>,
    told: watch::Sender<Told>,
    /// Of each account that may tell.
    secrets: watch::Sender<BTreeMap<String, String>>,
}

/// A job and its version: one event.
type Sequence = (String, u64);

/// What came, put together.
#[derive(Default)]
struct Told {
    events: BTreeMap<Sequence, Event>,
    by_id: BTreeMap<String, Sequence>,
    messages: usize,
    /// What mustn't have come.
    wrong: Vec<String>,
}

struct Event {
    id: String,
    is_final: bool,
    is_taken: bool,
}

impl Hooks {
    /// Takes everything.
    pub(crate) async fn start() -> Self {
        let hooks = Self {
            receiver: Arc::new(Receiver::start().await),
            told: watch::Sender::default(),
            secrets: watch::Sender::default(),
        };
        let (receiver, told, secrets) =
            (hooks.receiver.clone(), hooks.told.clone(), hooks.secrets.subscribe());
        run(async move {
            loop {
                let messages = receiver.take().await;
                let secrets = secrets.borrow().clone();
                told.send_modify(|told| messages.iter().for_each(|message| told.add(message, &secrets)));
            }
        });
        hooks
    }

    /// A home whose servers may tell it, and soon again what it refused.
    pub(crate) fn allow(home: Home) -> Home {
        home.with("FOURFOLD__WEBHOOKS__ALLOW_PRIVATE_URLS", "true")
            .with("FOURFOLD__WEBHOOKS__SCHEDULE", vec!["500ms"; TRIES_MAX].join(", "))
            .with("FOURFOLD__WEBHOOKS__TIMEOUT", "1s")
            .with("FOURFOLD__WEBHOOKS__IN_FLIGHT_PER_ENDPOINT_MAX", "64")
    }

    /// Makes the secret that signs what this account's jobs tell.
    pub(crate) async fn make_secret(&self, admin: &Api, user: &str) {
        let secret = admin.user(user).post("/api/v1/webhooks/secrets", &json!({})).send().await.json(201);
        let secret = secret["secret"].as_str().unwrap().to_owned();
        self.secrets.send_modify(|secrets| drop(secrets.insert(user.to_owned(), secret)));
    }

    /// What asks for a job of this account that tells.
    pub(crate) fn told(&self, user: &str, mut body: Value) -> Value {
        body["webhook_url"] = json!(self.receiver.url());
        body["metadata"] = json!({"teller": user});
        body
    }

    /// Answers so from now on.
    pub(crate) fn answers_by(&self, plan: impl FnMut() -> Reply + Send + 'static) {
        self.receiver.answers_by(plan);
    }

    /// Waits until every event of those among these jobs, all final, that tell was taken; then each has come under one
    /// id that no other has, and signed. Gives how many events there were, and in how many messages.
    pub(crate) async fn check<'a>(
        &self,
        jobs: impl Iterator<Item = (&'a String, &'a Value)>,
        limit: Duration,
    ) -> (usize, usize) {
        let tellers = jobs.filter(|(_, job)| job["metadata"]["teller"].is_string());
        let mut missing: Vec<&String> = tellers.map(|(id, _)| id).collect();
        assert!(!missing.is_empty(), "no job tells");
        let mut told = self.told.subscribe();
        let all = told.wait_for(|told| {
            missing.retain(|job| !told.is_whole(job));
            missing.is_empty()
        });
        let came = tokio::time::timeout(limit, all).await.is_ok();
        let told = self.told.borrow();
        assert_eq!(told.wrong, Vec::<String>::new());
        assert!(came, "not all was told within {limit:?} of {missing:?}");
        (told.events.len(), told.messages)
    }
}

impl Told {
    fn add(&mut self, message: &Received, secrets: &BTreeMap<String, String>) {
        self.messages += 1;
        let body = message.json();
        let (data, id) = (&body["data"], message.id().to_owned());
        let secret = secrets.get(data["metadata"]["teller"].as_str().unwrap_or_default());
        if !secret.is_some_and(|secret| message.is_signed_with(secret)) {
            self.wrong.push(format!("not signed: {body}"));
        }
        let (Some(job), Some(version)) = (data["id"].as_str(), body["sequence"].as_u64()) else {
            self.wrong.push(format!("not an event: {body}"));
            return;
        };
        let sequence = (job.to_owned(), version);
        if *self.by_id.entry(id.clone()).or_insert_with(|| sequence.clone()) != sequence {
            self.wrong.push(format!("{id} is another event's: {body}"));
        }
        let new = Event { id: id.clone(), is_final: is_final(data), is_taken: false };
        let event = self.events.entry(sequence).or_insert(new);
        if event.id != id {
            self.wrong.push(format!("{id} was {} before: {body}", event.id));
        }
        event.is_taken |= matches!(message.reply, Reply::Status(200..=299));
    }

    /// Whether every event of a job was taken, from the first after its submission to its end.
    fn is_whole(&self, job: &str) -> bool {
        let events: Vec<_> = self.events.range((job.to_owned(), 0)..=(job.to_owned(), u64::MAX)).collect();
        let last = events.last().filter(|(_, event)| event.is_final);
        last.is_some_and(|((_, version), _)| {
            events.iter().map(|((_, version), _)| *version).eq(2..=*version)
                && events.iter().all(|(_, event)| event.is_taken)
        })
    }
}
