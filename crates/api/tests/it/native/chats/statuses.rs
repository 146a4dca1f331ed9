//! What each route answers where it can't do what it is asked, by every kind of key.

use fourfold_domain::{AnswerPiece, Effect, ProviderError, Reason};
use fourfold_service::Timestamp;
use fourfold_service::keys::{AllowedModels, KeyKind, NewKey, Scope, Scopes};
use fourfold_service::testing::StallEnding;
use http::Method;
use serde_json::json;

use super::users::{ROUTES, ask};
use super::{PATH, contents, live, message, said, will_fail};
use crate::support::{House, new_key, piece};

const KINDS: [KeyKind; 3] = [KeyKind::Service, KeyKind::Admin, KeyKind::User];

/// Those that ask the model.
const TURNS: [(&str, &str); 2] = [ROUTES[0], ROUTES[1]];

async fn key(house: &House, kind: KeyKind, user: &str) -> String {
    house.key(kind, Some(user)).await
}

#[tokio::test]
async fn a_body_or_a_name_that_cannot_be_read_is_400() {
    let house = House::new().await;
    for kind in KINDS {
        let key = key(&house, kind, "u1").await;
        for (method, path) in ROUTES {
            let method: Method = method.parse().unwrap();
            if path == "/api/chat" {
                let ask = house.ask(method, "/api/chat?limit=x").key(&key);
                ask.check(400, "malformed", Some("limit")).await;
                continue;
            }
            let wrong = path.replace("c1", "c%201");
            let body = if path == PATH { message("Where?") } else { json!({}) };
            let ask = house.ask(method.clone(), &wrong).key(&key);
            let ask = if [Method::POST, Method::PATCH].contains(&method) { ask.json(&body) } else { ask };
            ask.check(400, "malformed", Some("conversation_id")).await;
            if [Method::POST, Method::PATCH].contains(&method) {
                house.ask(method, path).key(&key).body("{").check(400, "malformed", Some("body")).await;
            }
        }
    }
}

#[tokio::test]
async fn without_a_key_it_is_401() {
    let house = House::new().await;
    for route in ROUTES {
        ask(&house, route, Some("u1")).check(401, "invalid_api_key", None).await;
        for kind in KINDS {
            let expires_at = Some(Timestamp::from_millis(1));
            let expired = house.key_like(NewKey { expires_at, ..new_key(kind, Some("u1")) }).await;
            ask(&house, route, None).key(&expired).check(401, "invalid_api_key", None).await;
        }
    }
}

#[tokio::test]
async fn without_the_scope_or_the_model_it_is_403() {
    let house = House::new().await;
    said(&house, "Where?", "In dens.").await;
    for kind in KINDS {
        let scopes = Scopes::of(&[Scope::Jobs]);
        let narrow = house.key_like(NewKey { scopes, ..new_key(kind, Some("u1")) }).await;
        for route in ROUTES {
            ask(&house, route, None).key(&narrow).check(403, "missing_scope", None).await;
        }
        let models = AllowedModels::parse(&["pict*"]).unwrap();
        let narrow = house.key_like(NewKey { models, ..new_key(kind, Some("u1")) }).await;
        for route in TURNS {
            ask(&house, route, None).key(&narrow).check(403, "model_not_allowed", Some("model")).await;
        }
    }
}

#[tokio::test]
async fn who_cannot_pay_gets_402() {
    let house = House::new().await;
    said(&house, "Where?", "In dens.").await;
    let rest = house.get("/api/v1/credits").by("u1").ok(200).await;
    let rest = format!("-{}", rest["available"].as_str().unwrap());
    let adjust = house.post("/api/v1/admin/accounts/u1/adjustments", json!({"credits": rest, "note": "x"}));
    adjust.by_admin().ok(201).await;
    for kind in KINDS {
        let key = key(&house, kind, "u1").await;
        for route in TURNS {
            ask(&house, route, None).key(&key).check(402, "insufficient_credits", None).await;
        }
        for route in &ROUTES[4..] {
            ask(&house, *route, None).key(&key).ok(200).await;
        }
    }
    assert_eq!(contents(&house).await, ["Where?", "In dens."]);
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let house = House::new().await;
    for kind in KINDS {
        let key = key(&house, kind, "u1").await;
        for route in ROUTES.into_iter().filter(|route| *route != ROUTES[0] && route.1 != "/api/chat") {
            ask(&house, route, None).key(&key).check(404, "not_found", None).await;
        }
        let unknown = json!({"message": "Where?", "model": "nobody"});
        house.post(PATH, unknown).key(&key).check(404, "unknown_model", Some("model")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn while_another_message_is_answered_it_is_409() {
    let house = House::new().await;
    said(&house, "Where?", "In dens.").await;
    let (pen, stream) = live();
    house.vendor.will_write(stream);
    pen.send(piece(AnswerPiece::Text("So.".to_owned()))).unwrap();
    let writing = house.post(PATH, json!({"message": "Why?", "stream": true})).by("u1");
    let mut writing = writing.header("idempotency-key", "k1").events().await;
    for kind in KINDS {
        let key = key(&house, kind, "u1").await;
        for (method, path) in TURNS {
            let busy = ask(&house, (method, &format!("{path}?wait=false")), None);
            let busy =
                if path == PATH { house.post(&format!("{path}?wait=false"), message("And?")) } else { busy };
            busy.key(&key).check(409, "conversation_busy", None).await;
            // After a minute.
            ask(&house, (method, path), None).key(&key).check(409, "conversation_busy", None).await;
        }
        let again = house.post(PATH, json!({"message": "Why?", "stream": true})).key(&key);
        again.header("idempotency-key", "k1").check(409, "in_progress", None).await;
    }
    drop(pen);
    assert_eq!(writing.rest().await.len(), 2);
    assert_eq!(contents(&house).await, ["Where?", "In dens.", "Why?", "So."]);
}

#[tokio::test]
async fn a_model_that_fails_or_takes_too_long_is_500() {
    let house = House::new().await;
    said(&house, "Where?", "In dens.").await;
    for kind in KINDS {
        let key = key(&house, kind, "u1").await;
        for route in TURNS {
            for (reason, effect, code) in [
                (Reason::Failed, Effect::Started, "model_failed"),
                (Reason::Unavailable, Effect::MayHaveStarted, "model_failed"),
                (Reason::InvalidRequest, Effect::NotStarted, "model_failed"),
                (Reason::Timeout, Effect::MayHaveStarted, "model_timeout"),
            ] {
                will_fail(&house, ProviderError::new(reason, effect, "the vendor says no"));
                let failed = ask(&house, route, None).key(&key).check(500, code, None).await;
                assert_eq!(failed.message(), "the vendor says no");
            }
            will_fail(&house, ProviderError::new(Reason::Refused, Effect::Started, "not that"));
            ask(&house, route, None).key(&key).check(422, "refused", None).await;
        }
    }
    let kept = contents(&house).await;
    // Each message that was sent is kept once, and what was to be answered again stays as it was.
    assert_eq!(kept.len(), 2 + KINDS.len() * 5);
}

#[tokio::test]
async fn what_we_keep_being_gone_is_503() {
    for route in TURNS {
        let house = House::new().await;
        said(&house, "Where?", "In dens.").await;
        house.store.stall_after(0, std::time::Duration::ZERO, StallEnding::Failed);
        ask(&house, route, None).by("u1").check(503, "unavailable", None).await;
    }
}
