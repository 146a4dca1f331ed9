//! Keys: made, listed, changed, rotated, revoked.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::House;

#[tokio::test]
async fn a_key_shows_its_secret_once() {
    let house = House::new().await;
    let body = json!({
        "kind": "user",
        "account": "u1",
        "name": "phone",
        "scopes": null,
        "expires_at": "2027-01-31T00:00:00Z",
    });
    let mut made = house.post("/api/v1/admin/keys", body).by_admin().ok(201).await;
    let secret = made.as_object_mut().unwrap().remove("key").unwrap();
    let expected = json!({
        "id": made["id"],
        "kind": "user",
        "realm": "default",
        "account": "u1",
        "name": "phone",
        "scopes": null,
        "models": null,
        "limits": {"requests_per_minute": null, "tokens_per_minute": null, "concurrency": null},
        "previous_until": null,
        "created_at": "2026-01-01T00:00:00.000Z",
        "expires_at": "2027-01-31T00:00:00.000Z",
        "revoked_at": null,
        "budget": null,
    });
    assert_eq!(made, expected);
    let keys = house.get("/api/v1/admin/keys").by_admin().ok(200).await;
    assert_eq!(keys["data"][0], made);
    assert!(!keys.to_string().contains(secret.as_str().unwrap()));
    assert_eq!(house.get("/api/v1/credits").key(secret.as_str().unwrap()).ok(200).await["account"], "u1");
}

#[tokio::test]
async fn a_key_is_revoked_once_and_stays_listed() {
    let house = House::new().await;
    let made = house.post("/api/v1/admin/keys", json!({"kind": "service"})).by_admin().ok(201).await;
    let path = format!("/api/v1/admin/keys/{}", made["id"].as_str().unwrap());
    for _again in 0..2 {
        assert_eq!(house.delete(&path).by_admin().answer().await.status, 204);
    }
    let keys = house.get("/api/v1/admin/keys").by_admin().ok(200).await;
    assert_eq!(keys["data"][0]["revoked_at"], "2026-01-01T00:00:00.000Z");
    let unknown = "/api/v1/admin/keys/0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d";
    house.delete(unknown).by_admin().check(404, "not_found", None).await;
    house.delete("/api/v1/admin/keys/x").by_admin().check(400, "malformed", Some("id")).await;
}

/// Fails unless such a key is refused with this code and field.
async fn check(body: Value, status: u16, code: &str, param: &str) {
    let house = House::new().await;
    house.post("/api/v1/admin/keys", body).by_admin().check(status, code, Some(param)).await;
}

#[tokio::test]
async fn a_mistake_in_a_key_names_its_field() {
    check(json!({}), 400, "malformed", "kind").await;
    check(json!({"kind": 7}), 400, "malformed", "kind").await;
    check(json!({"kind": "root"}), 422, "invalid_parameter", "kind").await;
    check(json!({"kind": "user"}), 400, "malformed", "account").await;
    check(json!({"kind": "user", "account": "../../x"}), 400, "malformed", "account").await;
    check(json!({"kind": "service", "realm": ""}), 400, "malformed", "realm").await;
    check(json!({"kind": "service", "name": 7}), 400, "malformed", "name").await;
    for wrong in [json!("jobs"), json!([7]), json!({})] {
        check(json!({"kind": "service", "scopes": wrong}), 400, "malformed", "scopes").await;
    }
    // A key that looked limited and wasn't would be worse than none.
    check(json!({"kind": "service", "scopes": ["everything"]}), 422, "invalid_parameter", "scopes").await;
    check(json!({"kind": "service", "scopes": ["admin"]}), 422, "invalid_parameter", "scopes").await;
    for empty in ["scopes", "models"] {
        check(json!({"kind": "service", empty: []}), 422, "invalid_parameter", empty).await;
    }
    check(json!({"kind": "service", "models": "gpt-*"}), 400, "malformed", "models").await;
    check(json!({"kind": "service", "models": ["g*t"]}), 422, "invalid_parameter", "models").await;
    for wrong in [json!(7), json!({"requests_per_minute": "many"}), json!({"requests": 7})] {
        check(json!({"kind": "service", "limits": wrong}), 400, "malformed", "limits").await;
    }
    check(json!({"kind": "service", "limits": {"concurrency": 0}}), 422, "invalid_parameter", "limits").await;
    let long = "x".repeat(1001);
    check(json!({"kind": "service", "name": long}), 422, "invalid_parameter", "name").await;
    for wrong in [json!(7), json!(""), json!("tomorrow"), json!("2027-01-31"), json!("1969-12-31T00:00:00Z")]
    {
        check(json!({"kind": "service", "expires_at": wrong}), 400, "malformed", "expires_at").await;
    }
    check(json!({"kind": "service", "role": "x"}), 422, "invalid_parameter", "role").await;
}

