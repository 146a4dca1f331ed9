//! Chats that come whole.

use serde_json::{Value, json};

use super::{CHAT, chat, unthinking};
use crate::support::{NOW_SECONDS, post, simulator};

const THOUGHT: &str = "This is a simulated thought about: Say hi";
const SAID: &str = "This is a simulated answer to: Say hi";

#[tokio::test]
async fn a_chat_is_thought_about_and_answered() {
    let simulator = simulator();
    for path in [CHAT, "/deepseek/v1/chat/completions", "/deepseek/beta/chat/completions"] {
        let answer = post(&simulator, path, &chat(json!({}))).await.json();
        assert_eq!((&answer["object"], &answer["created"]), (&json!("chat.completion"), &json!(NOW_SECONDS)));
        let choice = &answer["choices"][0];
        assert_eq!((&choice["finish_reason"], &choice["index"]), (&json!("stop"), &json!(0)));
        let expected =
            json!({"role": "assistant", "reasoning_content": THOUGHT, "content": SAID, "tool_calls": null});
        assert_eq!(choice["message"], expected);
        let usage = json!({"prompt_tokens": 5, "completion_tokens": 16, "total_tokens": 21,
            "prompt_cache_hit_tokens": 0, "prompt_cache_miss_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 8}});
        assert_eq!(answer["usage"], usage);
        assert_eq!(simulator.paid_tasks().last().unwrap().task_id, answer["id"].as_str().unwrap());
    }
    assert_eq!(simulator.counts().paid_tasks, 3);
}

#[tokio::test]
async fn an_empty_line_comes_before_the_answer() {
    let answer = post(&simulator(), CHAT, &chat(json!({}))).await;
    assert!(answer.text().starts_with("\n{"), "{}", answer.text());
    assert_eq!(answer.header("content-length"), "");
}

#[tokio::test]
async fn thinking_can_be_disabled() {
    let answer = post(&simulator(), CHAT, &chat(json!({"thinking": unthinking()}))).await.json();
    let message = &answer["choices"][0]["message"];
    assert_eq!((&message["reasoning_content"], &message["content"]), (&Value::Null, &json!(SAID)));
    assert_eq!(answer["usage"]["completion_tokens"], 8);
}

#[tokio::test]
async fn thinking_counts_against_the_limit() {
    let simulator = simulator();
    for (tokens_max, content) in [(3, ""), (8, ""), (10, "This is")] {
        let answer = post(&simulator, CHAT, &chat(json!({"max_tokens": tokens_max}))).await.json();
        let choice = &answer["choices"][0];
        assert_eq!(
            (&choice["finish_reason"], &choice["message"]["content"]),
            (&json!("length"), &json!(content))
        );
        assert_eq!(answer["usage"]["completion_tokens"], tokens_max);
    }
}

#[tokio::test]
async fn an_answer_ends_at_the_first_stop() {
    let simulator = simulator();
    for stop in [json!(" simulated"), json!(["answer", " simulated"])] {
        let answer = post(&simulator, CHAT, &chat(json!({"stop": stop}))).await.json();
        let choice = &answer["choices"][0];
        assert_eq!(
            (&choice["finish_reason"], &choice["message"]["content"]),
            (&json!("stop"), &json!("This is a"))
        );
    }
}

#[tokio::test]
async fn an_object_is_answered_where_the_prompt_mentions_json() {
    let simulator = simulator();
    let format = json!({"response_format": {"type": "json_object"}});
    let mut asked = chat(format);
    let error = post(&simulator, CHAT, &asked).await.refusal(400);
    assert!(error["error"]["message"].as_str().unwrap().contains("'json'"), "{error}");
    asked["messages"][0]["content"] = json!("Say hi in JSON");
    let answer = post(&simulator, CHAT, &asked).await.json();
    assert_eq!(answer["choices"][0]["message"]["content"], r#"{"answer":"Say hi in JSON"}"#);
}

#[tokio::test]
async fn a_picture_is_seen_by_some_models() {
    let simulator = simulator();
    let picture = json!({"type": "image_url", "image_url": {"url": "https://h.example/a.png"}});
    let parts = json!([{"type": "text", "text": "Look"}, picture]);
    let mut asked = chat(json!({"messages": [{"role": "user", "content": parts}]}));
    post(&simulator, CHAT, &asked).await.json();
    asked["model"] = json!("deepseek-v4-pro");
    let error = post(&simulator, CHAT, &asked).await.refusal(422);
    assert!(error["error"]["message"].as_str().unwrap().contains("messages[0].content[1].type"), "{error}");
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
    assert_eq!(choice["message"]["reasoning_content"], Value::Null);
}
