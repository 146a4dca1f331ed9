//! Messages, which are Anthropic's.

use axum::body::Body;
use fourfold_simulator::{Simulator, SimulatorSettings};
use http::Request;
use serde_json::{Value, json};

use super::{message, with};
use crate::support::{Answered, send, settings, simulator};

const MESSAGES: &str = "/aihubmix/v1/messages";

fn asked(extra: Value) -> Value {
    let messages = json!([{"role": "user", "content": "Say hi"}]);
    with(json!({"model": "claude-sonnet-5", "max_tokens": 100, "messages": messages}), extra)
}

async fn post(simulator: &Simulator, body: &Value) -> Answered {
    let request = Request::post(MESSAGES).header("x-api-key", "mine");
    let request = request.header("anthropic-version", "2023-06-01");
    send(simulator, request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn a_message_is_answered() {
    let simulator = simulator();
    let answer = post(&simulator, &asked(json!({}))).await.json();
    assert_eq!(answer["content"], json!([{"type": "text", "text": "This is a simulated answer to: Say hi"}]));
    assert_eq!((&answer["type"], &answer["stop_reason"]), (&json!("message"), &json!("end_turn")));
    let paid = &simulator.paid_tasks()[0];
    assert_eq!((paid.credential.as_str(), paid.task_id.as_str()), ("mine", answer["id"].as_str().unwrap()));
    let events = post(&simulator, &asked(json!({"stream": true}))).await.json_events();
    assert_eq!(events.last().unwrap()["type"], "message_stop");
}

#[tokio::test]
async fn only_claude_speaks_so() {
    let extra_models = vec!["mine".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    let error = post(&simulator, &asked(json!({"model": "gpt-4o"}))).await.refusal(503);
    assert!(message(&error).starts_with("Incorrect model ID."), "{error}");
    post(&simulator, &asked(json!({"model": "mine"}))).await.json();
}

#[tokio::test]
async fn what_claudes_vendor_finds_wrong_comes_in_its_own_shape() {
    let simulator = simulator();
    let error = post(&simulator, &asked(json!({"max_tokens": null}))).await.refusal(400);
    let expected = json!({"type": "invalid_request_error", "message": "max_tokens: Field required"});
    assert_eq!((&error["type"], &error["error"]), (&json!("error"), &expected));
    assert!(error["request_id"].as_str().unwrap().starts_with("req_"));
}