#[tokio::test]
async fn a_key_says_what_it_is_limited_to() {
    let house = House::new().await;
    let limits = json!({"requests_per_minute": 60, "tokens_per_minute": 10_000, "concurrency": 2});
    let body = json!({
        "kind": "service",
        "scopes": ["jobs", "chat"],
        "models": ["talk", "gpt-*"],
        "limits": limits,
    });
    house.post("/api/v1/admin/keys", body).by_admin().ok(201).await;
    let listed = house.get("/api/v1/admin/keys").by_admin().ok(200).await["data"][0].clone();
    assert_eq!(listed["scopes"], json!(["chat", "jobs"]));
    assert_eq!(listed["models"], json!(["talk", "gpt-*"]));
    assert_eq!(listed["limits"], limits);
}

#[tokio::test]
async fn a_change_of_a_key_counts_at_once_and_leaves_all_else() {
    let house = House::new().await;
    let body = json!({
        "kind": "user",
        "account": "u1",
        "name": "phone",
        "scopes": ["credits"],
        "models": ["gpt-*"],
        "limits": {"concurrency": 2},
        "expires_at": "2027-01-31T00:00:00Z",
        "budget": "5",
    });
    let mut key = house.post("/api/v1/admin/keys", body).by_admin().ok(201).await;
    let secret = key.as_object_mut().unwrap().remove("key").unwrap();
    let path = format!("/api/v1/admin/keys/{}", key["id"].as_str().unwrap());
    let models = || house.get("/api/v1/models").key(secret.as_str().unwrap());
    models().check(403, "missing_scope", None).await;
    for (change, expected) in [
        (json!({}), json!({})),
        (json!({"name": "tablet"}), json!({"name": "tablet"})),
        (json!({"scopes": ["models", "credits"]}), json!({"scopes": ["credits", "models"]})),
        (json!({"models": ["talk"]}), json!({"models": ["talk"]})),
        (
            json!({"limits": {"requests_per_minute": 7}}),
            json!({"limits": {"requests_per_minute": 7, "tokens_per_minute": null, "concurrency": null}}),
        ),
        (json!({"expires_at": "2028-01-31T00:00:00Z"}), json!({"expires_at": "2028-01-31T00:00:00.000Z"})),
        (json!({"scopes": null}), json!({"scopes": null})),
        (json!({"scopes": ["credits", "models"]}), json!({"scopes": ["credits", "models"]})),
        (json!({"budget": "6"}), json!({"budget": {"limit": "6", "held": "0", "charged": "0"}})),
        (
            json!({"name": null, "models": null, "expires_at": null, "limits": null}),
            json!({
                "name": null,
                "models": null,
                "expires_at": null,
                "limits": {"requests_per_minute": null, "tokens_per_minute": null, "concurrency": null},
            }),
        ),
    ] {
        let changed = house.patch(&path, change.clone()).by_admin().ok(200).await;
        key.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
        assert_eq!(changed, key, "{change}");
        assert_eq!(house.get("/api/v1/admin/keys").by_admin().ok(200).await["data"][0], key);
    }
    // What was read can be written back.
    let back = json!({"name": key["name"], "scopes": key["scopes"], "models": key["models"]});
    assert_eq!(house.patch(&path, back).by_admin().ok(200).await, key);
    let names = async || {
        let listed = models().ok(200).await;
        let models = listed["data"].as_array().unwrap().clone();
        models.into_iter().map(|model| model["id"].clone()).collect::<Vec<_>>()
    };
    assert!(names().await.len() > 1, "null lifts the list");
    house.patch(&path, json!({"models": ["talk"]})).by_admin().ok(200).await;
    assert_eq!(names().await, ["talk"]);
}

#[tokio::test]
async fn a_mistake_in_a_change_of_a_key_names_its_field_and_changes_nothing() {
    let house = House::new().await;
    let made = house.post("/api/v1/admin/keys", json!({"kind": "service"})).by_admin().ok(201).await;
    let path = format!("/api/v1/admin/keys/{}", made["id"].as_str().unwrap());
    for (change, status, code, param) in [
        (json!({"name": 7}), 400, "malformed", "name"),
        (json!({"scopes": "chat"}), 400, "malformed", "scopes"),
        (json!({"name": "x", "scopes": ["admin"]}), 422, "invalid_parameter", "scopes"),
        (json!({"models": ["g*t"]}), 422, "invalid_parameter", "models"),
        (json!({"name": "x", "models": []}), 422, "invalid_parameter", "models"),
        (json!({"name": "x", "scopes": []}), 422, "invalid_parameter", "scopes"),
        (json!({"limits": {"requests": 7}}), 400, "malformed", "limits"),
        (json!({"limits": {"concurrency": 0}}), 422, "invalid_parameter", "limits"),
        (json!({"expires_at": "tomorrow"}), 400, "malformed", "expires_at"),
        (json!({"budget": "-1"}), 400, "malformed", "budget"),
        (json!({"budget": "1"}), 422, "invalid_parameter", "budget"),
        (json!({"budget": null}), 422, "invalid_parameter", "budget"),
        (json!({"kind": "admin"}), 422, "invalid_parameter", "kind"),
        (json!({"realm": "other"}), 422, "invalid_parameter", "realm"),
    ] {
        house.patch(&path, change).by_admin().check(status, code, Some(param)).await;
    }
    assert_eq!(house.get("/api/v1/admin/keys").by_admin().ok(200).await["data"][0]["name"], Value::Null);
    let unknown = "/api/v1/admin/keys/0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d";
    house.patch(unknown, json!({})).by_admin().check(404, "not_found", None).await;
    assert_eq!(house.delete(&path).by_admin().answer().await.status, 204);
    house.patch(&path, json!({})).by_admin().check(404, "not_found", None).await;
}

