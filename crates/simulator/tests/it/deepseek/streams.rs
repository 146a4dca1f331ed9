//! Chats that come in chunks.

use serde_json::{Value, json};

use super::{CHAT, chat, unthinking, weather};
use crate::support::{post, simulator};

async fn stream(extra: Value) -> Vec<Value> {
    let mut asked = chat(extra);
    asked["stream"] = json!(true);
    let answer = post(&simulator(), CHAT, &asked).await;
    assert!(answer.text().starts_with(": keep-alive\n\ndata: {"), "{}", answer.text());
    assert_eq!(answer.events().last().unwrap(), "[DONE]");
    answer.json_events()
}

fn delta(chunk: &Value) -> &Value {
    &chunk["choices"][0]["delta"]
}

fn joined(chunks: &[Value], field: &str) -> String {
    chunks.iter().filter_map(|chunk| delta(chunk)[field].as_str()).collect()
}

#[tokio::test]
async fn a_thought_comes_before_the_answer() {
    let chunks = stream(json!({})).await;
    assert_eq!(joined(&chunks, "reasoning_content"), "This is a simulated thought about: Say hi");
    assert_eq!(joined(&chunks, "content"), "This is a simulated answer to: Say hi");
    let first = json!({"role": "assistant", "content": null, "reasoning_content": "This "});
    assert_eq!(delta(&chunks[0]), &first);
    let spoken_at = chunks.iter().position(|chunk| delta(chunk)["content"].is_string()).unwrap();
    assert!(chunks[spoken_at..].iter().all(|chunk| delta(chunk)["reasoning_content"].is_null()));
    for chunk in &chunks {
        assert_eq!((&chunk["object"], &chunk["id"]), (&json!("chat.completion.chunk"), &chunks[0]["id"]));
    }
}

#[tokio::test]
async fn usage_comes_with_the_last_choice() {
    let chunks = stream(json!({})).await;
    let (last, others) = chunks.split_last().unwrap();
    assert_eq!(
        (&last["choices"][0]["finish_reason"], &last["usage"]["total_tokens"]),
        (&json!("stop"), &json!(21))
    );
    assert!(others.iter().all(|chunk| chunk.get("usage").is_none()));
}

#[tokio::test]
async fn usage_that_was_asked_for_comes_in_a_chunk_of_its_own() {
    let chunks = stream(json!({"stream_options": {"include_usage": true}})).await;
    let (last, others) = chunks.split_last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]["total_tokens"]), (&json!([]), &json!(21)));
    assert!(others.iter().all(|chunk| chunk.get("usage") == Some(&Value::Null)));
}

#[tokio::test]
async fn without_thinking_the_answer_comes_at_once() {
    let chunks = stream(json!({"thinking": unthinking()})).await;
    let first = json!({"role": "assistant", "content": "This ", "reasoning_content": null});
    assert_eq!(delta(&chunks[0]), &first);
    assert_eq!(joined(&chunks, "reasoning_content"), "");
}

#[tokio::test]
async fn a_streamed_tool_call_adds_up() {
    let chunks = stream(json!({"tools": weather()})).await;
    let calls: Vec<_> =
        chunks.iter().filter_map(|chunk| delta(chunk)["tool_calls"].get(0).cloned()).collect();
    assert_eq!((&calls[0]["function"]["name"], &calls[0]["type"]), (&json!("weather"), &json!("function")));
    assert!(calls[1].get("id").is_none());
    let arguments: String =
        calls.iter().map(|call| call["function"]["arguments"].as_str().unwrap()).collect();
    assert_eq!(arguments, r#"{"city":"Say hi"}"#);
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
}
