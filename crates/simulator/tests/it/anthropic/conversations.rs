//! What may be said in a conversation, and in which order.

use serde_json::{Value, json};

use super::{COUNT, MESSAGES, OLDER, message, post, post_as};
use crate::support::simulator;

fn user(content: Value) -> Value {
    json!({"role": "user", "content": content})
}

fn assistant(content: Value) -> Value {
    json!({"role": "assistant", "content": content})
}

#[tokio::test]
async fn the_newest_words_of_the_user_are_answered() {
    let image = json!({"type": "image", "source": {"type": "url", "url": "https://h.example/a.png"}});
    let messages = json!([
        user(json!("One")),
        assistant(json!("Two")),
        user(json!([image, {"type": "text", "text": "Three"}])),
        user(json!("Four")),
    ]);
    let answer = post(&simulator(), MESSAGES, &message(json!({"messages": messages}))).await.json();
    assert_eq!(answer["content"][0]["text"], "This is a simulated answer to: Three Four");
}

#[tokio::test]
async fn a_message_that_was_begun_is_for_older_models() {
    let simulator = simulator();
    let messages = json!([user(json!("Say hi")), assistant(json!("Well,"))]);
    let error = post(&simulator, MESSAGES, &message(json!({"messages": messages}))).await.refusal(400);
    assert!(error["error"]["message"].as_str().unwrap().contains("prefill"), "{error}");
    post(&simulator, MESSAGES, &message(json!({"messages": messages, "model": OLDER}))).await.json();
}

#[tokio::test]
async fn some_blocks_are_gone_since_the_newer_version() {
    let simulator = simulator();
    let document =
        json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}});
    let cited = json!({"type": "text", "text": "a", "citations": [{}]});
    for messages in [
        json!([user(json!("a")), assistant(json!([document])), user(json!("b"))]),
        json!([user(json!([cited]))]),
    ] {
        let asked = message(json!({"messages": messages}));
        post_as("2023-06-01", &simulator, MESSAGES, &asked).await.json();
        post(&simulator, MESSAGES, &asked).await.refusal(400);
    }
}

#[tokio::test]
async fn a_conversation_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    let block = |block: Value| json!([user(json!([block]))]);
    for (messages, at) in [
        (Value::Null, "messages: Field required"),
        (json!("hi"), "messages: Input should be an array"),
        (json!([]), "messages: "),
        (json!([assistant(json!("hi"))]), "messages: first message"),
        (json!([{"content": "hi"}]), "messages.0.role: Field required"),
        (json!([{"role": "system", "content": "hi"}]), "messages.0.role: "),
        (json!([{"role": "user"}]), "messages.0.content: Field required"),
        (json!([user(json!(1))]), "messages.0.content: "),
        (json!([user(json!([]))]), "messages.0.content: "),
        (json!([user(json!(""))]), "messages.0.content.0: "),
        (block(json!({})), "messages.0.content.0.type: Field required"),
        (block(json!({"type": "sound"})), "messages.0.content.0.type: "),
        (block(json!({"type": "tool_use"})), "messages.0.content.0.type: "),
        (block(json!({"type": "text"})), "messages.0.content.0.text: Field required"),
        (block(json!({"type": "image"})), "messages.0.content.0.source: Field required"),
        (block(json!({"type": "image", "source": {}})), "messages.0.content.0.source.type: "),
        (
            block(json!({"type": "image", "source": {"type": "base64", "data": ""}})),
            "messages.0.content.0.source.media_type: ",
        ),
        (block(json!({"type": "tool_result"})), "messages.0.content.0.tool_use_id: "),
    ] {
        let asked = message(json!({"messages": messages}));
        for path in [MESSAGES, COUNT] {
            let error = post(&simulator, path, &asked).await.refusal(400);
            assert!(error["error"]["message"].as_str().unwrap().starts_with(at), "{asked}: {error}");
        }
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}
