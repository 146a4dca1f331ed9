//! Accounts and grants.

use serde_json::{Value, json};

use crate::support::{Ask, House};

const GRANTS: &str = "/api/v1/admin/accounts/new/grants";

fn grant<'a>(house: &'a House, path: &str, body: Value) -> Ask<'a> {
    house.post(path, body).by_admin()
}

#[tokio::test]
async fn a_grant_makes_the_account_and_shows_it() {
    let house = House::new().await;
    let account = grant(&house, GRANTS, json!({"credits": "2.5", "note": "welcome"})).ok(201).await;
    let expected = json!({
        "id": account["id"],
        "account": "new",
        "realm": "default",
        "available": "2.5",
        "held": "0",
        "created_at": "2026-01-01T00:00:00.000Z",
    });
    assert_eq!(account, expected);
    assert_eq!(house.get("/api/v1/admin/accounts/new").by_admin().ok(200).await, account);
    let accounts = house.get("/api/v1/admin/accounts").by_admin().ok(200).await;
    assert_eq!(accounts["data"][0], account);
    let entries = house.get("/api/v1/admin/accounts/new/entries").by_admin().ok(200).await;
    assert_eq!(
        (&entries["data"][0]["kind"], &entries["data"][0]["amount"]),
        (&json!("grant"), &json!("2.5"))
    );
    assert_eq!(house.get("/api/v1/credits").by("new").ok(200).await["available"], "2.5");
}

#[tokio::test]
async fn a_grant_is_made_once_by_its_operation_id() {
    let house = House::new().await;
    let body = json!({"credits": "1", "operation_id": "order-7"});
    for _again in 0..3 {
        assert_eq!(grant(&house, GRANTS, body.clone()).ok(201).await["available"], "1");
    }
    let more = json!({"credits": "2", "operation_id": "order-7"});
    grant(&house, GRANTS, more).check(422, "operation_mismatch", Some("operation_id")).await;
    let other = "/api/v1/admin/accounts/other/grants";
    grant(&house, other, body).check(422, "operation_mismatch", Some("operation_id")).await;
    grant(&house, GRANTS, json!({"credits": "1", "operation_id": "order-8"})).ok(201).await;
    assert_eq!(house.get("/api/v1/credits").by("new").ok(200).await["available"], "2");
}

#[tokio::test]
async fn without_a_name_each_grant_is_another() {
    let house = House::new().await;
    grant(&house, GRANTS, json!({"credits": "1"})).ok(201).await;
    assert_eq!(grant(&house, GRANTS, json!({"credits": "1"})).ok(201).await["available"], "2");
}

#[tokio::test]
async fn the_idempotency_key_stands_for_the_operation_id() {
    let house = House::new().await;
    let once = || grant(&house, GRANTS, json!({"credits": "1"})).header("idempotency-key", "k");
    once().ok(201).await;
    assert_eq!(once().ok(201).await["available"], "1");
    let more = grant(&house, GRANTS, json!({"credits": "2"})).header("idempotency-key", "k");
    more.check(422, "operation_mismatch", Some("operation_id")).await;

    let named = json!({"credits": "1", "operation_id": "order-7"});
    assert_eq!(grant(&house, GRANTS, named).header("idempotency-key", "k").ok(201).await["available"], "2");
}

#[tokio::test]
async fn an_idempotency_key_counts_for_its_account_alone() {
    let house = House::new().await;
    // Joined without care, these two would be one: a:b and c, a and b:c.
    for path in ["/api/v1/admin/accounts/c/grants?realm=a:b", "/api/v1/admin/accounts/b:c/grants?realm=a"] {
        let ask = grant(&house, path, json!({"credits": "1"})).header("idempotency-key", "k");
        assert_eq!(ask.ok(201).await["available"], "1", "{path}");
    }
}

#[tokio::test]
async fn a_bad_idempotency_key_is_not_passed_over() {
    let house = House::new().await;
    for wrong in ["", "ü", "x".repeat(256).as_str()] {
        let ask = grant(&house, GRANTS, json!({"credits": "1"})).header("idempotency-key", wrong);
        ask.check(400, "malformed", Some("Idempotency-Key")).await;
    }
    house.get("/api/v1/admin/accounts/new").by_admin().check(404, "not_found", None).await;
}

