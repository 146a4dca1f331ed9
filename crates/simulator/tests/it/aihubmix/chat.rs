//! Chats, of the models of all vendors.

use serde_json::{Value, json};

use super::{CHAT, chat, message};
use crate::support::{post, simulator};

const THOUGHT: &str = "This is a simulated thought about: Say hi";
const SAID: &str = "This is a simulated answer to: Say hi";

fn weather() -> Value {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!([{"type": "function", "function": {"name": "weather", "parameters": parameters}}])
}

#[tokio::test]
async fn a_chat_is_answered() {
    let simulator = simulator();
    let answer = post(&simulator, CHAT, &chat(json!({}))).await.json();
    let said = &answer["choices"][0]["message"];
    assert_eq!((&said["content"], said.get("reasoning_content")), (&json!(SAID), None));
    assert_eq!(answer["usage"]["prompt_tokens_details"]["cached_tokens"], 0);
    assert_eq!(simulator.paid_tasks()[0].task_id, answer["id"].as_str().unwrap());
}

#[tokio::test]
async fn a_model_that_thinks_shows_it() {
    let simulator = simulator();
    for (model, extra, thought) in [
        ("gpt-5", json!({}), json!(THOUGHT)),
        ("deepseek-v4-pro", json!({}), json!(THOUGHT)),
        ("gemini-3.8-flash-search", json!({}), json!(THOUGHT)),
        ("gemini-3.8-flash-nothink", json!({}), Value::Null),
        ("gpt-5", json!({"reasoning_effort": "none"}), Value::Null),
    ] {
        let mut asked = chat(extra);
        asked["model"] = json!(model);
        let answer = post(&simulator, CHAT, &asked).await.json();
        let said = &answer["choices"][0]["message"];
        assert_eq!((&said["reasoning_content"], &said["content"]), (&thought, &json!(SAID)), "{model}");
        let tokens = if thought.is_null() { 0 } else { 8 };
        assert_eq!(answer["usage"]["completion_tokens_details"]["reasoning_tokens"], tokens);
        assert_eq!(answer["usage"]["completion_tokens"], 8 + tokens);
    }
}

#[tokio::test]
async fn thinking_counts_against_either_limit() {
    let simulator = simulator();
    for limit in ["max_tokens", "max_completion_tokens"] {
        let answer = post(&simulator, CHAT, &chat(json!({"model": "gpt-5", limit: 10}))).await.json();
        let choice = &answer["choices"][0];
        assert_eq!(
            (&choice["message"]["content"], &choice["finish_reason"]),
            (&json!("This is"), &json!("length"))
        );
    }
}

#[tokio::test]
async fn a_streamed_thought_comes_before_the_answer() {
    let options = json!({"include_usage": true});
    let asked = chat(json!({"model": "gpt-5", "stream": true, "stream_options": options}));
    let answer = post(&simulator(), CHAT, &asked).await;
    assert_eq!(answer.events().last().unwrap(), "[DONE]");
    let chunks = answer.json_events();
    let delta = |chunk: &Value| chunk["choices"][0]["delta"].clone();
    let joined = |field: &str| {
        chunks.iter().filter_map(|chunk| Some(delta(chunk)[field].as_str()?.to_owned())).collect()
    };
    let (thought, said): (String, String) = (joined("reasoning_content"), joined("content"));
    assert_eq!((thought.as_str(), said.as_str()), (THOUGHT, SAID));
    assert_eq!(delta(&chunks[0]), json!({"role": "assistant", "reasoning_content": "This "}));
    let spoken_at = chunks.iter().position(|chunk| delta(chunk)["content"].is_string()).unwrap();
    assert!(chunks[spoken_at..].iter().all(|chunk| delta(chunk)["reasoning_content"].is_null()));
    assert_eq!(chunks.last().unwrap()["usage"]["total_tokens"], 21);
}

#[tokio::test]
async fn claudes_usage_has_only_sums() {
    let usage = json!({"prompt_tokens": 5, "completion_tokens": 8, "total_tokens": 13});
    let answer = post(&simulator(), CHAT, &chat(json!({"model": "claude-sonnet-5"}))).await.json();
    assert_eq!(answer["usage"], usage);
}

#[tokio::test]
async fn a_choice_among_no_tools_is_refused() {
    let simulator = simulator();
    let none = chat(json!({"tools": [], "tool_choice": "auto"}));
    let error = post(&simulator, CHAT, &none).await.refusal(400);
    assert!(message(&error).starts_with("'tool_choice' is only allowed"), "{error}");
    post(&simulator, CHAT, &chat(json!({"tools": []}))).await.json();
    let some = chat(json!({"tools": weather(), "tool_choice": "auto"}));
    let called = post(&simulator, CHAT, &some).await.json();
    assert_eq!(called["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn what_is_unknown_is_passed_over() {
    let asked = chat(json!({"thinking_budget": 5, "enable_search": true}));
    post(&simulator(), CHAT, &asked).await.json();
}
