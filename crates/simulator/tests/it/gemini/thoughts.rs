//! Thinking.

use serde_json::{Value, json};

use super::{TEXT, generate, hi};
use crate::support::simulator;

async fn thinking(config: Value) -> Value {
    let config = json!({"generationConfig": {"thinkingConfig": config}});
    generate(&simulator(), TEXT, &hi(config)).await.json()
}

#[tokio::test]
async fn thoughts_are_shown_where_they_are_asked_for() {
    let answer = thinking(json!({"includeThoughts": true, "thinkingLevel": "HIGH"})).await;
    let parts = answer["candidates"][0]["content"]["parts"].as_array().unwrap();
    assert_eq!(parts[0], json!({"text": "This is a simulated thought about: Say hi", "thought": true}));
    assert_eq!(parts[1], json!({"text": "This is a simulated answer to: Say hi"}));
    assert_eq!(answer["usageMetadata"]["candidatesTokenCount"], 8);
    assert_eq!(answer["usageMetadata"]["thoughtsTokenCount"], 8);
}

#[tokio::test]
async fn hidden_thoughts_cost_the_same() {
    let answer = thinking(json!({})).await;
    assert_eq!(answer["candidates"][0]["content"]["parts"].as_array().unwrap().len(), 1);
    assert_eq!(answer["usageMetadata"]["thoughtsTokenCount"], 8);
}

#[tokio::test]
async fn no_budget_is_no_thoughts() {
    let answer = thinking(json!({"thinkingBudget": 0, "includeThoughts": true})).await;
    assert_eq!(answer["candidates"][0]["content"]["parts"].as_array().unwrap().len(), 1);
    assert_eq!(answer["usageMetadata"].get("thoughtsTokenCount"), None);
}

#[tokio::test]
async fn thoughts_use_up_the_limit_of_the_answer() {
    let config = json!({"generationConfig": {"maxOutputTokens": 3}});
    let answer = generate(&simulator(), TEXT, &hi(config)).await.json();
    let candidate = &answer["candidates"][0];
    assert_eq!((candidate.get("content"), &candidate["finishReason"]), (None, &json!("MAX_TOKENS")));
    assert_eq!(answer["usageMetadata"]["thoughtsTokenCount"], 3);
    assert_eq!(answer["usageMetadata"].get("candidatesTokenCount"), None);
}
