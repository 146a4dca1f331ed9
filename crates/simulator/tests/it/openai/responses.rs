//! Responses.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{NOW_SECONDS, delete, get, post, simulator, slow_simulator};

const RESPONSES: &str = "/openai/v1/responses";

fn asked(extra: Value) -> Value {
    let mut asked = json!({"model": "gpt-4o", "input": "Say hi"});
    asked.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    asked
}

fn weather() -> Value {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!([{"type": "function", "name": "weather", "parameters": parameters}])
}

#[tokio::test]
async fn a_response_is_made_and_kept() {
    let simulator = simulator();
    let response = post(&simulator, RESPONSES, &asked(json!({"metadata": {"a": "b"}}))).await.json();
    assert_eq!((&response["status"], &response["created_at"]), (&json!("completed"), &json!(NOW_SECONDS)));
    let message = &response["output"][0];
    assert_eq!(message["content"][0]["text"], "This is a simulated answer to: Say hi");
    assert_eq!(response["usage"]["total_tokens"], 13);
    assert_eq!(response["metadata"], json!({"a": "b"}));
    let path = format!("{RESPONSES}/{}", response["id"].as_str().unwrap());
    assert_eq!(get(&simulator, &path).await.json(), response);
    assert_eq!(delete(&simulator, &path).await.json()["deleted"], true);
    get(&simulator, &path).await.refusal(404);
}

#[tokio::test]
async fn a_response_that_is_not_to_be_stored_is_unknown_later() {
    let simulator = simulator();
    let response = post(&simulator, RESPONSES, &asked(json!({"store": false}))).await.json();
    let id = response["id"].as_str().unwrap();
    get(&simulator, &format!("{RESPONSES}/{id}")).await.refusal(404);
    post(&simulator, RESPONSES, &asked(json!({"previous_response_id": id}))).await.refusal(404);
}

#[tokio::test]
async fn a_streamed_response_is_numbered_and_adds_up() {
    let answer = post(&simulator(), RESPONSES, &asked(json!({"stream": true}))).await;
    assert!(answer.text().starts_with("event: response.created\n"));
    assert!(!answer.text().contains("[DONE]"));
    let events = answer.json_events();
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
        // The vendor's own SDK takes it for granted.
        let is_text = event["type"].as_str().unwrap().starts_with("response.output_text.");
        assert_eq!(event["logprobs"].is_array(), is_text);
    }
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds[..4],
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
        ]
    );
    let text: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
    let last = &events.last().unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"]["output"][0]["content"][0]["text"], text);
}

#[tokio::test]
async fn a_response_that_is_cut_is_incomplete() {
    let simulator = simulator();
    let input = "word ".repeat(20);
    let cut = json!({"input": input, "max_output_tokens": 16, "stream": true});
    let events = post(&simulator, RESPONSES, &asked(cut)).await.json_events();
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(last["response"]["incomplete_details"], json!({"reason": "max_output_tokens"}));
}

#[tokio::test]
async fn a_tool_is_called() {
    let simulator = simulator();
    let called =
        post(&simulator, RESPONSES, &asked(json!({"tools": weather()}))).await.json()["output"][0].clone();
    assert_eq!((&called["type"], &called["name"]), (&json!("function_call"), &json!("weather")));
    assert_eq!(called["arguments"], r#"{"city":"Say hi"}"#);
    let streamed = post(&simulator, RESPONSES, &asked(json!({"tools": weather(), "stream": true}))).await;
    let deltas: String = streamed
        .json_events()
        .iter()
        .filter_map(|event| event["delta"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(deltas, r#"{"city":"Say hi"}"#);
    let result = json!({"type": "function_call_output", "call_id": called["call_id"], "output": "rain"});
    let input = json!([{"role": "user", "content": "Say hi"}, called, result]);
    let second =
        post(&simulator, RESPONSES, &asked(json!({"tools": weather(), "input": input}))).await.json();
    assert_eq!(second["output"][0]["type"], "message");
}

#[tokio::test]
async fn a_response_in_the_background_takes_its_time() {
    let simulator = slow_simulator();
    let created = post(&simulator, RESPONSES, &asked(json!({"background": true}))).await.json();
    let path = format!("{RESPONSES}/{}", created["id"].as_str().unwrap());
    assert_eq!((&created["status"], &created["output"]), (&json!("queued"), &json!([])));
    simulator.advance(Duration::from_secs(2));
    assert_eq!(get(&simulator, &path).await.json()["status"], "in_progress");
    simulator.advance(Duration::from_secs(4));
    assert_eq!(get(&simulator, &path).await.json()["status"], "completed");
    assert_eq!(post(&simulator, &format!("{path}/cancel"), &json!({})).await.json()["status"], "completed");
}

#[tokio::test]
async fn only_a_response_in_the_background_is_cancelled() {
    let simulator = slow_simulator();
    for (is_background, status) in [(true, 200), (false, 400)] {
        let created = post(&simulator, RESPONSES, &asked(json!({"background": is_background}))).await.json();
        let path = format!("{RESPONSES}/{}", created["id"].as_str().unwrap());
        let cancelled = post(&simulator, &format!("{path}/cancel"), &json!({})).await;
        assert_eq!(cancelled.status.as_u16(), status);
        simulator.advance(Duration::from_secs(60));
        let expected = if is_background { "cancelled" } else { "completed" };
        assert_eq!(get(&simulator, &path).await.json()["status"], expected);
    }
}

#[tokio::test]
async fn a_response_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    for (extra, status, param) in [
        (json!({"model": "gpt-4"}), 404, "model"),
        (json!({"input": null}), 400, "input"),
        (json!({"input": 4}), 400, "input"),
        (json!({"max_output_tokens": 1}), 400, "max_output_tokens"),
        (json!({"tools": [{"type": "function"}]}), 400, "tools[0].name"),
        (json!({"background": true, "store": false}), 400, "background"),
    ] {
        let error = post(&simulator, RESPONSES, &asked(extra.clone())).await.refusal(status);
        assert_eq!(error["error"]["param"], param, "{extra}");
    }
}

#[tokio::test]
async fn what_the_filter_catches_is_incomplete() {
    let response = post(&simulator(), RESPONSES, &asked(json!({"input": "Say [filtered]"}))).await.json();
    assert_eq!(response["incomplete_details"], json!({"reason": "content_filter"}));
}

#[tokio::test]
async fn a_response_in_the_background_fails_on_demand() {
    let simulator = simulator();
    simulator.fault("POST /openai/v1/responses", "task=fail; code=rate_limit_exceeded").unwrap();
    let created = post(&simulator, RESPONSES, &asked(json!({"background": true}))).await.json();
    let failed = get(&simulator, &format!("{RESPONSES}/{}", created["id"].as_str().unwrap())).await.json();
    assert_eq!(
        (&failed["status"], &failed["error"]["code"]),
        (&json!("failed"), &json!("rate_limit_exceeded"))
    );
}
