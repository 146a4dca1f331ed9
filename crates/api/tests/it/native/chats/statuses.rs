//! What each route answers where it can't do what it is asked, by every kind of caller.
//!
//! Only what asks a model can be 402, 409 or 500: the other routes cost nothing, wait for nobody, since whoever changes
//! or deletes a conversation does it in one step, whoever is writing in it, and have nothing but our own store that
//! could fail, which is 503.

use fourfold_domain::{AnswerPiece, Effect, ProviderError, Reason};
use fourfold_service::calls::CallSettings;
use http::Method;
use serde_json::{Value, json};

use super::callers::CALLERS;
use super::users::{ROUTES, ask};
use super::{PATH, contents, live, message, said, will_fail, will_say};
use crate::support::{House, Plan, piece};

const AGAIN: &str = "/api/chat/c1/regenerate";

/// Those that ask the model.
const TURNS: [(&str, &str); 2] = [ROUTES[0], ROUTES[1]];

/// Those that don't, the one that leaves nothing behind last.
const OTHERS: [(&str, &str); 5] = [ROUTES[4], ROUTES[5], ROUTES[6], ROUTES[2], ROUTES[3]];

/// `u1` is left without credits.
async fn spend_all(house: &House) {
    let rest = house.get("/api/v1/credits").by("u1").ok(200).await;
    let rest = format!("-{}", rest["available"].as_str().unwrap());
    let adjust = house.post("/api/v1/admin/accounts/u1/adjustments", json!({"credits": rest, "note": "x"}));
    adjust.by_admin().ok(201).await;
}

#[tokio::test]
async fn a_body_or_a_name_that_cannot_be_read_is_400() {
    let house = House::new().await;
    for caller in CALLERS {
        let key = caller.secret(&house, "u1").await;
        for (method, path) in ROUTES {
            let method: Method = method.parse().unwrap();
            let has_body = [Method::POST, Method::PATCH].contains(&method);
            if has_body {
                let ask = house.ask(method.clone(), path).key(&key).body("{");
                ask.check(400, "malformed", Some("body")).await;
            }
            if path == "/api/chat" {
                continue;
            }
            let wrong = path.replace("c1", "c%201");
            let body = if path == PATH { message("Where?") } else { json!({}) };
            let ask = house.ask(method, &wrong).key(&key);
            let ask = if has_body { ask.json(&body) } else { ask };
            let refused = ask.check(400, "malformed", Some("conversation_id")).await;
            assert!(
                refused.message().starts_with("conversation_id must be 1 to 128"),
                "{}",
                refused.message()
            );
        }
    }
}

/// Whether there is such a conversation or not: here there is none.
#[tokio::test]
async fn what_is_missing_empty_or_of_a_wrong_type_is_400_and_named() {
    let house = House::new().await;
    let cases: [(&str, &str, Value, &str); 24] = [
        ("POST", PATH, json!({}), "message"),
        ("POST", PATH, json!({"message": null}), "message"),
        ("POST", PATH, json!({"message": ""}), "message"),
        ("POST", PATH, json!({"message": " \n\t"}), "message"),
        ("POST", PATH, json!({"message": "Where?", "system": " \n\t"}), "system"),
        ("POST", PATH, json!({"message": 7}), "message"),
        ("POST", PATH, json!({"message": "Where?", "model": ""}), "model"),
        ("POST", PATH, json!({"message": "Where?", "stream": "yes"}), "stream"),
        ("POST", PATH, json!({"message": "Where?", "metadata": "a"}), "metadata"),
        ("POST", "/api/chat/c1?wait=maybe", message("Where?"), "wait"),
        ("POST", AGAIN, json!({"model": ""}), "model"),
        ("POST", AGAIN, json!({"stream": "yes"}), "stream"),
        ("POST", "/api/chat/c1/regenerate?wait=maybe", json!({}), "wait"),
        ("PATCH", PATH, json!({"title": 7}), "title"),
        ("PATCH", PATH, json!({"archived": "yes"}), "archived"),
        ("DELETE", "/api/chat/c1?user_id=a%20b", Value::Null, "user_id"),
        ("GET", "/api/chat?archived=maybe", Value::Null, "archived"),
        ("GET", "/api/chat?limit=0", Value::Null, "limit"),
        ("GET", "/api/chat?cursor=x", Value::Null, "cursor"),
        ("GET", "/api/chat/c1/history?order=up", Value::Null, "order"),
        ("GET", "/api/chat/c1/history?limit=101", Value::Null, "limit"),
        ("GET", "/api/chat/c1/history?cursor=x", Value::Null, "cursor"),
        ("GET", "/api/chat/c1/history?user_id=a%20b", Value::Null, "user_id"),
        ("GET", "/api/chat/c1/export?user_id=a%20b", Value::Null, "user_id"),
    ];
    for caller in CALLERS {
        let key = caller.secret(&house, "u1").await;
        for (method, path, body, param) in &cases {
            let ask = house.ask(method.parse().unwrap(), path).key(&key);
            let ask = if body.is_null() { ask } else { ask.json(body) };
            ask.check(400, "malformed", Some(param)).await;
        }
    }
}

