//! Jobs as callers ask for them.

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::http::{Answer, Api};
use super::wait::within;

/// What one of the mock's pictures costs.
pub(crate) const PRICE: &str = "0.04";

/// A small picture of the model that answers at once.
pub(crate) fn fast(prompt: &str) -> Value {
    picture("mock-image", prompt)
}

/// A small picture of the model that gives a task to be polled.
pub(crate) fn slow(prompt: &str) -> Value {
    picture("mock-image-slow", prompt)
}

/// A small picture.
pub(crate) fn picture(model: &str, prompt: &str) -> Value {
    json!({"model": model, "input": {"prompt": prompt, "size": "64x64"}})
}

/// Follows a job to its end and gives it as it then is.
pub(crate) async fn ended(api: &Api, job: &Value) -> Value {
    let id = job["id"].as_str().expect("a job has an id");
    let mut events = api.get(&format!("/api/v1/jobs/{id}/events")).events().await;
    while let Some(event) = within(events.next()).await {
        event.expect("the events don't break off");
    }
    let job = api.read(&format!("/api/v1/jobs/{id}")).await;
    assert!(is_final(&job), "the events ended before the job: {job}");
    job
}

/// Follows a job from after a version until this event is told.
pub(crate) async fn reached(api: &Api, job: &Value, after: u32, event: &str) {
    let path = format!("/api/v1/jobs/{}/events", job["id"].as_str().expect("a job has an id"));
    let mut events = api.get(&path).header("last-event-id", &after.to_string()).events().await;
    let mut told = Vec::new();
    while let Some(next) = within(events.next()).await {
        let name = next.expect("the events don't break off").name().into_owned();
        if name == event {
            return;
        }
        told.push(name);
    }
    panic!("{event} was never told, only {told:?}");
}

/// Calls a job off.
pub(crate) async fn cancel(api: &Api, job: &Value) -> Answer {
    let path = format!("/api/v1/jobs/{}/cancel", job["id"].as_str().expect("a job has an id"));
    api.ask("POST", &path).send().await
}

/// Whether nothing happens to a job any more.
pub(crate) fn is_final(job: &Value) -> bool {
    ["succeeded", "failed", "cancelled", "expired"]
        .contains(&job["state"].as_str().expect("a job has a state"))
}

impl Api {
    /// Gives an account credits.
    pub(crate) async fn grant(&self, account: &str, credits: &str) {
        let path = format!("/api/v1/admin/accounts/{account}/grants");
        self.post(&path, &json!({"credits": credits})).send().await.json(201);
    }

    /// Asks for a job.
    pub(crate) async fn submit(&self, body: &Value) -> Answer {
        self.post("/api/v1/jobs", body).send().await
    }

    /// Asks for a job that must be taken.
    pub(crate) async fn submitted(&self, body: &Value) -> Value {
        self.submit(body).await.json(202)
    }

    /// Makes a key and gives its secret.
    pub(crate) async fn key(&self, body: &Value) -> String {
        let key = self.post("/api/v1/admin/keys", body).send().await.json(201);
        key["key"].as_str().expect("a new key shows its secret").to_owned()
    }
}
