//! What is wrong with a message, in Anthropic's envelope.

use fourfold_api::ServerSettings;
use fourfold_domain::Reason;
use http::Method;
use serde_json::{Value, json};

use super::messages::message;
use crate::support::{Answer, House, Plan, failure, new_message};

const PATH: &str = "/v1/messages";

fn kind(answer: &Answer) -> Value {
    answer.json()["error"]["type"].clone()
}

#[tokio::test]
async fn a_mistake_is_named_by_its_field() {
    let house = House::new().await;
    let block = |block: Value| json!({"messages": [{"role": "user", "content": [block]}]});
    let by_model = |block: Value| json!({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [block]}]});
    for (changes, status, code, param) in [
        (json!({"model": null}), 400, "malformed", "model"),
        (json!({"model": "nobody"}), 404, "unknown_model", "model"),
        (json!({"model": "picture"}), 422, "invalid_parameter", "model"),
        (json!({"max_tokens": null}), 400, "malformed", "max_tokens"),
        (json!({"max_tokens": 9000}), 422, "invalid_parameter", "max_tokens"),
        (json!({"messages": null}), 400, "malformed", "messages"),
        (json!({"messages": []}), 400, "malformed", "messages"),
        (
            json!({"messages": [{"role": "system", "content": "Hi"}]}),
            422,
            "invalid_parameter",
            "messages[0].role",
        ),
        (json!({"messages": [{"role": "user"}]}), 400, "malformed", "messages[0].content"),
        (json!({"system": 1}), 400, "malformed", "system"),
        (block(json!({"text": "Hi"})), 400, "malformed", "messages[0].content[0].type"),
        (block(json!({"type": "smell"})), 422, "invalid_parameter", "messages[0].content[0].type"),
        (
            block(json!({"type": "image", "source": {"type": "url", "url": "http://x.test"}})),
            422,
            "invalid_parameter",
            "messages[0].content[0].source.url",
        ),
        (
            block(json!({"type": "image", "source": {"type": "file", "file_id": "f"}})),
            422,
            "invalid_parameter",
            "messages",
        ),
        (
            by_model(json!({"type": "tool_use", "name": "x", "input": {}})),
            400,
            "malformed",
            "messages[1].content[0].id",
        ),
        (
            json!({"messages": [{"role": "user", "content": [
                {"type": "text", "text": "So?"}, {"type": "tool_result", "tool_use_id": "c1", "content": "x"}]}]}),
            400,
            "malformed",
            "messages[0].content[1]",
        ),
        (json!({"tools": [{"name": "x"}]}), 400, "malformed", "tools[0].input_schema"),
        (
            json!({"tools": [{"type": "bash_20250124", "name": "bash"}]}),
            422,
            "invalid_parameter",
            "tools[0].type",
        ),
        (json!({"tools": [{"type": "web_search_20250305"}]}), 422, "unpriced_parameter", "tools[0].type"),
        (json!({"tool_choice": {"type": "often"}}), 422, "invalid_parameter", "tool_choice.type"),
        (
            json!({"tool_choice": {"type": "auto", "disable_parallel_tool_use": true}}),
            422,
            "invalid_parameter",
            "tool_choice.disable_parallel_tool_use",
        ),
        (json!({"stop_sequences": ["a", "b", "c", "d", "e"]}), 422, "invalid_parameter", "stop_sequences"),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 5000}}),
            422,
            "invalid_parameter",
            "thinking",
        ),
        (json!({"output_config": {"effort": "max"}}), 422, "invalid_parameter", "output_config.effort"),
        (json!({"output_config": "high"}), 400, "malformed", "output_config"),
        (json!({"metadata": 7}), 400, "malformed", "metadata"),
        (
            json!({"output_config": {"format": {"type": "xml"}}}),
            422,
            "invalid_parameter",
            "output_config.format.type",
        ),
        (json!({"temperature": 9}), 422, "invalid_parameter", "temperature"),
        (json!({"n": 2}), 422, "invalid_parameter", "n"),
        (json!({"stop": "END"}), 422, "invalid_parameter", "stop"),
        (json!({"novel": true}), 422, "invalid_parameter", "novel"),
        (json!({"speed": "fast"}), 422, "unpriced_parameter", "speed"),
    ] {
        house.post(PATH, message(changes)).by("u1").check(status, code, Some(param)).await;
    }
    let beta = house.post(PATH, new_message()).header("anthropic-beta", "context-1m-2025-08-07");
    beta.by("u1").check(422, "unpriced_parameter", Some("anthropic-beta")).await;
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": "10", "held": "0"}));
}

#[tokio::test]
async fn each_error_is_in_anthropics_envelope_and_words() {
    let settings = ServerSettings { body_limit_bytes: 1000, ..ServerSettings::default() };
    let house = House::with(Plan { settings, ..Plan::default() }).await;
    let answer = house.post(PATH, new_message()).check(401, "invalid_api_key", None).await;
    assert_eq!(kind(&answer), "authentication_error");
    let answer = house.post(PATH, new_message()).by("poor").check(402, "insufficient_credits", None).await;
    assert_eq!(kind(&answer), "billing_error");
    let unknown = house.post(PATH, message(json!({"model": "nobody"}))).by("u1");
    assert_eq!(kind(&unknown.check(404, "unknown_model", Some("model")).await), "not_found_error");
    let answer = house.ask(Method::GET, PATH).by("u1").check(405, "method_not_allowed", None).await;
    assert_eq!(kind(&answer), "invalid_request_error");
    let large = house.post(PATH, message(json!({"system": "x".repeat(1000)}))).by("u1");
    assert_eq!(kind(&large.check(413, "too_large", None).await), "request_too_large");
    house.vendor.will_chat(Err(failure(Reason::RateLimited)));
    let answer = house.post(PATH, new_message()).by("u1").check(503, "unavailable", None).await;
    assert_eq!(kind(&answer), "overloaded_error");
}

#[tokio::test]
async fn a_key_may_be_shown_as_anthropics_clients_do() {
    let house = House::new().await;
    let unknown = house.post(PATH, message(json!({"model": "nobody"})));
    let unknown = unknown.header("x-api-key", &house.service).header("fourfold-user", "u1");
    unknown.check(404, "unknown_model", Some("model")).await;
}
