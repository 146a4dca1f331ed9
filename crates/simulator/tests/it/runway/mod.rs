//! Runway's wire.

mod assets;
mod enhance;
mod errors;
mod images;
mod organization;
mod sound;
mod tasks;
mod throttle;
mod uploads;
mod videos;

use axum::body::Body;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fourfold_simulator::Simulator;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::support::{Answered, png, request, send};

const URL: &str = "https://h.example/a";

/// A request with the version of the API.
fn versioned(method: Method, path: &str) -> http::request::Builder {
    request(method, &format!("/runway/v1/{path}")).header("x-runway-version", "2024-11-06")
}

async fn post(simulator: &Simulator, path: &str, body: &Value) -> Answered {
    send(simulator, versioned(Method::POST, path).body(body.to_string().into()).unwrap()).await
}

async fn get(simulator: &Simulator, path: &str) -> Answered {
    send(simulator, versioned(Method::GET, path).body(Body::empty()).unwrap()).await
}

async fn delete(simulator: &Simulator, path: &str) -> Answered {
    send(simulator, versioned(Method::DELETE, path).body(Body::empty()).unwrap()).await
}

/// The body with these fields besides or instead; what is null is taken out.
fn with(mut body: Value, changes: Value) -> Value {
    let fields = body.as_object_mut().unwrap();
    fields.extend(changes.as_object().unwrap().clone());
    fields.retain(|_, value| !value.is_null());
    body
}

/// A video of five seconds from a picture, for 25 credits.
fn video(changes: Value) -> Value {
    let video = json!({"model": "gen4_turbo", "promptImage": URL, "ratio": "1280:720", "duration": 5});
    with(video, changes)
}

/// Asks for work. Returns the id of its task.
async fn start(simulator: &Simulator, path: &str, body: &Value) -> String {
    post(simulator, path, body).await.json()["id"].as_str().unwrap().to_owned()
}

async fn start_with(simulator: &Simulator, fault: &str, path: &str, body: &Value) -> String {
    let request = versioned(Method::POST, path).header("x-simulator-fault", fault);
    let answer = send(simulator, request.body(body.to_string().into()).unwrap()).await;
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn task(simulator: &Simulator, id: &str) -> Value {
    get(simulator, &format!("tasks/{id}")).await.json()
}

/// What the links of a task lead to.
async fn outputs(simulator: &Simulator, id: &str) -> Vec<Answered> {
    let task = task(simulator, id).await;
    let mut files = Vec::new();
    for link in task["output"].as_array().unwrap() {
        let path = link.as_str().unwrap().strip_prefix("http://simulator.test").unwrap();
        files.push(send(simulator, Request::get(path).body(Body::empty()).unwrap()).await);
    }
    files
}

/// Sends bodies that must be refused for the field at this path, and counts nothing as paid.
#[track_caller]
fn check_path(answer: &Answered, path: &str) {
    let error = answer.refusal(400);
    assert_eq!(error["error"], "Validation of body failed", "{error}");
    let steps = error["issues"][0]["path"].as_array().unwrap();
    let named: Vec<_> = steps.iter().map(|step| step.to_string().replace('"', "")).collect();
    assert_eq!(named.join("."), path, "{error}");
}

async fn check_refused(path: &str, cases: impl IntoIterator<Item = (Value, &str)>) {
    let simulator = crate::support::simulator();
    for (body, field) in cases {
        check_path(&post(&simulator, path, &body).await, field);
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

/// Sends bodies that must be accepted, each with what it is estimated at, and awaits files that begin so.
async fn check_made(path: &str, cases: impl IntoIterator<Item = (Value, u64)>, media_type: &str) {
    let simulator = crate::support::simulator();
    for (body, credits) in cases {
        let created = post(&simulator, path, &body).await.json();
        assert_eq!(created["estimatedCost"], json!({"credits": credits}), "{body}");
        let id = created["id"].as_str().unwrap();
        assert_eq!(task(&simulator, id).await["status"], "SUCCEEDED", "{body}");
        for file in outputs(&simulator, id).await {
            assert_eq!(file.header("content-type"), media_type, "{body}");
        }
        let paid = simulator.paid_tasks();
        let paid = paid.last().unwrap();
        assert_eq!((paid.task_id.as_str(), paid.route.as_str()), (id, format!("POST /v1/{path}").as_str()));
    }
}

fn picture_uri() -> String {
    data_uri("image/png", &png(64, 48))
}

fn data_uri(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", BASE64_STANDARD.encode(bytes))
}
