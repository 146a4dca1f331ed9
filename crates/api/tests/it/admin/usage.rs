//! What was used, for the operator.

use serde_json::{Value, json};

use crate::native::usage::{told, used};

const PATH: &str = "/api/v1/admin/usage";

#[tokio::test]
async fn the_operator_sees_who_used_what() {
    let house = used().await;
    for (query, fields, expected) in [
        ("", &["day", "count"][..], json!([["2026-01-01", 3], ["2026-01-02", 1]])),
        ("?group_by=realm", &["realm", "count"], json!([["default", 4]])),
        ("?group_by=provider", &["provider", "count"], json!([["acme", 4]])),
        ("?group_by=&account=u2", &["count"], json!([[1]])),
        ("?group_by=&account=u2&realm=default", &["count"], json!([[1]])),
        ("?group_by=&account=u2&realm=elsewhere", &["count"], json!([])),
        ("?group_by=&realm=elsewhere", &["count"], json!([])),
        ("?group_by=&realm=default&provider=acme", &["count"], json!([[4]])),
        ("?group_by=&provider=zenith", &["count"], json!([])),
    ] {
        let sums = house.get(&format!("{PATH}{query}")).by_admin().ok(200).await;
        assert_eq!(json!(told(&sums, fields)), expected, "{query}");
    }
}

#[tokio::test]
async fn accounts_are_named_as_their_callers_name_them() {
    let house = used().await;
    let path = format!("{PATH}?group_by=account,model&limit=2");
    let first = house.get(&path).by_admin().ok(200).await;
    let next = format!("{path}&cursor={}", first["next_cursor"].as_str().unwrap());
    let second = house.get(&next).by_admin().ok(200).await;
    let mut all =
        [told(&first, &["account", "model", "count"]), told(&second, &["account", "model", "count"])]
            .concat();
    all.sort_by_key(|sum| json!(sum).to_string());
    assert_eq!(json!(all), json!([["u1", "picture", 1], ["u1", "talk", 2], ["u2", "picture", 1]]));
    assert_eq!(second["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_filter_that_cannot_be_meant_names_what_is_wrong() {
    let house = crate::support::House::new().await;
    for (query, status, code, param) in [
        ("account=a%20b", 400, "malformed", "account"),
        ("realm=a%20b", 400, "malformed", "realm"),
        ("provider=", 400, "malformed", "provider"),
        ("model=talk", 422, "invalid_parameter", "model"),
        ("group_by=account,week", 422, "invalid_parameter", "group_by"),
    ] {
        house.get(&format!("{PATH}?{query}")).by_admin().check(status, code, Some(param)).await;
    }
}
