//! What a chat must keep to.

use serde_json::{Value, json};

use super::{CHAT, chat};
use crate::support::{post, simulator};

#[tokio::test]
async fn a_chat_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    let message = |message: Value| json!({"messages": [message]});
    let tool = json!({"type": "function", "function": {"name": "a"}});
    for (extra, status, named) in [
        (json!({"model": null}), 400, "`model`"),
        (json!({"messages": null}), 400, "`messages`"),
        (json!({"messages": "hi"}), 400, "`messages`"),
        (json!({"messages": []}), 422, "`messages`"),
        (message(json!({"content": "hi"})), 400, "`messages[0].role`"),
        (message(json!({"role": 1, "content": "hi"})), 400, "`messages[0].role`"),
        (message(json!({"role": "developer", "content": "hi"})), 422, "`messages[0].role`"),
        (message(json!({"role": "user"})), 400, "`messages[0].content`"),
        (message(json!({"role": "user", "content": 1})), 400, "`messages[0].content`"),
        (message(json!({"role": "user", "content": [{"type": "text"}]})), 400, "`messages[0].content[0]`"),
        (message(json!({"role": "tool", "content": "hi"})), 400, "`messages[0].tool_call_id`"),
        (json!({"thinking": {}}), 400, "`thinking.type`"),
        (json!({"thinking": {"type": "adaptive"}}), 422, "`thinking.type`"),
        (json!({"reasoning_effort": "most"}), 422, "`reasoning_effort`"),
        (json!({"max_tokens": 0}), 422, "`max_tokens`"),
        (json!({"max_tokens": 393_217}), 422, "`max_tokens`"),
        (json!({"max_tokens": "1"}), 400, "`max_tokens`"),
        (json!({"temperature": 2.1}), 422, "`temperature`"),
        (json!({"top_p": 1.1}), 422, "`top_p`"),
        (json!({"top_logprobs": 21}), 422, "`top_logprobs`"),
        (json!({"stop": vec!["a"; 17]}), 422, "`stop`"),
        (json!({"stop": [1]}), 400, "`stop`"),
        (json!({"tools": vec![tool; 129]}), 422, "`tools`"),
        (json!({"tools": [{"type": "custom", "custom": {"name": "a"}}]}), 422, "`tools[0].type`"),
        (json!({"response_format": {"type": "json_schema"}}), 422, "`response_format.type`"),
        (json!({"stream_options": {"include_usage": true}}), 400, "stream_options"),
    ] {
        let error = post(&simulator, CHAT, &chat(extra.clone())).await.refusal(status);
        assert!(error["error"]["message"].as_str().unwrap().contains(named), "{extra}: {error}");
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn an_answer_is_begun_for_the_model_at_the_beta_address_only() {
    let simulator = simulator();
    let messages = json!([
        {"role": "user", "content": "Say hi"},
        {"role": "assistant", "content": "Well,", "prefix": true},
    ]);
    let asked = chat(json!({"messages": messages}));
    post(&simulator, CHAT, &asked).await.refusal(400);
    post(&simulator, "/deepseek/beta/chat/completions", &asked).await.json();
}