#[tokio::test]
async fn a_mistake_in_a_grant_names_its_field() {
    let house = House::new().await;
    let cases = [
        (json!({}), 400, "malformed", "credits"),
        (json!({"credits": 1}), 400, "malformed", "credits"),
        (json!({"credits": "-1"}), 400, "malformed", "credits"),
        (json!({"credits": "1e3"}), 400, "malformed", "credits"),
        (json!({"credits": "0.0000001"}), 400, "malformed", "credits"),
        (json!({"credits": "0"}), 422, "invalid_parameter", "credits"),
        (json!({"credits": "1", "operation_id": ""}), 422, "invalid_parameter", "operation_id"),
        (json!({"credits": "1", "operation_id": "x".repeat(201)}), 422, "invalid_parameter", "operation_id"),
        (json!({"credits": "1", "operation_id": 7}), 400, "malformed", "operation_id"),
        (json!({"credits": "1", "note": 7}), 400, "malformed", "note"),
        (json!({"credits": "1", "amount": "1"}), 422, "invalid_parameter", "amount"),
    ];
    for (body, status, code, param) in cases {
        grant(&house, GRANTS, body).check(status, code, Some(param)).await;
    }
}

#[tokio::test]
async fn more_than_can_be_counted_is_refused() {
    let house = House::new().await;
    let most = "9000000000000";
    grant(&house, GRANTS, json!({"credits": most})).ok(201).await;
    let ask = grant(&house, GRANTS, json!({"credits": most}));
    ask.check(422, "invalid_parameter", Some("credits")).await;
}

#[tokio::test]
async fn an_account_is_named_by_its_external_id_and_realm() {
    let house = House::new().await;
    for wrong in ["..%2F..%2Fx", "a%20b", "%C3%BC", &"x".repeat(129)] {
        for route in ["", "/entries"] {
            let path = format!("/api/v1/admin/accounts/{wrong}{route}");
            house.get(&path).by_admin().check(400, "malformed", Some("account")).await;
        }
        let path = format!("/api/v1/admin/accounts/{wrong}/grants");
        grant(&house, &path, json!({"credits": "1"})).check(400, "malformed", Some("account")).await;
    }
    for path in ["/api/v1/admin/accounts", "/api/v1/admin/accounts/u1"] {
        let path = format!("{path}?realm=a%20b");
        house.get(&path).by_admin().check(400, "malformed", Some("realm")).await;
    }
    for route in ["", "/entries"] {
        let path = format!("/api/v1/admin/accounts/u1{route}?realm=elsewhere");
        house.get(&path).by_admin().check(404, "not_found", None).await;
    }
    let elsewhere = house.get("/api/v1/admin/accounts?realm=elsewhere").by_admin().ok(200).await;
    assert_eq!(elsewhere["data"], json!([]));
}

#[tokio::test]
async fn an_adjustment_corrects_what_an_account_can_spend() {
    const ADJUSTMENTS: &str = "/api/v1/admin/accounts/new/adjustments";
    let house = House::new().await;
    grant(&house, ADJUSTMENTS, json!({"credits": "1"})).check(404, "not_found", None).await;
    grant(&house, GRANTS, json!({"credits": "2.5"})).ok(201).await;
    let body = json!({"credits": "-2", "operation_id": "refund-7", "note": "refunded by card"});
    for _again in 0..2 {
        assert_eq!(grant(&house, ADJUSTMENTS, body.clone()).ok(201).await["available"], "0.5");
    }
    let more = json!({"credits": "-0.6"});
    grant(&house, ADJUSTMENTS, more).check(402, "insufficient_credits", None).await;
    let other = json!({"credits": "-1", "operation_id": "refund-7"});
    grant(&house, ADJUSTMENTS, other).check(422, "operation_mismatch", Some("operation_id")).await;
    grant(&house, ADJUSTMENTS, json!({"credits": "0"}))
        .check(422, "invalid_parameter", Some("credits"))
        .await;
    grant(&house, ADJUSTMENTS, json!({"credits": "1e3"})).check(400, "malformed", Some("credits")).await;
    let entries = house.get("/api/v1/admin/accounts/new/entries").by_admin().ok(200).await;
    assert_eq!(entries["data"][0]["kind"], "adjust");
    assert_eq!(entries["data"][0]["amount"], "-2");
}
