//! The audit of the ledger.

use fourfold_service::testing::Faults;
use serde_json::json;

use crate::support::{House, Plan, outputs};

#[tokio::test]
async fn a_ledger_that_adds_up_is_clean() {
    let house = House::new().await;
    house.make("u1", outputs(&[("image/png", "abc")])).await;
    house.submit("u2").await;
    let audit = house.get("/api/v1/admin/ledger/verify").by_admin().ok(200).await;
    let counts = json!({
        "accounts": 2, "entries": 5, "holds": 2, "holds_open": 1, "jobs": 2, "jobs_open": 1, "calls": 0,
    });
    assert_eq!(audit, json!({"clean": true, "counts": counts, "accounts": [], "findings": []}));
}

#[tokio::test]
async fn a_ledger_that_does_not_add_up_names_the_accounts() {
    let faults = Faults { forget_entries: true, ..Faults::default() };
    let house = House::with(Plan { faults, ..Plan::default() }).await;
    let audit = house.get("/api/v1/admin/ledger/verify").by_admin().ok(409).await;
    assert_eq!(audit["clean"], false);
    assert_eq!(audit["accounts"].as_array().unwrap().len(), 2);
    let finding = &audit["findings"][0];
    for name in ["rule", "account", "id", "detail"] {
        assert!(finding[name].is_string(), "{finding}");
    }
    assert!(audit["accounts"].as_array().unwrap().contains(&finding["account"]));
}

#[tokio::test]
async fn a_comparison_tells_margins_and_what_no_vendor_tells() {
    let house = House::new().await;
    house.make("u1", outputs(&[("image/png", "abc")])).await;
    let path = "/api/v1/admin/ledger/reconcile";
    let body = json!({"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"});
    let found = house.post(path, body).by_admin().ok(200).await;
    assert_eq!((&found["applied"], &found["doubts"]), (&json!(false), &json!([])));
    let model = &found["models"][0];
    assert_eq!(
        (&model["model"], &model["jobs"], &model["charged"]),
        (&json!("picture"), &json!(1), &json!("0.04"))
    );
    assert!(model["margin"].is_string() && model["losses"] == "0", "{found}");
    assert!(found["accounts"][0]["unknown"].is_string(), "{found}");
    for (wrong, field) in [(json!({"apply": "yes"}), "apply"), (json!({"from": "yesterday"}), "from")] {
        house.post(path, wrong).by_admin().check(400, "malformed", Some(field)).await;
    }
    house.post(path, json!({})).by_admin().ok(200).await;
}
