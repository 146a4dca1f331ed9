//! The vendors as the operator sees them.

use fourfold_domain::Reason;
use serde_json::json;

use crate::support::{House, failure};

#[tokio::test]
async fn a_credential_that_is_out_of_money_is_shown_as_set_aside() {
    let house = House::new().await;
    let list = house.get("/api/v1/admin/providers").by_admin().ok(200).await;
    let ready = json!({"name": "default", "state": "ready", "until": null, "since": null, "reason": null,
        "message": null, "circuit": "closed"});
    assert_eq!(
        list["data"],
        json!([{"id": "acme", "object": "provider", "models": 7, "credentials": [ready]}])
    );

    house.vendor.will_start(Err(failure(Reason::OutOfMoney)));
    let id = house.submit("u1").await;
    house.look(&id).await;
    let list = house.get("/api/v1/admin/providers").by_admin().ok(200).await;
    let credential = &list["data"][0]["credentials"][0];
    assert_eq!((&credential["state"], &credential["reason"]), (&json!("set_aside"), &json!("out_of_money")));
    assert!(credential["since"].is_string() && credential["until"].is_string(), "{credential}");
}
