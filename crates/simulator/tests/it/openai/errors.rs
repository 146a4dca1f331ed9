//! Refusals in OpenAI's shape.

use std::collections::BTreeMap;

use axum::body::Body;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use http::{Method, Request};
use serde_json::{Value, json};

use crate::support::{get, post, request, send, settings, simulator};

const CHAT: &str = "/openai/v1/chat/completions";

#[tokio::test]
async fn all_four_fields_are_always_there() {
    let error = post(&simulator(), CHAT, &json!({})).await.refusal(400);
    let expected = json!({"error": {"message": "Missing required parameter: 'model'.",
        "type": "invalid_request_error", "param": "model", "code": "missing_required_parameter"}});
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_call_needs_a_right_key() {
    let keys = BTreeMap::from([(Vendor::OpenAi, vec!["mine".to_owned()])]);
    let simulator = Simulator::start(SimulatorSettings { keys, ..settings() });
    for (authorization, code) in [
        (None, Value::Null),
        (Some("Basic bWluZQ=="), Value::Null),
        (Some("Bearer "), Value::Null),
        (Some("Bearer sk-another-key-of-mine"), json!("invalid_api_key")),
    ] {
        let mut call = Request::post(CHAT);
        if let Some(authorization) = authorization {
            call = call.header("authorization", authorization);
        }
        let error = send(&simulator, call.body(Body::empty()).unwrap()).await.refusal(401);
        assert_eq!(error["error"]["code"], code, "{authorization:?}");
        assert!(!error.to_string().contains("another-key"));
    }
    // The right key comes as far as the body.
    post(&simulator, CHAT, &json!({})).await.refusal(400);
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let simulator = simulator();
    assert_eq!(get(&simulator, "/openai/v1/nothing").await.refusal(404)["error"]["code"], Value::Null);
    get(&simulator, "/openai").await.refusal(404);
    assert_eq!(get(&simulator, CHAT).await.refusal(405)["error"]["code"], "method_not_supported");
    assert!(get(&simulator, "/nobody/v1").await.text().contains("the vendors are openai, stability, "));
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let simulator = simulator();
    for body in ["", "{", "[]", "{\"a\":1} x"] {
        let request = request(Method::POST, CHAT).body(body.into()).unwrap();
        send(&simulator, request).await.refusal(400);
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let body = vec![b' '; (64 << 20) + 1];
    send(&simulator(), request(Method::POST, CHAT).body(body.into()).unwrap()).await.refusal(413);
}
