//! Who may ask for what, and for whom.

use std::time::Duration;

use fourfold_service::Clock as _;
use fourfold_service::keys::{AllowedModels, KeyKind, KeySecret, NewKey, Scope, Scopes};
use fourfold_service::testing::credits;
use serde_json::json;

use crate::support::rules::{Operation, operations};
use crate::support::{Ask, House};

/// The operation with something in each place of its path, which needn't exist.
fn ask<'a>(house: &'a House, operation: &Operation) -> Ask<'a> {
    let path = operation
        .path
        .replace("{id}", "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d")
        .replace("{index}", "0")
        .replace("{account}", "u1")
        .replace("{token}", "x")
        .replace("{conversation_id}", "c1");
    let ask = house.ask(operation.method.clone(), &path);
    if operation.takes_a_body() { ask.json(&json!({})) } else { ask }
}

#[tokio::test]
async fn without_a_key_there_is_nothing_but_health_metrics_and_signed_files() {
    let house = House::new().await;
    let mut open = Vec::new();
    for operation in operations() {
        if operation.takes_a_key() {
            ask(&house, &operation).check(401, "invalid_api_key", None).await;
        } else {
            assert_ne!(ask(&house, &operation).answer().await.status, 401);
            open.push(operation.path);
        }
    }
    open.sort_unstable();
    assert_eq!(open, ["/files/{token}", "/health/live", "/health/ready", "/metrics"]);
}

#[tokio::test]
async fn admin_routes_take_admin_keys_and_the_others_take_every_kind() {
    let house = House::new().await;
    for operation in operations().into_iter().filter(Operation::takes_a_key) {
        for kind in [KeyKind::Admin, KeyKind::Service, KeyKind::User] {
            let ask = ask(&house, &operation).by_kind(kind, "u1").await;
            if operation.is_for_admins() && kind != KeyKind::Admin {
                ask.check(403, "missing_scope", None).await;
            } else {
                let status = ask.answer().await.status;
                assert!(![401, 403].contains(&status), "{kind:?} {} → {status}", operation.path);
            }
        }
    }
}

#[tokio::test]
async fn a_key_counts_as_it_was_made_and_no_other_way() {
    let house = House::new().await;
    let (admin, unknown) = (house.admin.clone(), KeySecret::random());
    let unknown = unknown.expose();
    for wrong in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer ff_short".to_owned(),
        format!("Bearer {unknown}"),
        format!("Bearer {admin}x"),
        format!("Bearer {admin} {admin}"),
        format!("Basic {admin}"),
        admin.clone(),
        "Bearer ff_ü".to_owned(),
    ] {
        let ask = house.get("/api/v1/admin/keys").header("authorization", &wrong);
        ask.check(401, "invalid_api_key", None).await;
    }
    for right in [format!("Bearer {admin}"), format!("bearer {admin}"), format!("BEARER  {admin} ")] {
        house.get("/api/v1/admin/keys").header("authorization", &right).ok(200).await;
    }
}

#[tokio::test]
async fn a_key_may_be_shown_as_anthropics_clients_do() {
    let house = House::new().await;
    let (admin, service) = (house.admin.clone(), house.service.clone());
    let ask = || house.get("/api/v1/admin/keys");
    ask().header("x-api-key", &admin).ok(200).await;
    ask().header("x-api-key", &admin).header("authorization", format!("Bearer {admin}")).ok(200).await;
    let two = ask().header("x-api-key", &service).header("authorization", format!("Bearer {admin}"));
    two.check(401, "invalid_api_key", None).await;
    let twice = ask().header("x-api-key", &admin).header("x-api-key", &admin);
    twice.check(401, "invalid_api_key", None).await;
    ask().header("x-api-key", "ff_unknown-and-long-enough").check(401, "invalid_api_key", None).await;
}

#[tokio::test]
async fn a_key_with_scopes_opens_those_routes_and_no_others() {
    let house = House::new().await;
    let open = [
        (vec![Scope::Jobs], vec!["jobs"]),
        (vec![Scope::Models, Scope::Credits], vec!["models", "credits"]),
        (vec![Scope::Chat, Scope::Webhooks], vec!["chats", "webhooks"]),
        (vec![Scope::Admin], vec!["admin"]),
    ];
    for (scopes, tags) in open {
        let scopes = Scopes::of(&scopes);
        let key = NewKey { scopes, ..crate::support::new_key(KeyKind::Admin, Some("u1")) };
        let key = house.key_like(key).await;
        for operation in operations().into_iter().filter(Operation::takes_a_key) {
            let tag = operation.document["tags"][0].as_str().unwrap();
            let is_open = match operation.path {
                "/v1/models" | "/v1/models/{id}" => tags.contains(&"models"),
                "/v1/chat/completions" => scopes.allow(Scope::Chat),
                _ if tag == "openai" || tag == "anthropic" => continue,
                _ => tags.contains(&tag),
            };
            let answer = ask(&house, &operation).key(&key).answer().await;
            let is_missing = answer.status == 403 && answer.json()["error"]["code"] == "missing_scope";
            assert_eq!(is_missing, !is_open, "{scopes:?} {} {}", operation.path, answer.status);
        }
    }
}

#[tokio::test]
async fn who_lacks_a_scope_is_told_which() {
    let house = House::new().await;
    let scopes = Scopes::of(&[Scope::Chat]);
    let key = house.key_like(NewKey { scopes, ..crate::support::new_key(KeyKind::User, Some("u1")) }).await;
    let refused = house.get("/api/v1/credits").key(&key).check(403, "missing_scope", None).await;
    assert_eq!(refused.json()["error"]["message"], "this takes a key with the scope credits");
}

