//! Chat completions.

use std::time::Duration;

use fourfold_simulator::{Simulator, SimulatorSettings, Timings};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{NOW_SECONDS, post, settings, simulator};

const CHAT: &str = "/openai/v1/chat/completions";

fn chat(extra: Value) -> Value {
    let mut chat = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hi"}]});
    chat.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    chat
}

fn weather() -> Value {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!([{"type": "function", "function": {"name": "weather", "parameters": parameters}}])
}

#[tokio::test]
async fn a_chat_is_answered() {
    let simulator = simulator();
    let answer = post(&simulator, CHAT, &chat(json!({}))).await.json();
    assert!(answer["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert_eq!((&answer["object"], &answer["created"]), (&json!("chat.completion"), &json!(NOW_SECONDS)));
    let choice = &answer["choices"][0];
    assert_eq!(choice["message"]["content"], "This is a simulated answer to: Say hi");
    assert_eq!((&choice["finish_reason"], &choice["index"]), (&json!("stop"), &json!(0)));
    assert_eq!(answer["usage"]["prompt_tokens"], 5);
    assert_eq!(answer["usage"]["completion_tokens"], 8);
    assert_eq!(answer["usage"]["total_tokens"], 13);
    assert_eq!(simulator.paid_tasks()[0].task_id, answer["id"].as_str().unwrap());
}

#[tokio::test]
async fn an_answer_ends_at_its_limit() {
    let answer = post(&simulator(), CHAT, &chat(json!({"max_completion_tokens": 2, "n": 2}))).await.json();
    assert_eq!(answer["choices"][1]["message"]["content"], "This is");
    assert_eq!(answer["choices"][1]["finish_reason"], "length");
}

#[tokio::test]
async fn a_stream_adds_up_to_the_whole_answer() {
    let answer = post(&simulator(), CHAT, &chat(json!({"stream": true}))).await;
    assert_eq!(answer.events().last().unwrap(), "[DONE]");
    let chunks = answer.json_events();
    let delta =
        |chunk: &Value| chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned();
    assert_eq!(chunks.iter().map(delta).collect::<String>(), "This is a simulated answer to: Say hi");
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "stop");
    for chunk in &chunks {
        assert_eq!((&chunk["object"], &chunk["id"]), (&json!("chat.completion.chunk"), &chunks[0]["id"]));
        assert!(chunk.get("usage").is_none() && chunk.get("obfuscation").is_some());
    }
}

#[tokio::test]
async fn usage_comes_in_a_chunk_of_its_own() {
    let options = json!({"include_usage": true, "include_obfuscation": false});
    let answer = post(&simulator(), CHAT, &chat(json!({"stream": true, "stream_options": options}))).await;
    let chunks = answer.json_events();
    let (last, others) = chunks.split_last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]["total_tokens"]), (&json!([]), &json!(13)));
    for chunk in others {
        assert_eq!(chunk.get("usage"), Some(&Value::Null));
        assert_eq!(chunk.get("obfuscation"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn events_come_at_the_pace_of_the_settings() {
    let timings = Timings { pace: Duration::from_millis(50), ..Timings::default() };
    let simulator = Simulator::start(SimulatorSettings { timings, ..settings() });
    let began_at = Instant::now();
    let events = post(&simulator, CHAT, &chat(json!({"stream": true}))).await.events();
    assert_eq!(began_at.elapsed(), Duration::from_millis(50) * u32::try_from(events.len() - 1).unwrap());
}

#[tokio::test]
async fn a_tool_is_called_and_its_result_is_answered() {
    let simulator = simulator();
    let first = post(&simulator, CHAT, &chat(json!({"tools": weather()}))).await.json();
    let choice = &first["choices"][0];
    assert_eq!(
        (&choice["finish_reason"], &choice["message"]["content"]),
        (&json!("tool_calls"), &Value::Null)
    );
    let called = &choice["message"]["tool_calls"][0];
    assert_eq!(called["function"], json!({"name": "weather", "arguments": r#"{"city":"Say hi"}"#}));
    let messages = json!([
        {"role": "user", "content": "Say hi"},
        choice["message"],
        {"role": "tool", "tool_call_id": called["id"], "content": "rain"},
    ]);
    let second = chat(json!({"tools": weather(), "messages": messages}));
    assert_eq!(post(&simulator, CHAT, &second).await.json()["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn a_streamed_tool_call_adds_up() {
    let answer = post(&simulator(), CHAT, &chat(json!({"tools": weather(), "stream": true}))).await;
    let calls: Vec<_> = answer
        .json_events()
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].get(0).cloned())
        .collect();
    assert_eq!((&calls[0]["function"]["name"], &calls[0]["type"]), (&json!("weather"), &json!("function")));
    assert!(calls[1].get("id").is_none());
    let arguments: String =
        calls.iter().map(|call| call["function"]["arguments"].as_str().unwrap()).collect();
    assert_eq!(arguments, r#"{"city":"Say hi"}"#);
}

#[tokio::test]
async fn an_answer_fits_the_schema_that_was_asked_for() {
    let schema = json!({"type": "object", "properties": {"ok": {"type": "boolean"}}});
    let format = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema}});
    let answer = post(&simulator(), CHAT, &chat(json!({"response_format": format}))).await.json();
    assert_eq!(answer["choices"][0]["message"]["content"], r#"{"ok":true}"#);
}

#[tokio::test]
async fn a_chat_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    let message = |message: Value| json!({"messages": [message]});
    for (extra, status, param) in [
        (json!({"model": "gpt-4"}), 404, "model"),
        (json!({"model": "whisper-1"}), 404, "model"),
        (json!({"model": 4}), 400, "model"),
        (json!({"messages": []}), 400, "messages"),
        (message(json!({"content": "hi"})), 400, "messages[0].role"),
        (message(json!({"role": "robot", "content": "hi"})), 400, "messages[0].role"),
        (message(json!({"role": "user"})), 400, "messages[0].content"),
        (message(json!({"role": "user", "content": 1})), 400, "messages[0].content"),
        (
            message(json!({"role": "user", "content": [{"type": "image_url"}]})),
            400,
            "messages[0].content[0].image_url",
        ),
        (message(json!({"role": "tool", "content": "hi"})), 400, "messages[0].tool_call_id"),
        (json!({"temperature": 2.1}), 400, "temperature"),
        (json!({"n": 0}), 400, "n"),
        (json!({"stop": ["1", "2", "3", "4", "5"]}), 400, "stop"),
        (json!({"stream_options": {"include_usage": true}}), 400, "stream_options"),
        (json!({"tool_choice": "auto"}), 400, "tool_choice"),
        (json!({"tools": [{"type": "function", "function": {}}]}), 400, "tools[0].function.name"),
        (json!({"model": "gpt-5", "max_tokens": 5}), 400, "max_tokens"),
        (json!({"response_format": {"type": "xml"}}), 400, "response_format.type"),
    ] {
        let error = post(&simulator, CHAT, &chat(extra.clone())).await.refusal(status);
        assert_eq!(error["error"]["param"], param, "{extra}");
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_model_of_the_settings_is_served() {
    let extra_models = vec!["gpt-x".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    assert_eq!(post(&simulator, CHAT, &chat(json!({"model": "gpt-x"}))).await.json()["model"], "gpt-x");
}

#[tokio::test]
async fn what_the_filter_catches_has_no_content() {
    let messages = json!([{"role": "user", "content": "Say [filtered]"}]);
    let answer = post(&simulator(), CHAT, &chat(json!({"messages": messages}))).await.json();
    let choice = &answer["choices"][0];
    assert_eq!(
        (&choice["finish_reason"], &choice["message"]["content"]),
        (&json!("content_filter"), &json!(""))
    );
}
