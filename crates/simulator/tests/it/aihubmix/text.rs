//! Embeddings and responses, which are OpenAI's.

use serde_json::json;

use super::message;
use crate::support::{decoded, post, simulator};

const EMBEDDINGS: &str = "/aihubmix/v1/embeddings";
const RESPONSES: &str = "/aihubmix/v1/responses";

#[tokio::test]
async fn a_text_is_embedded() {
    let simulator = simulator();
    let mut asked = json!({"model": "text-embedding-3-small", "input": "a fox", "encoding_format": "base64"});
    let answer = post(&simulator, EMBEDDINGS, &asked).await.json();
    assert_eq!(decoded(&answer["data"][0]["embedding"]).len(), 4 * 1536);
    assert_eq!(simulator.counts().paid_tasks, 1);
    asked["input"] = json!("a ".repeat(8193));
    let error = post(&simulator, EMBEDDINGS, &asked).await.refusal(400);
    assert!(message(&error).starts_with("input '8193 tokens'"), "{error}");
    asked["model"] = json!("gpt-4o");
    post(&simulator, EMBEDDINGS, &asked).await.refusal(503);
}

#[tokio::test]
async fn a_response_is_made() {
    let simulator = simulator();
    let mut asked = json!({"model": "gpt-5", "input": "Say hi"});
    let answer = post(&simulator, RESPONSES, &asked).await.json();
    assert_eq!(answer["output"][0]["content"][0]["text"], "This is a simulated answer to: Say hi");
    assert_eq!(simulator.paid_tasks()[0].task_id, answer["id"].as_str().unwrap());
    asked["stream"] = json!(true);
    let events = post(&simulator, RESPONSES, &asked).await.json_events();
    assert_eq!(events.last().unwrap()["type"], "response.completed");
    let error = post(&simulator, RESPONSES, &json!({"model": "gpt-5"})).await.refusal(400);
    assert!(message(&error).starts_with("input is required"), "{error}");
}
