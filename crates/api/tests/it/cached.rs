//! Answers that are given again, of models whose operator wants that.

use std::time::Duration;

use fourfold_domain::CacheTerms;
use fourfold_service::keys::{AllowedModels, KeyKind, NewKey};
use fourfold_service::limits::Limits;
use futures_util::stream;
use serde_json::{Value, json};

use crate::support::{Answer, House, Plan, new_chat, new_key, new_message, new_response, said, written};

const CHAT: &str = "/v1/chat/completions";

/// A house whose models keep their answers; given again they cost half.
async fn keeping() -> House {
    let cache = Some(CacheTerms { ttl: Duration::from_secs(600), charge_percent: 50 });
    House::with(Plan { cache, ..Plan::default() }).await
}

async fn ask(house: &House, user: &str, path: &str, body: &Value) -> Answer {
    let answer = house.post(path, body.clone()).by(user).answer().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

async fn available(house: &House, user: &str) -> Value {
    house.get("/api/v1/credits").by(user).ok(200).await["available"].clone()
}

fn streamed(mut body: Value) -> Value {
    body["stream"] = json!(true);
    body
}

#[tokio::test]
async fn on_every_wire_the_same_again_has_the_same_bytes_and_asks_nobody() {
    let vectors = || json!({"model": "vectors", "input": "fox"});
    for (path, body) in [
        (CHAT, new_chat()),
        (CHAT, streamed(new_chat())),
        ("/v1/responses", new_response()),
        ("/v1/responses", streamed(new_response())),
        ("/v1/messages", new_message()),
        ("/v1/messages", streamed(new_message())),
        ("/v1/embeddings", vectors()),
    ] {
        let house = keeping().await;
        house.vendor.will_chat(Ok(said("In dens.")));
        house.vendor.will_write(Box::pin(stream::iter(written(&["In ", "dens."]))));
        let first = ask(&house, "u1", path, &body).await;
        assert_eq!(first.header("fourfold-cache"), Some("miss"));
        let again = ask(&house, "u1", path, &body).await;
        assert_eq!(again.header("fourfold-cache"), Some("hit"));
        assert_eq!(again.text(), first.text());
        for header in ["content-type", "fourfold-provider"] {
            assert_eq!(again.header(header), first.header(header), "{path} {header}");
        }
        assert!(house.vendor.asked().len() <= 1, "{path}");
    }
}

#[tokio::test]
async fn what_is_given_again_is_charged_and_logged_as_such() {
    let house = keeping().await;
    house.vendor.will_chat(Ok(said("In dens.")));
    for left in ["9.98", "9.97", "9.96"] {
        ask(&house, "u1", CHAT, &new_chat()).await;
        assert_eq!(available(&house, "u1").await, left);
    }
    // The log tells what ended before now.
    house.clock.advance(Duration::from_secs(1));
    let logged = async {
        loop {
            let usage = house.get("/api/v1/usage?group_by=model").by("u1").ok(200).await;
            if usage["data"][0]["count"] == 3 {
                return usage["data"][0].clone();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let logged = tokio::time::timeout(Duration::from_secs(10), logged).await.unwrap();
    assert_eq!(logged["outcomes"], json!({"succeeded": 1, "cached": 2}));
    assert_eq!(
        (&logged["input_tokens"], &logged["attempts"], &logged["credits"]),
        (&json!(10), &json!(1), &json!("0.04"))
    );
}

#[tokio::test]
async fn nobody_is_given_another_accounts_answer() {
    let house = keeping().await;
    for words in ["For one.", "For two."] {
        house.vendor.will_chat(Ok(said(words)));
    }
    for (user, words, from_cache) in [
        ("u1", "For one.", "miss"),
        ("u2", "For two.", "miss"),
        ("u1", "For one.", "hit"),
        ("u2", "For two.", "hit"),
    ] {
        let answer = ask(&house, user, CHAT, &new_chat()).await;
        assert_eq!(answer.header("fourfold-cache"), Some(from_cache));
        assert_eq!(answer.json()["choices"][0]["message"]["content"], words);
    }
}

#[tokio::test]
async fn a_client_says_by_cache_control_that_it_wants_a_new_answer() {
    let house = keeping().await;
    for words in ["1", "2", "3"] {
        house.vendor.will_chat(Ok(said(words)));
    }
    for (control, words, from_cache) in [
        ("max-age=60", "1", "miss"),
        ("no-store", "2", "miss"),
        ("max-age=60", "1", "hit"),
        ("no-cache", "3", "miss"),
        ("max-age=60", "3", "hit"),
    ] {
        let asked = house.post(CHAT, new_chat()).by("u1").header("cache-control", control);
        let answer = asked.answer().await;
        assert_eq!(answer.header("fourfold-cache"), Some(from_cache), "{control}");
        assert_eq!(answer.json()["choices"][0]["message"]["content"], words);
    }
}

#[tokio::test]
async fn what_a_key_may_is_checked_before_a_kept_answer_is_given() {
    let house = keeping().await;
    house.vendor.will_chat(Ok(said("In dens.")));
    ask(&house, "u1", CHAT, &new_chat()).await;
    let own = || new_key(KeyKind::User, Some("u1"));
    let other = NewKey { models: AllowedModels::parse(&["picture"]).unwrap(), ..own() };
    let key = house.key_like(other).await;
    house.post(CHAT, new_chat()).key(&key).check(403, "model_not_allowed", Some("model")).await;
    let broke = NewKey { budget: Some("0.001".parse().unwrap()), ..own() };
    let key = house.key_like(broke).await;
    house.post(CHAT, new_chat()).key(&key).check(402, "budget_exceeded", None).await;
    let limits = Limits { requests_per_minute: Some(1), ..Limits::default() };
    let key = house.key_like(NewKey { limits, ..own() }).await;
    house.post(CHAT, new_chat()).key(&key).ok(200).await;
    house.post(CHAT, new_chat()).key(&key).check(429, "rate_limit_exceeded", None).await;
}

#[tokio::test]
async fn a_model_that_keeps_nothing_says_nothing_of_it() {
    let house = House::new().await;
    for _ in 0..2 {
        house.vendor.will_chat(Ok(said("In dens.")));
        assert_eq!(ask(&house, "u1", CHAT, &new_chat()).await.header("fourfold-cache"), None);
    }
    assert_eq!(house.vendor.asked().len(), 2);
}
