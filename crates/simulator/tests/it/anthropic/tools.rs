//! Tools that the caller runs.

use serde_json::{Value, json};

use super::{MESSAGES, message, post, weather};
use crate::support::simulator;

#[tokio::test]
async fn a_tool_is_called_and_its_result_is_answered() {
    let simulator = simulator();
    let first = post(&simulator, MESSAGES, &message(json!({"tools": weather()}))).await.json();
    let called = &first["content"][0];
    assert_eq!(first["stop_reason"], "tool_use");
    assert!(called["id"].as_str().unwrap().starts_with("toolu_"));
    assert_eq!((&called["name"], &called["input"]), (&json!("weather"), &json!({"city": "Say hi"})));
    let messages = json!([
        {"role": "user", "content": "Say hi"},
        {"role": "assistant", "content": first["content"]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": called["id"], "content": "rain"},
            {"type": "text", "text": "And then?"},
        ]},
    ]);
    let second = message(json!({"tools": weather(), "messages": messages}));
    let answer = post(&simulator, MESSAGES, &second).await.json();
    assert_eq!(answer["content"][0]["text"], "This is a simulated answer to: And then?");
}

#[tokio::test]
async fn the_caller_chooses_whether_a_tool_is_called() {
    let simulator = simulator();
    for (choice, kind) in [
        (json!({"type": "auto"}), "tool_use"),
        (json!({"type": "any", "disable_parallel_tool_use": true}), "tool_use"),
        (json!({"type": "tool", "name": "weather"}), "tool_use"),
        (json!({"type": "none"}), "text"),
    ] {
        let asked = message(json!({"tools": weather(), "tool_choice": choice}));
        assert_eq!(post(&simulator, MESSAGES, &asked).await.json()["content"][0]["type"], kind, "{asked}");
    }
    // A tool that the vendor runs itself leaves no trace.
    let asked = message(json!({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}));
    assert_eq!(post(&simulator, MESSAGES, &asked).await.json()["content"][0]["type"], "text");
}

#[tokio::test]
async fn results_and_calls_belong_together() {
    let simulator = simulator();
    let called = json!({"type": "tool_use", "id": "a", "name": "weather", "input": {}});
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": "rain"});
    let talk = |answered: Value| {
        json!([
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [called]},
            {"role": "user", "content": answered},
        ])
    };
    for (messages, at) in [
        (talk(json!("and?")), "messages.2: `tool_use` of id a without"),
        (talk(json!([result("b")])), "messages.2: `tool_result` without"),
        (talk(json!([result("a"), result("b")])), "messages.2: `tool_result` without"),
        (
            talk(json!([{"type": "text", "text": "so"}, result("a")])),
            "messages.2: `tool_use` of id a without a `tool_result` block at the beginning",
        ),
        (json!([talk(json!(""))[0], talk(json!(""))[1]]), "messages: `tool_use` of id a without"),
        (json!([{"role": "user", "content": [result("a")]}]), "messages.0: `tool_result` without"),
    ] {
        let asked = message(json!({"messages": messages, "tools": weather()}));
        let error = post(&simulator, MESSAGES, &asked).await.refusal(400);
        assert!(error["error"]["message"].as_str().unwrap().starts_with(at), "{error}");
    }
    let asked = message(json!({"messages": talk(json!([result("a")])), "tools": weather()}));
    post(&simulator, MESSAGES, &asked).await.json();
}

#[tokio::test]
async fn a_tool_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    let named = |name: &str| json!([{"name": name, "input_schema": {"type": "object"}}]);
    for (extra, at) in [
        (json!({"tools": {}}), "tools: "),
        (json!({"tools": [{"input_schema": {}}]}), "tools.0.name: Field required"),
        (json!({"tools": named("")}), "tools.0.name: Field required"),
        (json!({"tools": named("a b")}), "tools.0.name: "),
        (json!({"tools": named(&"a".repeat(129))}), "tools.0.name: "),
        (json!({"tools": [{"name": "a"}]}), "tools.0.input_schema: Field required"),
        (json!({"tools": [{"name": "a", "input_schema": 1}]}), "tools.0.input_schema: "),
        (json!({"tool_choice": {"type": "any"}}), "tool_choice: "),
        (json!({"tools": named("a"), "tool_choice": {"type": "tool"}}), "tool_choice.name: "),
        (json!({"tools": named("a"), "tool_choice": {"type": "tool", "name": "b"}}), "tool_choice: "),
        (json!({"tools": named("a"), "tool_choice": {"type": "some"}}), "tool_choice.type: "),
    ] {
        let error = post(&simulator, MESSAGES, &message(extra.clone())).await.refusal(400);
        assert!(error["error"]["message"].as_str().unwrap().starts_with(at), "{extra}: {error}");
    }
}