#[tokio::test]
async fn a_budget_that_is_raised_is_spent_further_and_never_becomes_less_than_was_spent() {
    let house = House::new().await;
    let body = json!({"kind": "service", "account": "u1", "budget": "0.06"});
    let made = house.post("/api/v1/admin/keys", body).by_admin().ok(201).await;
    let path = format!("/api/v1/admin/keys/{}", made["id"].as_str().unwrap());
    let job = || house.post("/api/v1/jobs", crate::support::new_job()).key(made["key"].as_str().unwrap());
    job().ok(202).await;
    job().check(402, "budget_exceeded", None).await;
    let less = house.patch(&path, json!({"budget": "0.039999"})).by_admin();
    less.check(422, "invalid_parameter", Some("budget")).await;
    house.patch(&path, json!({"budget": "0.08"})).by_admin().ok(200).await;
    job().ok(202).await;
    job().check(402, "budget_exceeded", None).await;
}

#[tokio::test]
async fn a_rotated_key_lives_on_for_its_overlap() {
    let house = House::new().await;
    let body = json!({"kind": "user", "account": "u1", "budget": "5"});
    let made = house.post("/api/v1/admin/keys", body).by_admin().ok(201).await;
    let path = format!("/api/v1/admin/keys/{}/rotate", made["id"].as_str().unwrap());
    let rotated = house.post(&path, json!({"overlap": "1h"})).by_admin().ok(200).await;
    assert_eq!((&rotated["id"], &rotated["budget"]), (&made["id"], &made["budget"]));
    assert_eq!(rotated["previous_until"], "2026-01-01T01:00:00.000Z");
    let (first, second) = (made["key"].as_str().unwrap(), rotated["key"].as_str().unwrap());
    house.get("/api/v1/credits").key(second).ok(200).await;
    house.clock.advance(Duration::from_secs(60 * 60 - 1));
    house.get("/api/v1/credits").key(first).ok(200).await;
    house.clock.advance(Duration::from_secs(1));
    house.get("/api/v1/credits").key(first).check(401, "invalid_api_key", None).await;
    house.get("/api/v1/credits").key(second).ok(200).await;

    let again = house.post(&path, json!({})).by_admin().ok(200).await;
    assert_eq!(again["previous_until"], "2026-01-02T01:00:00.000Z", "a day, where nobody says");
    for (overlap, status, code) in [
        (json!("soon"), 400, "malformed"),
        (json!(7), 400, "malformed"),
        (json!("800h"), 422, "invalid_parameter"),
    ] {
        let ask = house.post(&path, json!({"overlap": overlap})).by_admin();
        ask.check(status, code, Some("overlap")).await;
    }
}

#[tokio::test]
async fn a_key_that_does_not_count_is_not_rotated() {
    let house = House::new().await;
    let made = house.post("/api/v1/admin/keys", json!({"kind": "service"})).by_admin().ok(201).await;
    let path = format!("/api/v1/admin/keys/{}", made["id"].as_str().unwrap());
    assert_eq!(house.delete(&path).by_admin().answer().await.status, 204);
    let rotate = |path: &str| format!("{path}/rotate");
    house.post(&rotate(&path), json!({})).by_admin().check(404, "not_found", None).await;
    let unknown = "/api/v1/admin/keys/0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d";
    house.post(&rotate(unknown), json!({})).by_admin().check(404, "not_found", None).await;
}

#[tokio::test]
async fn a_key_spends_its_budget_and_no_more() {
    let house = House::new().await;
    let body = json!({"kind": "service", "account": "u1", "budget": "0.06"});
    let made = house.post("/api/v1/admin/keys", body).by_admin().ok(201).await;
    assert_eq!(made["budget"], json!({"limit": "0.06", "held": "0", "charged": "0"}));
    let key = made["key"].as_str().unwrap();
    house.post("/api/v1/jobs", crate::support::new_job()).key(key).ok(202).await;
    house.post("/api/v1/jobs", crate::support::new_job()).key(key).check(402, "budget_exceeded", None).await;
    let keys = house.get("/api/v1/admin/keys").by_admin().ok(200).await;
    assert_eq!(keys["data"][0]["budget"], json!({"limit": "0.06", "held": "0.04", "charged": "0"}));
    house.post("/api/v1/jobs", crate::support::new_job()).by("u1").ok(202).await;
    let wrong = json!({"kind": "service", "budget": "-1"});
    let answer =
        house.post("/api/v1/admin/keys", wrong).by_admin().check(400, "malformed", Some("budget")).await;
    let message = answer.json()["error"]["message"].to_string();
    assert!(
        message.starts_with("\"budget must be a decimal string") && !message.contains("credits"),
        "{message}"
    );
}
