//! Messages that come as events.

use serde_json::{Value, json};

use super::{MESSAGES, message, post, weather};
use crate::support::{Answered, simulator};

/// The types of the events, each as it is named before its data.
fn types(answer: &Answered) -> Vec<String> {
    let types: Vec<String> =
        answer.json_events().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    let names: Vec<&str> = answer.text().lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(names, types);
    types
}

fn deltas(answer: &Answered, kind: &str, field: &str) -> String {
    let events = answer.json_events();
    let deltas = events.iter().filter(|event| event["delta"]["type"] == kind);
    deltas.map(|event| event["delta"][field].as_str().unwrap()).collect()
}

async fn stream(extra: Value) -> Answered {
    let mut asked = message(extra);
    asked["stream"] = json!(true);
    post(&simulator(), MESSAGES, &asked).await
}

#[tokio::test]
async fn events_come_in_their_order() {
    let answer = stream(json!({"max_tokens": 2})).await;
    let expected = [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ];
    assert_eq!(types(&answer), expected);
    assert_eq!(answer.json_events()[2], json!({"type": "ping"}));
}

#[tokio::test]
async fn a_stream_adds_up_to_the_whole_answer() {
    let simulator = simulator();
    let whole = post(&simulator, MESSAGES, &message(json!({}))).await.json();
    let answer = post(&simulator, MESSAGES, &message(json!({"stream": true}))).await;
    assert_eq!(deltas(&answer, "text_delta", "text"), whole["content"][0]["text"].as_str().unwrap());
    let events = answer.json_events();
    let start = &events[0]["message"];
    assert_eq!((&start["content"], &start["stop_reason"]), (&json!([]), &Value::Null));
    assert_eq!(start["usage"]["input_tokens"], whole["usage"]["input_tokens"]);
    let end = &events[events.len() - 2];
    assert_eq!(end["delta"], json!({"stop_reason": "end_turn", "stop_sequence": null, "stop_details": null}));
    assert_eq!(end["usage"]["output_tokens"], whole["usage"]["output_tokens"]);
    assert_eq!(simulator.paid_tasks()[1].task_id, start["id"].as_str().unwrap());
}

#[tokio::test]
async fn a_streamed_tool_call_adds_up() {
    let answer = stream(json!({"tools": weather()})).await;
    let events = answer.json_events();
    let block = &events[1]["content_block"];
    assert_eq!(
        (&block["type"], &block["name"], &block["input"]),
        (&json!("tool_use"), &json!("weather"), &json!({}))
    );
    assert_eq!(events[3]["delta"], json!({"type": "input_json_delta", "partial_json": ""}));
    assert_eq!(deltas(&answer, "input_json_delta", "partial_json"), r#"{"city":"Say hi"}"#);
    assert_eq!(events[events.len() - 2]["delta"]["stop_reason"], "tool_use");
}

#[tokio::test]
async fn streamed_thinking_comes_first_and_ends_with_its_signature() {
    let answer = stream(json!({"thinking": {"type": "adaptive"}})).await;
    let events = answer.json_events();
    assert_eq!(events[1]["content_block"], json!({"type": "thinking", "thinking": "", "signature": ""}));
    assert_eq!(deltas(&answer, "thinking_delta", "thinking"), "This is a simulated thought about: Say hi");
    assert_eq!(deltas(&answer, "signature_delta", "signature").len(), 64);
    let last_of_first = events.iter().position(|event| event["type"] == "content_block_stop").unwrap();
    assert_eq!(events[last_of_first - 1]["delta"]["type"], "signature_delta");
    assert_eq!(events[last_of_first + 1]["index"], 1);
    assert_eq!(deltas(&answer, "text_delta", "text"), "This is a simulated answer to: Say hi");
    assert_eq!(types(&answer).iter().filter(|kind| *kind == "ping").count(), 1);
}

#[tokio::test]
async fn a_stream_without_content_has_no_blocks() {
    let messages = json!([{"role": "user", "content": "Say [filtered]"}]);
    let answer = stream(json!({"messages": messages})).await;
    assert_eq!(types(&answer), ["message_start", "message_delta", "message_stop"]);
    assert_eq!(answer.json_events()[1]["delta"]["stop_reason"], "refusal");
}
