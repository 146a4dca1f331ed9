//! What a request could cost.

use serde_json::json;

use crate::support::House;

#[tokio::test]
async fn a_quote_names_each_factor_and_holds_nothing() {
    let house = House::new().await;
    let body = json!({"model": "picture", "input": {"prompt": "a fox", "n": 3, "size": "128x64"}});
    let quote = house.post("/api/v1/quotes", body).by("u1").ok(200).await;
    let factor = json!({
        "unit": "image",
        "count": 3,
        "traits": {"size": "128x64"},
        "rate": "0.04",
        "per": 1,
        "credits": "0.12",
    });
    let expected = json!({"model": "picture", "credits": "0.12", "factors": [factor], "price_version": "v1"});
    assert_eq!(quote, expected);
    assert_eq!(house.get("/api/v1/credits").by("u1").ok(200).await["held"], "0");
}

#[tokio::test]
async fn a_quote_is_refused_as_the_job_would_be() {
    let house = House::new().await;
    let cases = [
        (json!({"input": {}}), 400, "malformed", "model"),
        (json!({"model": "picture"}), 400, "malformed", "input"),
        (json!({"model": "nobody", "input": {}}), 404, "unknown_model", "model"),
        (json!({"model": "picture", "input": {}}), 400, "malformed", "input.prompt"),
        (json!({"model": "picture", "input": {"prompt": "x", "n": 0}}), 422, "invalid_parameter", "input.n"),
        (json!({"model": "picture", "input": {"prompt": "x"}, "n": 1}), 422, "invalid_parameter", "n"),
    ];
    for (body, status, code, param) in cases {
        house.post("/api/v1/quotes", body).by("u1").check(status, code, Some(param)).await;
    }
}
