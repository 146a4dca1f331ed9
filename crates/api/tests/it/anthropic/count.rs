//! Tokens of a message that isn't sent.

use serde_json::{Value, json};

use super::messages::message;
use crate::support::House;

const PATH: &str = "/v1/messages/count_tokens";

async fn count(house: &House, changes: Value) -> u64 {
    let mut changes = changes;
    // Nothing is answered, so that there is no limit of it.
    changes["max_tokens"] = Value::Null;
    let counted = house.post(PATH, message(changes)).by("u1").ok(200).await;
    assert_eq!(counted.as_object().unwrap().len(), 1, "{counted}");
    counted["input_tokens"].as_u64().unwrap()
}

#[tokio::test]
async fn a_message_is_counted_by_what_it_says_and_costs_nothing() {
    let house = House::new().await;
    let before = house.get("/api/v1/credits").by("u1").ok(200).await;
    let short = count(&house, json!({})).await;
    let long = json!([{"role": "user", "content": "Where do foxes live? ".repeat(100)}]);
    let long = count(&house, json!({"messages": long})).await;
    let tool = json!({"name": "look", "input_schema": {"type": "object"}});
    let with_tools = count(&house, json!({"tools": [tool], "system": "Be brief."})).await;
    assert!(short > 0 && (400..800).contains(&long) && with_tools > short, "{short} {long} {with_tools}");
    assert_eq!(house.get("/api/v1/credits").by("u1").ok(200).await, before);
    assert_eq!(
        house.get("/api/v1/credits/entries").by("u1").ok(200).await["data"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_mistake_is_told_as_of_a_message() {
    let house = House::new().await;
    for (changes, status, kind, param) in [
        (json!({"model": null}), 400, "invalid_request_error", "model"),
        (json!({"messages": null}), 400, "invalid_request_error", "messages"),
        (json!({"messages": "x"}), 400, "invalid_request_error", "messages"),
        (json!({"model": "nothing"}), 404, "not_found_error", "model"),
        (json!({"model": "picture"}), 422, "invalid_request_error", "model"),
    ] {
        let answer = house.post(PATH, message(changes)).by("u1").answer().await;
        let error = &answer.json()["error"];
        assert_eq!((answer.status, &error["type"], &error["param"]), (status, &json!(kind), &json!(param)));
        assert!(answer.header("request-id").is_some());
    }
}
