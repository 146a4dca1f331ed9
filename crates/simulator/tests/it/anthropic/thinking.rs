//! Thinking before the answer.

use serde_json::{Value, json};

use super::{MESSAGES, OLDER, message, post, weather};
use crate::support::simulator;

#[tokio::test]
async fn a_thought_comes_before_the_answer_and_counts() {
    let simulator = simulator();
    let budget = json!({"type": "enabled", "budget_tokens": 1024});
    for asked in [
        json!({"thinking": {"type": "adaptive"}}),
        json!({"thinking": budget, "max_tokens": 1025, "model": OLDER}),
    ] {
        let answer = post(&simulator, MESSAGES, &message(asked)).await.json();
        let thought = &answer["content"][0];
        assert_eq!(thought["thinking"], "This is a simulated thought about: Say hi");
        assert_eq!(answer["content"][1]["text"], "This is a simulated answer to: Say hi");
        assert_eq!(answer["usage"]["output_tokens"], 16);
    }
    let disabled = message(json!({"thinking": {"type": "disabled"}}));
    assert_eq!(post(&simulator, MESSAGES, &disabled).await.json()["content"][0]["type"], "text");
}

#[tokio::test]
async fn thinking_counts_against_the_limit() {
    let simulator = simulator();
    for (tokens_max, blocks) in [(3, 1), (8, 1), (9, 2)] {
        let asked = message(json!({"thinking": {"type": "adaptive"}, "max_tokens": tokens_max}));
        let answer = post(&simulator, MESSAGES, &asked).await.json();
        assert_eq!(answer["content"].as_array().unwrap().len(), blocks);
        assert_eq!(
            (&answer["stop_reason"], &answer["usage"]["output_tokens"]),
            (&json!("max_tokens"), &json!(tokens_max))
        );
    }
}

#[tokio::test]
async fn a_thought_goes_back_unchanged() {
    let simulator = simulator();
    let extra = json!({"tools": weather(), "thinking": {"type": "adaptive"}});
    let first = post(&simulator, MESSAGES, &message(extra.clone())).await.json();
    let again = |content: &Value| {
        let result = json!({"type": "tool_result", "tool_use_id": content[1]["id"], "content": "rain"});
        let mut again = message(extra.clone());
        again["messages"] = json!([
            {"role": "user", "content": "Say hi"},
            {"role": "assistant", "content": content},
            {"role": "user", "content": [result]},
        ]);
        again
    };
    let answer = post(&simulator, MESSAGES, &again(&first["content"])).await.json();
    assert_eq!(answer["stop_reason"], "end_turn");
    for field in ["thinking", "signature"] {
        let mut changed = first["content"].clone();
        changed[0][field] = json!("other");
        let error = post(&simulator, MESSAGES, &again(&changed)).await.refusal(400);
        assert_eq!(
            error["error"]["message"],
            "messages.1.content.0: Invalid `signature` in `thinking` block"
        );
    }
}

#[tokio::test]
async fn thinking_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    let budget = |tokens: Value| json!({"type": "enabled", "budget_tokens": tokens});
    for (model, thinking, at) in [
        ("claude-sonnet-5", budget(json!(2000)), "thinking.type: "),
        (OLDER, json!({"type": "enabled"}), "thinking.enabled.budget_tokens: Field required"),
        (OLDER, budget(json!("much")), "thinking.enabled.budget_tokens: Input should be an integer"),
        (OLDER, budget(json!(1023)), "thinking.enabled.budget_tokens: "),
        (OLDER, budget(json!(3000)), "thinking.enabled.budget_tokens: "),
        (OLDER, json!({"type": "deep"}), "thinking.type: "),
    ] {
        let asked = message(json!({"model": model, "thinking": thinking, "max_tokens": 3000}));
        let error = post(&simulator, MESSAGES, &asked).await.refusal(400);
        assert!(error["error"]["message"].as_str().unwrap().starts_with(at), "{asked}: {error}");
    }
}
