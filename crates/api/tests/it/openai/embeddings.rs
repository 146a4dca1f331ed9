//! Vectors, for a model whose vendor doesn't speak the wire.

use serde_json::{Value, json};

use crate::support::House;

const PATH: &str = "/v1/embeddings";

#[tokio::test]
async fn vectors_have_openais_shape_and_are_charged_what_was_used() {
    let house = House::new().await;
    let body = json!({"model": "vectors", "input": ["fox", "foxes"], "user": "somebody"});
    let answer = house.post(PATH, body).by("u1").ok(200).await;
    let expected = json!({
        "object": "list", "model": "vectors",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [3.0, 0.5]},
            {"object": "embedding", "index": 1, "embedding": [5.0, 0.5]},
        ],
        "usage": {"prompt_tokens": 7, "total_tokens": 7},
    });
    assert_eq!(answer, expected);
    let entries = house.get("/api/v1/credits/entries").by("u1").ok(200).await;
    assert_eq!(entries["data"][0]["amount"], "-0.000007");
}

#[tokio::test]
async fn base64_has_little_endian_floats() {
    let house = House::new().await;
    let body = json!({"model": "vectors", "input": "fox", "encoding_format": "base64"});
    let answer = house.post(PATH, body).by("u1").ok(200).await;
    // 3.0 and 0.5.
    assert_eq!(answer["data"][0]["embedding"], "AABAQAAAAD8=");
}

#[tokio::test]
async fn a_mistake_is_named_by_its_field() {
    let house = House::new().await;
    let body = |changes: Value| {
        let mut body = json!({"model": "vectors", "input": "fox"});
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        body
    };
    for (changes, status, code, param) in [
        (json!({"input": null}), 400, "malformed", "input"),
        (json!({"input": []}), 400, "malformed", "input"),
        (json!({"input": [1, 2]}), 400, "malformed", "input"),
        (json!({"input": ["fox", ""]}), 400, "malformed", "input"),
        (json!({"encoding_format": "hex"}), 422, "invalid_parameter", "encoding_format"),
        (json!({"dimensions": 9}), 422, "invalid_parameter", "dimensions"),
        (json!({"model": "talk"}), 422, "invalid_parameter", "model"),
        (json!({"novel": 1}), 422, "invalid_parameter", "novel"),
    ] {
        house.post(PATH, body(changes)).by("u1").check(status, code, Some(param)).await;
    }
}
