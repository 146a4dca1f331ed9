//! Messages that are made together and had later.

use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::Simulator;
use http::Method;
use serde_json::{Value, json};

use super::{get, message, post};
use crate::support::{Answered, request, send, simulator, slow_simulator};

const BATCHES: &str = "/anthropic/v1/messages/batches";

/// A message that succeeds and one that is refused.
fn batch() -> Value {
    json!({"requests": [
        {"custom_id": "one", "params": message(json!({}))},
        {"custom_id": "two", "params": message(json!({"max_tokens": 0}))},
    ]})
}

async fn start(simulator: &Simulator) -> String {
    let batch = post(simulator, BATCHES, &batch()).await.json();
    batch["id"].as_str().unwrap().to_owned()
}

async fn delete(simulator: &Simulator, id: &str) -> Answered {
    let request = request(Method::DELETE, &format!("{BATCHES}/{id}"));
    let request = request.header("anthropic-version", "2026-10-21");
    send(simulator, request.body(Body::empty()).unwrap()).await
}

async fn results(simulator: &Simulator, id: &str) -> Vec<Value> {
    let answer = get(simulator, &format!("{BATCHES}/{id}/results")).await;
    assert_eq!(answer.header("content-type"), "application/x-jsonl");
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_batch_ends_with_a_result_for_each_message() {
    let simulator = slow_simulator();
    let begun = post(&simulator, BATCHES, &batch()).await.json();
    let id = begun["id"].as_str().unwrap();
    assert_eq!(
        (&begun["type"], &begun["processing_status"]),
        (&json!("message_batch"), &json!("in_progress"))
    );
    assert_eq!((&begun["request_counts"]["processing"], &begun["results_url"]), (&json!(2), &Value::Null));
    get(&simulator, &format!("{BATCHES}/{id}/results")).await.refusal(404);
    delete(&simulator, id).await.refusal(400);
    simulator.advance(Duration::from_secs(60));
    let ended = get(&simulator, &format!("{BATCHES}/{id}")).await.json();
    let counts = json!({"processing": 0, "succeeded": 1, "errored": 1, "canceled": 0, "expired": 0});
    assert_eq!((&ended["processing_status"], &ended["request_counts"]), (&json!("ended"), &counts));
    assert!(ended["results_url"].as_str().unwrap().ends_with(&format!("{BATCHES}/{id}/results")));
    let results = results(&simulator, id).await;
    assert_eq!(
        (&results[0]["custom_id"], &results[0]["result"]["type"]),
        (&json!("one"), &json!("succeeded"))
    );
    assert_eq!(results[0]["result"]["message"]["stop_reason"], "end_turn");
    let error = &results[1]["result"]["error"];
    assert_eq!((&error["type"], &error["error"]["type"]), (&json!("error"), &json!("invalid_request_error")));
    assert_eq!(simulator.paid_tasks()[0].task_id, id);
    assert_eq!(delete(&simulator, id).await.json(), json!({"id": id, "type": "message_batch_deleted"}));
    get(&simulator, &format!("{BATCHES}/{id}")).await.refusal(404);
}

#[tokio::test]
async fn what_is_cancelled_is_not_made() {
    let simulator = slow_simulator();
    let id = start(&simulator).await;
    let cancelled = post(&simulator, &format!("{BATCHES}/{id}/cancel"), &json!({})).await.json();
    assert_eq!(cancelled["processing_status"], "canceling");
    assert!(cancelled["cancel_initiated_at"].is_string());
    simulator.advance(Duration::from_secs(60));
    let again = post(&simulator, &format!("{BATCHES}/{id}/cancel"), &json!({})).await.json();
    assert_eq!(
        (&again["processing_status"], &again["request_counts"]["canceled"]),
        (&json!("ended"), &json!(2))
    );
    assert!(
        results(&simulator, &id).await.iter().all(|result| result["result"] == json!({"type": "canceled"}))
    );
}

#[tokio::test]
async fn a_batch_that_fails_expires() {
    let simulator = simulator();
    simulator.fault("POST /anthropic/*", "task=fail").unwrap();
    let id = start(&simulator).await;
    assert!(
        results(&simulator, &id).await.iter().all(|result| result["result"] == json!({"type": "expired"}))
    );
}

#[tokio::test]
async fn batches_are_listed_the_newest_first() {
    let simulator = simulator();
    let (older, newer) = (start(&simulator).await, start(&simulator).await);
    let all = get(&simulator, BATCHES).await.json();
    assert_eq!((&all["first_id"], &all["last_id"]), (&json!(newer), &json!(older)));
    let next = get(&simulator, &format!("{BATCHES}?limit=1&after_id={newer}")).await.json();
    assert_eq!((&next["data"][0]["id"], &next["has_more"]), (&json!(older), &json!(false)));
}

#[tokio::test]
async fn a_batch_needs_messages_with_ids_of_their_own() {
    let simulator = simulator();
    let one = json!({"custom_id": "one", "params": message(json!({}))});
    for wrong in [
        json!({}),
        json!({"requests": []}),
        json!({"requests": [{"params": message(json!({}))}]}),
        json!({"requests": [{"custom_id": "one"}]}),
        json!({"requests": [one, one]}),
    ] {
        post(&simulator, BATCHES, &wrong).await.refusal(400);
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}
