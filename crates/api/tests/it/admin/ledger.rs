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
