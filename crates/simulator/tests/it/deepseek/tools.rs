//! Tools that the caller runs, and the thoughts that go back with their results.

use serde_json::{Value, json};

use super::{CHAT, chat, unthinking, weather};
use crate::support::{post, simulator};

/// The request that brings what the tool gave.
fn answered(called: &Value) -> Value {
    let messages = json!([
        {"role": "user", "content": "Say hi"},
        called,
        {"role": "tool", "tool_call_id": called["tool_calls"][0]["id"], "content": "rain"},
    ]);
    chat(json!({"tools": weather(), "messages": messages}))
}

#[tokio::test]
async fn a_tool_is_called_and_its_result_is_answered() {
    let simulator = simulator();
    let first = post(&simulator, CHAT, &chat(json!({"tools": weather()}))).await.json();
    let (reason, called) = (&first["choices"][0]["finish_reason"], &first["choices"][0]["message"]);
    assert_eq!((reason, &called["content"]), (&json!("tool_calls"), &json!("")));
    assert_eq!(
        called["tool_calls"][0]["function"],
        json!({"name": "weather", "arguments": r#"{"city":"Say hi"}"#})
    );
    let second = post(&simulator, CHAT, &answered(called)).await.json();
    assert_eq!(second["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn a_thought_goes_back_with_the_call_that_it_led_to() {
    let simulator = simulator();
    let call = json!({"id": "a", "type": "function", "function": {"name": "weather", "arguments": "{}"}});
    let mut called = json!({"role": "assistant", "content": "", "tool_calls": [call]});
    let expected = json!({"error": {
        "message": "The `reasoning_content` in the thinking mode must be passed back to the API.",
        "type": "invalid_request_error", "param": null, "code": "invalid_request_error"}});
    assert_eq!(post(&simulator, CHAT, &answered(&called)).await.refusal(400), expected);
    // Without thinking there is nothing to bring, and an empty one will do.
    let mut without = answered(&called);
    without["thinking"] = unthinking();
    post(&simulator, CHAT, &without).await.json();
    called["reasoning_content"] = json!("");
    post(&simulator, CHAT, &answered(&called)).await.json();
}

#[tokio::test]
async fn a_thought_without_a_call_may_stay_or_go_back() {
    let simulator = simulator();
    for said in [
        json!({"role": "assistant", "content": "hi"}),
        json!({"role": "assistant", "content": "hi", "reasoning_content": "Hm."}),
    ] {
        let messages = json!([
            {"role": "user", "content": "Say hi"}, said, {"role": "user", "content": "Again"},
        ]);
        post(&simulator, CHAT, &chat(json!({"messages": messages}))).await.json();
    }
}

#[tokio::test]
async fn the_caller_chooses_whether_a_tool_is_called() {
    let simulator = simulator();
    for (choice, reason) in [
        (json!("auto"), "tool_calls"),
        (json!("required"), "tool_calls"),
        (json!({"type": "function", "function": {"name": "weather"}}), "tool_calls"),
        (json!("none"), "stop"),
    ] {
        let asked = chat(json!({"tools": weather(), "tool_choice": choice}));
        assert_eq!(post(&simulator, CHAT, &asked).await.json()["choices"][0]["finish_reason"], reason);
    }
}
