//! How the tests talk to a simulator.

mod answer;
mod form;
mod picture;
mod socket;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use fourfold_simulator::{Clock, Simulator, SimulatorSettings, Timings};
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

pub(crate) use answer::{Answered, decoded};
pub(crate) use form::Form;
pub(crate) use picture::{png, png_size};
pub(crate) use socket::Socket;

/// When it is, where a test doesn't say otherwise.
pub(crate) const NOW_SECONDS: u64 = 1_790_000_000;

/// A simulator whose clock stands still.
pub(crate) fn simulator() -> Simulator {
    Simulator::start(settings())
}

pub(crate) fn settings() -> SimulatorSettings {
    let clock = Clock::Fixed(now());
    SimulatorSettings { clock, ..SimulatorSettings::default() }
}

/// A simulator whose tasks wait 2 s and run 4 s.
pub(crate) fn slow_simulator() -> Simulator {
    let timings = Timings {
        task_queued: Duration::from_secs(2),
        task_running: Duration::from_secs(4),
        ..Timings::default()
    };
    Simulator::start(SimulatorSettings { timings, ..settings() })
}

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW_SECONDS)
}

/// A request with the key `mine`.
pub(crate) fn request(method: Method, path: &str) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "simulator.test")
        .header("authorization", "Bearer mine")
}

/// What the simulator answers in process.
pub(crate) async fn send(simulator: &Simulator, request: Request<Body>) -> Answered {
    let Ok(response) = simulator.router().oneshot(request).await;
    let (head, body) = response.into_parts();
    match body.collect().await {
        Ok(body) => {
            Answered { status: head.status, headers: head.headers, body: body.to_bytes(), is_whole: true }
        }
        Err(_) => {
            Answered { status: head.status, headers: head.headers, body: Default::default(), is_whole: false }
        }
    }
}

pub(crate) async fn get(simulator: &Simulator, path: &str) -> Answered {
    send(simulator, request(Method::GET, path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn delete(simulator: &Simulator, path: &str) -> Answered {
    send(simulator, request(Method::DELETE, path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn post(simulator: &Simulator, path: &str, body: &Value) -> Answered {
    let request = request(Method::POST, path).header("content-type", "application/json");
    send(simulator, request.body(body.to_string().into()).unwrap()).await
}

pub(crate) async fn post_form(simulator: &Simulator, path: &str, form: Form) -> Answered {
    let request = request(Method::POST, path).header("content-type", Form::MEDIA_TYPE);
    send(simulator, request.body(form.body().into()).unwrap()).await
}
