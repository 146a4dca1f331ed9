//! Messages that come whole, and counts of tokens.

use fourfold_simulator::{Simulator, SimulatorSettings};
use serde_json::{Value, json};

use super::{COUNT, MESSAGES, message, post, post_as};
use crate::support::{settings, simulator};

#[tokio::test]
async fn a_message_is_answered() {
    let simulator = simulator();
    let answer = post(&simulator, MESSAGES, &message(json!({}))).await.json();
    assert!(answer["id"].as_str().unwrap().starts_with("msg_"));
    assert_eq!((&answer["type"], &answer["role"]), (&json!("message"), &json!("assistant")));
    assert_eq!(answer["model"], "claude-sonnet-5");
    assert_eq!(answer["content"], json!([{"type": "text", "text": "This is a simulated answer to: Say hi"}]));
    assert_eq!((&answer["stop_reason"], &answer["stop_sequence"]), (&json!("end_turn"), &Value::Null));
    let usage = &answer["usage"];
    assert_eq!((&usage["input_tokens"], &usage["output_tokens"]), (&json!(5), &json!(8)));
    assert_eq!((&usage["cache_read_input_tokens"], &usage["service_tier"]), (&json!(0), &json!("standard")));
    assert_eq!(simulator.paid_tasks()[0].task_id, answer["id"].as_str().unwrap());
}

#[tokio::test]
async fn an_answer_ends_at_its_limit() {
    let answer = post(&simulator(), MESSAGES, &message(json!({"max_tokens": 2}))).await.json();
    assert_eq!(answer["content"][0]["text"], "This is");
    assert_eq!(
        (&answer["stop_reason"], &answer["usage"]["output_tokens"]),
        (&json!("max_tokens"), &json!(2))
    );
}

#[tokio::test]
async fn an_answer_ends_at_the_first_stop_sequence() {
    let stops = json!({"stop_sequences": ["answer", " simulated", "nowhere"]});
    let answer = post(&simulator(), MESSAGES, &message(stops)).await.json();
    assert_eq!(answer["content"][0]["text"], "This is a");
    assert_eq!(
        (&answer["stop_reason"], &answer["stop_sequence"]),
        (&json!("stop_sequence"), &json!(" simulated"))
    );
}

#[tokio::test]
async fn an_answer_fits_the_schema_that_was_asked_for() {
    let schema = json!({"type": "object", "properties": {"ok": {"type": "boolean"}}});
    let config = json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}});
    let answer = post(&simulator(), MESSAGES, &message(config)).await.json();
    assert_eq!(answer["content"][0]["text"], r#"{"ok":true}"#);
}

#[tokio::test]
async fn what_the_filter_catches_has_no_content() {
    let thinking = json!({"type": "adaptive"});
    let messages = json!([{"role": "user", "content": "Say [filtered]"}]);
    let filtered = message(json!({"messages": messages, "thinking": thinking}));
    let answer = post(&simulator(), MESSAGES, &filtered).await.json();
    assert_eq!((&answer["stop_reason"], &answer["content"]), (&json!("refusal"), &json!([])));
    assert_eq!(answer["stop_details"]["type"], "refusal");
    assert_eq!(answer["usage"]["output_tokens"], 0);
}

#[tokio::test]
async fn sampling_settings_are_gone_since_the_newer_version() {
    let simulator = simulator();
    for (field, right, wrong) in [("temperature", 1.0, 1.1), ("top_p", 0.5, -0.1), ("top_k", 40.0, 1.5)] {
        let right = if field == "top_k" { json!(40) } else { json!(right) };
        let sampled = message(json!({field: right}));
        post_as("2023-06-01", &simulator, MESSAGES, &sampled).await.json();
        let error = post(&simulator, MESSAGES, &sampled).await.refusal(400);
        assert!(error["error"]["message"].as_str().unwrap().starts_with(field), "{error}");
        post_as("2023-06-01", &simulator, MESSAGES, &message(json!({field: wrong}))).await.refusal(400);
    }
}

#[tokio::test]
async fn tokens_are_counted_as_they_would_be_charged() {
    let simulator = simulator();
    for (extra, tokens) in [
        (json!({}), 5),
        (json!({"system": "Be very brief."}), 8),
        (json!({"system": [{"type": "text", "text": "Be brief."}]}), 7),
    ] {
        let asked = message(extra);
        assert_eq!(post(&simulator, COUNT, &asked).await.json(), json!({"input_tokens": tokens}));
        let charged = post(&simulator, MESSAGES, &asked).await.json();
        assert_eq!(charged["usage"]["input_tokens"], tokens);
    }
    // A count needs no limit and costs nothing.
    let mut unlimited = message(json!({}));
    unlimited.as_object_mut().unwrap().remove("max_tokens");
    post(&simulator, COUNT, &unlimited).await.json();
    post(&simulator, MESSAGES, &unlimited).await.refusal(400);
    assert_eq!(simulator.counts().paid_tasks, 3);
}

#[tokio::test]
async fn a_model_of_the_settings_is_served() {
    let extra_models = vec!["claude-x".to_owned()];
    let simulator = Simulator::start(SimulatorSettings { extra_models, ..settings() });
    let answer = post(&simulator, MESSAGES, &message(json!({"model": "claude-x"}))).await.json();
    assert_eq!(answer["model"], "claude-x");
}

#[tokio::test]
async fn a_message_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    for (extra, status, at) in [
        (json!({"model": null}), 400, "model: Field required"),
        (json!({"model": "claude-2"}), 404, "model: claude-2"),
        (json!({"max_tokens": null}), 400, "max_tokens: Field required"),
        (json!({"max_tokens": 0}), 400, "max_tokens: "),
        (json!({"max_tokens": "1"}), 400, "max_tokens: Input should be an integer"),
        (json!({"max_tokens": 64_001}), 400, "max_tokens: "),
        (json!({"system": 1}), 400, "system: "),
        (json!({"system": [{"type": "image"}]}), 400, "system.0: "),
        (json!({"stream": "yes"}), 400, "stream: "),
        (json!({"service_tier": "gold"}), 400, "service_tier: "),
        (json!({"stop_sequences": [" "]}), 400, "stop_sequences.0: "),
        (json!({"stop_sequences": [1]}), 400, "stop_sequences.0: "),
        (json!({"output_config": {"format": {"type": "xml"}}}), 400, "output_config.format.type: "),
        (json!({"output_config": {"format": {"type": "json_schema"}}}), 400, "output_config.format.schema: "),
    ] {
        let error = post(&simulator, MESSAGES, &message(extra.clone())).await.refusal(status);
        assert!(error["error"]["message"].as_str().unwrap().starts_with(at), "{extra}: {error}");
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}