#[tokio::test]
async fn without_what_says_who_calls_it_is_401() {
    let house = House::new().await;
    for route in ROUTES {
        ask(&house, route, Some("u1")).check(401, "invalid_api_key", None).await;
        for caller in CALLERS {
            for secret in caller.that_do_not_count(&house, "u1").await {
                ask(&house, route, None).key(&secret).check(401, "invalid_api_key", None).await;
            }
        }
    }
}

#[tokio::test]
async fn without_the_scope_or_the_model_it_is_403() {
    let house = House::new().await;
    said(&house, "Where?", "In dens.").await;
    for caller in CALLERS {
        let narrow = caller.without_the_scope(&house, "u1").await;
        for route in ROUTES {
            ask(&house, route, None).key(&narrow).check(403, "missing_scope", None).await;
        }
        let narrow = caller.without_the_model(&house, "u1").await;
        for route in TURNS {
            ask(&house, route, None).key(&narrow).check(403, "model_not_allowed", Some("model")).await;
        }
    }
}

#[tokio::test]
async fn who_cannot_pay_gets_402_for_what_costs_and_all_else() {
    for caller in CALLERS {
        let house = House::new().await;
        said(&house, "Where?", "In dens.").await;
        if let Some(key) = caller.with_hardly_a_budget(&house, "u1").await {
            for route in TURNS {
                ask(&house, route, None).key(&key).check(402, "budget_exceeded", None).await;
            }
        }
        spend_all(&house).await;
        let key = caller.secret(&house, "u1").await;
        for route in TURNS {
            ask(&house, route, None).key(&key).check(402, "insufficient_credits", None).await;
        }
        assert_eq!(contents(&house).await, ["Where?", "In dens."]);
        for route in OTHERS {
            let answer = ask(&house, route, None).key(&key).answer().await;
            let expected = if route.0 == "DELETE" { 204 } else { 200 };
            assert_eq!(answer.status, expected, "{route:?} {caller:?}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let house = House::new().await;
    for caller in CALLERS {
        let key = caller.secret(&house, "u1").await;
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
    for (path, body) in [(PATH, json!({"message": "Why?", "stream": true})), (AGAIN, json!({"stream": true}))]
    {
        let (pen, stream) = live();
        house.vendor.will_write(stream);
        pen.send(piece(AnswerPiece::Text("So.".to_owned()))).unwrap();
        let same = || house.post(path, body.clone()).header("idempotency-key", "k1");
        let mut writing = same().by("u1").events().await;
        for caller in CALLERS {
            let key = caller.secret(&house, "u1").await;
            for (method, path) in TURNS {
                let busy = ask(&house, (method, &format!("{path}?wait=false")), None);
                busy.key(&key).check(409, "conversation_busy", None).await;
                // After a minute.
                ask(&house, (method, path), None).key(&key).check(409, "conversation_busy", None).await;
            }
            same().key(&key).check(409, "in_progress", None).await;
        }
        drop(pen);
        assert_eq!(writing.rest().await.len(), 2);
    }
    assert_eq!(contents(&house).await, ["Where?", "In dens.", "Why?", "So."]);
}

#[tokio::test]
async fn an_answer_that_was_too_long_to_be_kept_for_a_retry_is_409() {
    let calls = CallSettings { replay_bytes_max: 16, ..CallSettings::default() };
    let house = House::with(Plan { calls, ..Plan::default() }).await;
    for (path, body) in [(PATH, message("Where?")), (AGAIN, json!({}))] {
        let same = || house.post(path, body.clone()).header("idempotency-key", "k1");
        will_say(&house, "In dens.");
        same().by("u1").ok(200).await;
        for caller in CALLERS {
            let key = caller.secret(&house, "u1").await;
            let answer = same().key(&key).check(409, "replay_too_large", None).await;
            assert_eq!(answer.header("x-should-retry"), Some("false"));
        }
    }
    assert_eq!(contents(&house).await, ["Where?", "In dens."]);
}

#[tokio::test]
async fn a_model_that_fails_or_takes_too_long_is_500() {
    let house = House::new().await;
    said(&house, "Where?", "In dens.").await;
    for caller in CALLERS {
        let key = caller.secret(&house, "u1").await;
        for route in TURNS {
            for (reason, effect, code, should_retry) in [
                (Reason::Failed, Effect::Started, "model_failed", Some("false")),
                (Reason::Unavailable, Effect::MayHaveStarted, "model_failed", Some("false")),
                // Nothing forbids it where no message is kept by it, and nothing will have changed by a moment.
                (Reason::InvalidRequest, Effect::NotStarted, "model_failed", None),
                (Reason::Timeout, Effect::MayHaveStarted, "model_timeout", Some("false")),
            ] {
                will_fail(&house, ProviderError::new(reason, effect, "the vendor says no"));
                let failed = ask(&house, route, None).key(&key).check(500, code, None).await;
                assert_eq!(failed.message(), "the vendor says no");
                let should_retry = if route.1 == PATH { Some("false") } else { should_retry };
                let told = (failed.header("x-should-retry"), failed.header("retry-after"));
                assert_eq!(told, (should_retry, None), "{reason:?}");
            }
            will_fail(&house, ProviderError::new(Reason::Refused, Effect::Started, "not that"));
            ask(&house, route, None).key(&key).check(422, "refused", None).await;
        }
    }
    let kept = house.get("/api/chat/c1/history?limit=100").by("u1").ok(200).await;
    // Each message that was sent is kept once, and what was to be answered again stays as it was.
    assert_eq!(kept["data"].as_array().unwrap().len(), 2 + CALLERS.len() * 5);
}

/// Without a key of idempotency each try would be another message.
#[tokio::test(start_paused = true)]
async fn a_message_that_is_kept_is_repeated_by_itself_only_under_its_key() {
    let house = House::new().await;
    for (path, key, should_retry, retry_after) in [
        (PATH, None, "false", None),
        (PATH, Some("k1"), "true", Some("1")),
        ("/api/chat/c1/regenerate", None, "true", Some("1")),
    ] {
        // The vendor is asked as often by itself.
        for _ in 0..3 {
            will_fail(&house, ProviderError::new(Reason::Unavailable, Effect::NotStarted, "not now"));
        }
        let ask = house.post(path, if path == PATH { message("Where?") } else { json!({}) }).by("u1");
        let ask = if let Some(key) = key { ask.header("idempotency-key", key) } else { ask };
        let failed = ask.check(500, "model_failed", None).await;
        let told = (failed.header("x-should-retry"), failed.header("retry-after"));
        assert_eq!(told, (Some(should_retry), retry_after), "{path} {key:?}");
    }
    assert_eq!(contents(&house).await, ["Where?", "Where?"]);
}

#[tokio::test]
async fn what_we_keep_being_gone_is_503() {
    for caller in CALLERS {
        let house = House::new().await;
        said(&house, "Where?", "In dens.").await;
        let key = caller.secret(&house, "u1").await;
        // Who calls is known by now.
        house.get("/api/chat").key(&key).ok(200).await;
        house.store.close();
        for route in ROUTES {
            let gone = ask(&house, route, None).key(&key).check(503, "unavailable", None).await;
            let told = (gone.header("x-should-retry"), gone.header("retry-after"));
            assert_eq!(told, (Some("true"), Some("1")), "{route:?} {caller:?}");
        }
    }
}

#[tokio::test]
async fn a_page_of_an_origin_that_is_named_may_chat_and_no_other() {
    const PAGE: &str = "https://app.example.com";
    let mut plan = Plan::default();
    plan.settings.cors.origins = Some(vec![PAGE.to_owned()]);
    let house = House::with(plan).await;
    said(&house, "Where?", "In dens.").await;
    for caller in CALLERS {
        let key = caller.secret(&house, "u1").await;
        for (origin, allowed) in [(PAGE, Some(PAGE)), ("https://evil.example.com", None)] {
            for route in ROUTES {
                let first = house.ask(Method::OPTIONS, route.1);
                let first = first.header("access-control-request-method", route.0);
                // What is refused can be read too.
                let (nobody, wrong) = (ask(&house, route, None), ask(&house, route, Some("u%202")).key(&key));
                for ask in [first, nobody, wrong] {
                    let answer = ask.header("origin", origin).answer().await;
                    let told = answer.header("access-control-allow-origin");
                    assert_eq!(told, allowed, "{route:?} {caller:?} {}", answer.status);
                }
            }
            will_say(&house, "In holes.");
            let stream = house.post(PATH, json!({"message": "And?", "stream": true})).key(&key);
            let answer = stream.header("origin", origin).answer().await;
            let told = (answer.status, answer.header("access-control-allow-origin"));
            assert_eq!(told, (200, allowed), "{caller:?}");
        }
    }
}
