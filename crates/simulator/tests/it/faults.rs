//! Each fault, seen by the caller and in the counters.

use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::Simulator;
use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Answered, post, request, send, simulator};

const IMAGES: &str = "/openai/v1/images/generations";
const CHAT: &str = "/openai/v1/chat/completions";

fn picture() -> Value {
    json!({"prompt": "a fox", "size": "64x64"})
}

fn chat() -> Value {
    json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "stream": true})
}

async fn post_with(simulator: &Simulator, fault: &str, path: &str, body: &Value) -> Answered {
    let request = request(Method::POST, path).header("x-simulator-fault", fault);
    send(simulator, request.body(body.to_string().into()).unwrap()).await
}

#[tokio::test]
async fn a_status_comes_in_the_vendors_shape_and_nothing_is_paid() {
    let simulator = simulator();
    for (fault, status, code) in [
        ("status=429; retry-after=2", 429, json!("rate_limit_exceeded")),
        ("status=429; code=insufficient_quota", 429, json!("insufficient_quota")),
        ("status=503", 503, json!("server_is_overloaded")),
        ("status=500", 500, Value::Null),
    ] {
        let answer = post_with(&simulator, fault, IMAGES, &picture()).await;
        assert_eq!(answer.refusal(status)["error"]["code"], code, "{fault}");
        assert_eq!(answer.header("retry-after"), if fault.contains("retry-after") { "2" } else { "" });
        assert!(answer.header("x-request-id").starts_with("req_"));
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn an_accepted_status_is_paid() {
    let simulator = simulator();
    post_with(&simulator, "status=504; accept", IMAGES, &picture()).await.refusal(504);
    assert_eq!(simulator.counts().paid_tasks, 1);
}

#[tokio::test]
async fn an_accepted_503_is_no_overload_unless_the_fault_says_so() {
    let simulator = simulator();
    for (fault, code, message) in [
        ("status=503; accept", Value::Null, "Internal server error"),
        ("status=503; accept; code=slow_down; message=Later", json!("slow_down"), "Later"),
    ] {
        let error = post_with(&simulator, fault, IMAGES, &picture()).await.refusal(503)["error"].clone();
        assert_eq!((&error["code"], &error["message"]), (&code, &json!(message)), "{fault}");
    }
    assert_eq!(simulator.counts().paid_tasks, 2);
}

#[tokio::test]
async fn a_fault_of_a_rule_hits_what_matches() {
    let simulator = simulator();
    simulator.fault("POST /openai/v1/images/*", "status=503; skip=1; times=1").unwrap();
    for (path, body, status) in
        [(IMAGES, picture(), 200), (CHAT, chat(), 200), (IMAGES, picture(), 503), (IMAGES, picture(), 200)]
    {
        assert_eq!(post(&simulator, path, &body).await.status.as_u16(), status, "{path}");
    }
    assert_eq!(simulator.counts().paid_tasks, 3);
    assert_eq!(simulator.faults()[0].matched, 2);
}

#[tokio::test]
async fn a_fault_of_a_header_hits_so_many_times() {
    let simulator = simulator();
    for status in [502, 502, 200] {
        let answer = post_with(&simulator, "status=502; times=2", IMAGES, &picture()).await;
        assert_eq!(answer.status.as_u16(), status);
    }
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_named() {
    let simulator = simulator();
    let answer = post_with(&simulator, "explode", IMAGES, &picture()).await;
    assert_eq!(answer.status.as_u16(), 400);
    assert!(answer.text().contains("there is no fault called `explode`"));
    assert!(simulator.fault("/openai", "status=503").is_err());
    for (requests, fault) in
        [("* *", "explode"), ("* *", ""), ("FOO /openai/v1", "lose"), ("POST /nosuch/v1", "lose")]
    {
        assert!(simulator.fault(requests, fault).is_err(), "{requests}: {fault}");
    }
    assert_eq!(simulator.faults(), []);
}

#[tokio::test(start_paused = true)]
async fn a_delay_comes_before_the_answer() {
    let simulator = simulator();
    let began_at = Instant::now();
    post_with(&simulator, "delay=90s", IMAGES, &picture()).await.json();
    assert_eq!(began_at.elapsed(), Duration::from_secs(90));
}

#[tokio::test]
async fn malformed_json_has_its_whole_length() {
    let simulator = simulator();
    let answer = post_with(&simulator, "malformed", IMAGES, &picture()).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
}

#[tokio::test]
async fn a_malformed_stream_goes_on_after_the_bad_event() {
    let simulator = simulator();
    let events = post_with(&simulator, "malformed", CHAT, &chat()).await.events();
    let readable: Vec<_> = events.iter().map(|data| serde_json::from_str::<Value>(data).is_ok()).collect();
    assert_eq!(readable[..3], [true, false, true]);
    assert_eq!(events.last().unwrap(), "[DONE]");
}

#[tokio::test]
async fn a_wrong_media_type_leaves_the_body() {
    let simulator = simulator();
    let answer = post_with(&simulator, "content-type=text/html", IMAGES, &picture()).await;
    assert_eq!(answer.header("content-type"), "text/html");
    assert!(serde_json::from_slice::<Value>(&answer.body).is_ok());
}

#[tokio::test]
async fn a_cut_body_is_not_whole() {
    let simulator = simulator();
    assert!(!post_with(&simulator, "cut=10", IMAGES, &picture()).await.is_whole);
    assert!(!post_with(&simulator, "cut=0", CHAT, &chat()).await.is_whole);
    assert!(post_with(&simulator, "cut=1000000", CHAT, &chat()).await.is_whole);
    // The work was done each time, and nobody else closed anything.
    assert_eq!((simulator.counts().paid_tasks, simulator.counts().closed_by_client), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn drips_come_at_their_pace() {
    let simulator = simulator();
    let began_at = Instant::now();
    let answer = post_with(&simulator, "drip=100/1s", IMAGES, &picture()).await;
    let drips = u64::try_from(answer.body.len().div_ceil(100)).unwrap();
    assert_eq!(began_at.elapsed(), Duration::from_secs(drips - 1));
    answer.json();
}

#[tokio::test]
async fn a_dropped_answer_counts_as_closed_by_the_client() {
    let simulator = simulator();
    let request = request(Method::POST, CHAT).body(Body::from(chat().to_string())).unwrap();
    let Ok(response) = tower::ServiceExt::oneshot(simulator.router(), request).await;
    assert_eq!(simulator.counts().closed_by_client, 0);
    drop(response);
    assert_eq!(simulator.counts().closed_by_client, 1);
    assert!(simulator.received()[0].closed_by_client_at.is_some());
}
