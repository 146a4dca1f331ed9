//! The caller's account.

use serde_json::{Value, json};

use crate::support::{House, outputs};

#[tokio::test]
async fn an_account_that_was_never_used_has_nothing() {
    let house = House::new().await;
    let credits = house.get("/api/v1/credits").by("nobody").ok(200).await;
    assert_eq!(credits, json!({"account": "nobody", "available": "0", "held": "0"}));
    let entries = house.get("/api/v1/credits/entries").by("nobody").ok(200).await;
    assert_eq!(entries, json!({"data": [], "next_cursor": null}));
    house.get("/api/v1/admin/accounts/nobody").by_admin().check(404, "not_found", None).await;
}

#[tokio::test]
async fn the_entries_tell_where_the_credits_went() {
    let house = House::new().await;
    let job = house.make("u1", outputs(&[("image/png", "abc")])).await;
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": "9.96", "held": "0"}));
    let entries = house.get("/api/v1/credits/entries").by("u1").ok(200).await;
    let entries = entries["data"].as_array().unwrap();
    let told: Vec<_> =
        entries.iter().map(|entry| (&entry["kind"], &entry["amount"], &entry["owner"])).collect();
    let owner = json!(format!("job:{}", job["id"].as_str().unwrap()));
    assert_eq!(
        told,
        [
            (&json!("settle"), &json!("-0.04"), &owner),
            (&json!("hold"), &json!("-0.04"), &owner),
            (&json!("grant"), &json!("10"), &Value::Null),
        ]
    );
    assert!(entries.iter().all(|entry| entry["created_at"].as_str().unwrap().starts_with("2026-01-01T")));
}
