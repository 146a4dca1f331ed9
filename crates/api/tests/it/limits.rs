//! How much a caller may do, and what he is told of it.

use std::time::Duration;

use fourfold_service::keys::{KeyKind, NewKey};
use fourfold_service::limits::{LimitSettings, Limits};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::support::{Answer, House, Plan, said, written};

const LIMIT: [&str; 3] =
    ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"];

fn a_minute(requests_per_minute: u32) -> Limits {
    Limits { requests_per_minute: Some(requests_per_minute), ..Limits::default() }
}

fn headers<'a>(answer: &'a Answer, names: [&str; 3]) -> [Option<&'a str>; 3] {
    names.map(|name| answer.header(name))
}

async fn limited(house: &House, limits: Limits) -> String {
    house.key_like(NewKey { limits, ..crate::support::new_key(KeyKind::User, Some("u1")) }).await
}

#[tokio::test(start_paused = true)]
async fn every_answer_says_how_many_requests_are_left_and_the_last_names_the_limit() {
    let house = House::new().await;
    let key = limited(&house, a_minute(2)).await;
    let first = house.get("/api/v1/credits").key(&key).answer().await;
    assert_eq!(headers(&first, LIMIT), [Some("2"), Some("1"), Some("30.000s")]);
    // A refusal counts as well: whoever only makes mistakes is held back too.
    let second = house.get("/api/v1/jobs/x").key(&key).check(400, "malformed", Some("id")).await;
    assert_eq!(headers(&second, LIMIT), [Some("2"), Some("0"), Some("60.000s")]);
    let third = house.get("/api/v1/models").key(&key).check(429, "rate_limit_exceeded", None).await;
    assert_eq!(headers(&third, LIMIT), [Some("2"), Some("0"), Some("60.000s")]);
    assert_eq!(third.header("retry-after"), Some("30"));
    let error = &third.json()["error"];
    assert_eq!(error["message"], "this key may have 2 requests a minute; try again later");
    assert_eq!(error["type"], "rate_limit_error");
}

#[tokio::test]
async fn who_is_not_limited_is_told_nothing() {
    let house = House::new().await;
    let answer = house.get("/api/v1/credits").by("u1").answer().await;
    assert_eq!(headers(&answer, LIMIT), [None; 3]);
}

#[tokio::test(start_paused = true)]
async fn an_accounts_limit_is_one_whichever_keys_work_for_it() {
    let caller_limits = LimitSettings { account: a_minute(2), ..LimitSettings::default() };
    let house = House::with(Plan { caller_limits, ..Plan::default() }).await;
    let own = house.key(KeyKind::User, Some("u1")).await;
    house.get("/api/v1/credits").key(&own).ok(200).await;
    house.get("/api/v1/credits").by("u1").ok(200).await;
    let refused = house.get("/api/v1/credits").key(&own).check(429, "rate_limit_exceeded", None).await;
    let message = &refused.json()["error"]["message"];
    assert_eq!(*message, "this account may have 2 requests a minute; try again later");
    house.get("/api/v1/credits").by("u2").ok(200).await;
    // What is no account's doesn't count as one's.
    house.get("/api/v1/models").key(&own).ok(200).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_has_its_own_limit_in_place_of_every_keys() {
    let caller_limits = LimitSettings { key: a_minute(1), ..LimitSettings::default() };
    let house = House::with(Plan { caller_limits, ..Plan::default() }).await;
    let own = limited(&house, a_minute(5)).await;
    let answer = house.get("/api/v1/credits").key(&own).answer().await;
    assert_eq!(answer.header(LIMIT[0]), Some("5"));
    let other = house.key(KeyKind::User, Some("u1")).await;
    let answer = house.get("/api/v1/credits").key(&other).answer().await;
    assert_eq!(headers(&answer, LIMIT), [Some("1"), Some("0"), Some("60.000s")]);
}

#[tokio::test(start_paused = true)]
async fn a_chat_counts_by_the_tokens_that_it_used() {
    let house = House::new().await;
    let limits = Limits { tokens_per_minute: Some(1000), ..Limits::default() };
    let key = limited(&house, limits).await;
    let talk = |max_tokens: u32| json!({"model": "talk", "max_tokens": max_tokens, "messages": [{"role": "user", "content": "hi"}]});
    let left =
        |answer: &Answer| answer.header("x-ratelimit-remaining-tokens").unwrap().parse::<u32>().unwrap();
    house.vendor.will_chat(Ok(said("In dens.")));
    let answer = house.post("/v1/chat/completions", talk(500)).key(&key).answer().await;
    assert_eq!((answer.status, answer.header("x-ratelimit-limit-tokens")), (200, Some("1000")));
    let used = answer.json()["usage"]["total_tokens"].as_u64().unwrap();
    assert!((1..500).contains(&used), "{used}");
    // The call has ended, and its estimate has become what it used.
    tokio::task::yield_now().await;
    let after = house.get("/api/v1/credits").key(&key).answer().await;
    assert_eq!(u64::from(left(&after)), 1000 - used);
    let refused = house.post("/v1/chat/completions", talk(1000)).key(&key);
    let refused = refused.check(429, "rate_limit_exceeded", None).await;
    let message = &refused.json()["error"]["message"];
    assert_eq!(*message, "this key may have 1000 tokens a minute; try again later");
}

#[tokio::test(start_paused = true)]
async fn a_stream_has_its_place_until_it_ends_or_is_left() {
    let house = House::new().await;
    let key = limited(&house, Limits { concurrency: Some(1), ..Limits::default() }).await;
    let has_place = async || house.get("/api/v1/credits").key(&key).answer().await.status == 200;
    let id = house.submit("u1").await;
    let events = house.get(&format!("/api/v1/jobs/{id}/events")).key(&key).events().await;
    assert!(!has_place().await);
    drop(events);
    assert!(has_place().await);

    let begun = stream::iter(written(&["In dens."]).into_iter().take(1));
    house.vendor.will_write(Box::pin(begun.chain(stream::pending())));
    let asked = json!({"model": "talk", "stream": true, "messages": [{"role": "user", "content": "hi"}]});
    let chat = house.post("/v1/chat/completions", asked).key(&key).response().await;
    assert!(!has_place().await);
    drop(chat);
    // The task of a call is another one.
    let given_back = async {
        while !has_place().await {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(5), given_back).await.unwrap();
}
