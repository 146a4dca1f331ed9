//! The ready target `openai`: what OpenAI's API can do, with our keys.

use fourfold_simulator::Vendor;
use serde_json::{Value, json};

use super::{chat, ready};
use crate::support::Api;

#[tokio::test(flavor = "multi_thread")]
async fn chats_embeddings_and_pictures_go_through_with_the_vendors_key() {
    let (simulator, _home, server) = ready().await;
    simulator.set_keys(Vendor::OpenAi, Some(vec!["sk-theirs".to_owned()]));
    let api = &server.admin;
    let said = api.post("/forward/openai/v1/chat/completions", &chat()).send().await;
    assert!(said.json(200)["choices"][0]["message"]["content"].is_string());
    let body = json!({"model": "text-embedding-3-small", "input": "a fox"});
    let vectors = api.post("/forward/openai/v1/embeddings", &body).send().await.json(200);
    assert!(vectors["data"][0]["embedding"].is_array());
    let body = json!({"model": "gpt-image-2", "prompt": "a fox"});
    let picture = api.post("/forward/openai/v1/images/generations", &body).send().await.json(200);
    assert!(picture["data"][0]["b64_json"].is_string());
    let models = api.read("/forward/openai/v1/models").await;
    assert!(!models["data"].as_array().unwrap().is_empty());
    let received = simulator.received();
    let shown = format!("{received:?}");
    assert!(!shown.contains("ff_e2e"), "our key stays here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_comes_byte_for_byte_as_the_vendor_sent_it() {
    let (simulator, _home, server) = ready().await;
    let mut body = chat();
    body["stream"] = true.into();
    let answer = server.admin.post("/forward/openai/v1/chat/completions", &body).send().await;
    assert!(answer.status == 200 && answer.header("content-type").starts_with("text/event-stream"));
    let sent = simulator.received().last().and_then(|received| received.answer()).unwrap();
    assert_eq!(answer.bytes, sent);
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendors_refusal_is_passed_on_as_it_is() {
    let (_simulator, _home, server) = ready().await;
    let body = json!({"model": "gpt-none", "messages": []});
    let answer = server.admin.post("/forward/openai/v1/chat/completions", &body).send().await;
    assert!((400..500).contains(&answer.status), "{}", answer.text());
    assert_eq!((answer.header("fourfold-error"), answer.header("x-should-retry")), ("", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_on_the_list_is_not_sent() {
    let (simulator, _home, server) = ready().await;
    let before = simulator.counts().requests;
    for (method, path) in [
        ("GET", "/v1/files"),
        ("POST", "/v1/files"),
        ("POST", "/v1/responses"),
        ("GET", "/v1/responses/resp_1"),
        ("DELETE", "/v1/models/gpt-4.1"),
        ("GET", "/v1/videos"),
    ] {
        let answer = server.admin.ask(method, &format!("/forward/openai{path}")).send().await;
        answer.refuses(403, "not_allowed");
        assert_eq!(answer.header("fourfold-error"), "1", "{method} {path}");
    }
    assert_eq!(simulator.counts().requests, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_targets_in_metrics_and_in_the_admin_api() {
    let (_simulator, _home, server) = ready().await;
    server.admin.post("/forward/openai/v1/chat/completions", &chat()).send().await.json(200);
    let listed = server.admin.read("/api/v1/admin/forward").await;
    let target = &listed["data"][0];
    assert_eq!((&target["id"], &target["circuit"]), (&json!("openai"), &json!("closed")));
    assert!(!listed.to_string().contains("sk-theirs"));
    let metrics = Api::new(server.admin.base()).get("/metrics").send().await.text();
    for line in [
        "fourfold_forward_requests_total{target=\"openai\"} 1",
        "fourfold_forward_responses_total{target=\"openai\",status=\"200\"} 1",
        "fourfold_forward_in_flight{target=\"openai\"} 0",
        "fourfold_forward_breaker_open{target=\"openai\"} 0",
        "fourfold_forward_seconds_count{target=\"openai\"} 1",
        "fourfold_forward_first_byte_seconds_count{target=\"openai\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let Value::Array(allowed) = &target["allow"] else { panic!("{target}") };
    assert!(allowed.contains(&json!("POST /v1/chat/completions")));
}