#[tokio::test]
async fn a_key_sees_and_uses_only_the_models_that_it_may() {
    let house = House::new().await;
    let models = AllowedModels::parse(&["pict*"]).unwrap();
    let key = house.key_like(NewKey { models, ..crate::support::new_key(KeyKind::User, Some("u1")) }).await;
    for list in ["/api/v1/models", "/v1/models"] {
        let listed = house.get(list).key(&key).ok(200).await;
        let names: Vec<_> = listed["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
        assert_eq!(names, ["picture"], "{list}");
    }
    house.get("/v1/models/picture").key(&key).ok(200).await;
    let refused = Some("model");
    house.get("/v1/models/talk").key(&key).check(403, "model_not_allowed", refused).await;
    house.post("/api/v1/jobs", crate::support::new_job()).key(&key).ok(202).await;
    let talk = json!({"model": "talk", "messages": [{"role": "user", "content": "hi"}]});
    house.post("/v1/chat/completions", talk).key(&key).check(403, "model_not_allowed", refused).await;
    let talk = json!({"model": "talk", "input": {"prompt": "x"}});
    house.post("/api/v1/jobs", talk.clone()).key(&key).check(403, "model_not_allowed", refused).await;
    house.post("/api/v1/quotes", talk).key(&key).check(403, "model_not_allowed", refused).await;
}

/// They decide who pays, so there is no guessing which was meant.
#[tokio::test]
async fn a_header_that_says_who_calls_must_be_there_once() {
    let house = House::new().await;
    let admin = format!("Bearer {}", house.admin);
    let ask = house.get("/api/v1/admin/keys").header("authorization", &admin).header("authorization", &admin);
    ask.check(401, "invalid_api_key", None).await;
    let ask = house.get("/api/v1/credits").by("u1").header("fourfold-user", "u2");
    ask.check(400, "malformed", Some("Fourfold-User")).await;
}

#[tokio::test]
async fn an_expired_key_does_not_count() {
    let house = House::new().await;
    let expires_at = Some(house.clock.now().after(Duration::from_secs(60)));
    let new = NewKey { expires_at, ..crate::support::new_key(KeyKind::User, Some("u1")) };
    let key = house.key_like(new).await;
    house.clock.advance(Duration::from_secs(59));
    house.get("/api/v1/credits").key(&key).ok(200).await;
    house.clock.advance(Duration::from_secs(1));
    house.get("/api/v1/credits").key(&key).check(401, "invalid_api_key", None).await;
}

#[tokio::test]
async fn a_revoked_key_does_not_count_from_the_next_request_on() {
    let house = House::new().await;
    let made = house.post("/api/v1/admin/keys", json!({"kind": "user", "account": "u1"}));
    let made = made.by_admin().ok(201).await;
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    house.get("/api/v1/credits").key(key).ok(200).await;
    let revoked = house.delete(&format!("/api/v1/admin/keys/{id}")).by_admin().answer().await;
    assert_eq!((revoked.status, revoked.body.len()), (204, 0));
    house.get("/api/v1/credits").key(key).check(401, "invalid_api_key", None).await;
}

/// Asks with a key of this kind and account, naming this user. Fails unless the account that it works for
/// is as expected, or else the status, the code and the field.
async fn check_user(
    kind: KeyKind,
    account: Option<&str>,
    named: Option<&str>,
    expected: Result<&str, (u16, &str, Option<&str>)>,
) {
    let house = House::new().await;
    let key = house.key(kind, account).await;
    let ask = house.get("/api/v1/credits").key(&key);
    let ask = match named {
        Some(named) => ask.header("fourfold-user", named),
        None => ask,
    };
    match expected {
        Ok(account) => assert_eq!(ask.ok(200).await["account"], account, "{kind:?} {account:?} {named:?}"),
        Err((status, code, param)) => drop(ask.check(status, code, param).await),
    }
}

#[tokio::test]
async fn a_key_works_for_the_user_that_it_names_or_has() {
    let header = Some("Fourfold-User");
    for kind in [KeyKind::Service, KeyKind::Admin] {
        check_user(kind, None, None, Err((400, "missing_user", header))).await;
        check_user(kind, None, Some("u1"), Ok("u1")).await;
        check_user(kind, Some("u1"), None, Ok("u1")).await;
        check_user(kind, Some("u1"), Some("u2"), Ok("u2")).await;
    }
    check_user(KeyKind::User, Some("u1"), None, Ok("u1")).await;
    check_user(KeyKind::User, Some("u1"), Some("u1"), Ok("u1")).await;
    check_user(KeyKind::User, Some("u1"), Some("u2"), Err((403, "wrong_user", None))).await;
    for wrong in ["", ".", "..", "../../x", "a b", "a/b", "ü", &"x".repeat(129)] {
        for kind in [KeyKind::Service, KeyKind::User] {
            check_user(kind, Some("u1"), Some(wrong), Err((400, "malformed", header))).await;
        }
    }
}

#[tokio::test]
async fn a_key_sees_only_the_users_of_its_realm() {
    let house = House::new().await;
    let job = house.submit("u1").await;
    let elsewhere = NewKey {
        realm: "elsewhere".parse().unwrap(),
        ..crate::support::new_key(KeyKind::Service, Some("u1"))
    };
    let key = house.key_like(elsewhere).await;
    assert_eq!(house.get("/api/v1/credits").key(&key).ok(200).await["available"], "0");
    assert_eq!(house.get("/api/v1/jobs").key(&key).ok(200).await["data"], json!([]));
    house.get(&format!("/api/v1/jobs/{job}")).key(&key).check(404, "not_found", None).await;
    let account = house.state.credits.account(&fourfold_service::testing::account_subject("u1")).await;
    assert_eq!(account.unwrap().unwrap().held, credits("0.04"));
}
