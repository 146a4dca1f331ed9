//! Answers that are given again: a chat at 0.001 credits a token in and 0.002 out.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{Effect, FinishReason, OnDisconnect, Provider, Reason, Subject};
use fourfold_service::calls::{CacheUse, CallReply, CallRequest, CallState, FromCache};
use fourfold_service::credits::EntryKind::Settle;
use fourfold_service::ports::AccountStore as _;
use fourfold_service::testing::{account_subject, credits};
use fourfold_service::usage::{UsageAmounts, UsageOutcome};
use fourfold_service::{Refusal, ServiceError};
use futures_util::StreamExt as _;
use tokio::time::advance;

use super::endings::{INSTANT, ended, failure, live, said};
use super::house::{Act, House, Plain, Talker, read, request, text, used};
use super::usage::rows;
use super::voices::{Voice, saying};
use crate::ledger::grant;

/// A vendor who answers with each of these once, for 0.02 credits.
fn answering<const N: usize>(words: [&str; N]) -> Arc<dyn Provider> {
    Talker::of("acme", words.map(|words| Act::Say(INSTANT, said(words, 10, 5))))
}

/// What comes of a reply, and whether it was kept.
async fn heard(reply: Result<CallReply, ServiceError>) -> (String, Option<FromCache>) {
    let reply = reply.unwrap();
    let from_cache = reply.from_cache;
    let (text, ended) = read(reply).await;
    ended.unwrap();
    (text, from_cache)
}

fn hit(words: &str) -> (String, Option<FromCache>) {
    (words.to_owned(), Some(FromCache::Hit))
}

fn miss(words: &str) -> (String, Option<FromCache>) {
    (words.to_owned(), Some(FromCache::Miss))
}

async fn ask(house: &House, user: Subject, cache: CacheUse) -> Result<CallReply, ServiceError> {
    house.calls.generate(CallRequest { subject: user, cache, ..request(false, None) }, Box::new(Plain)).await
}

#[tokio::test(start_paused = true)]
async fn the_same_again_asks_nobody_and_is_free() {
    let house = House::caching(0, [answering(["In dens."])]).await;
    assert_eq!(heard(house.chat(false).await).await, miss("In dens."));
    assert_eq!(house.end().await, ended(Settle, "0.02", false));
    let written = house.last_entry().await;
    let reply = house.chat(false).await.unwrap();
    assert_eq!(reply.provider.as_str(), "acme");
    assert_eq!(heard(Ok(reply)).await, hit("In dens."));
    // What costs nobody anything isn't written.
    assert_eq!(house.last_entry().await.operation, written.operation);
    let rows = rows(&house, 2).await;
    assert_eq!((rows[1].outcome, rows[1].charged), (UsageOutcome::Cached, credits("0")));
}

#[tokio::test(start_paused = true)]
async fn what_is_given_again_is_charged_its_share_and_has_its_row() {
    let house = House::caching(25, [answering(["In dens."])]).await;
    heard(house.chat(false).await).await;
    assert_eq!(heard(house.chat(false).await).await, hit("In dens."));
    assert_eq!(house.end().await, ended(Settle, "0.025", false));
    let call = house.call().await;
    assert_eq!((call.call.state, call.call.cost_max, call.attempts.len()), (CallState::Charged, None, 0));
    let rows = rows(&house, 2).await;
    assert_eq!(
        (rows[0].outcome, rows[0].charged, rows[0].attempts),
        (UsageOutcome::Succeeded, credits("0.02"), 1)
    );
    let row = &rows[1];
    assert_eq!((row.outcome, row.charged, row.attempts), (UsageOutcome::Cached, credits("0.005"), 0));
    assert_eq!((&row.provider, row.amounts), (&None, UsageAmounts::default()));
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_given_again_with_the_bytes_that_it_had() {
    let (vendor, act) = live();
    let house =
        House::caching(0, [Talker::of("acme", [act, Act::Say(INSTANT, said("At once.", 10, 5))])]).await;
    for part in [text("In "), text("dens"), used(10, 5)] {
        vendor.send(part).unwrap();
    }
    drop(vendor);
    assert_eq!(heard(house.chat(true).await).await, miss("In dens."));
    assert_eq!(heard(house.chat(true).await).await, hit("In dens."));
    // Who wants it at once asks something else.
    assert_eq!(heard(house.chat(false).await).await, miss("At once."));
}

#[tokio::test(start_paused = true)]
async fn an_account_is_never_given_anothers_answer() {
    let house = House::caching(0, [answering(["For one.", "For two."])]).await;
    house.store.grant(grant("u2", "10", "grant:second")).await.unwrap();
    let ask = |user| ask(&house, account_subject(user), CacheUse::Usual);
    assert_eq!(heard(ask("u1").await).await, miss("For one."));
    assert_eq!(heard(ask("u2").await).await, miss("For two."));
    assert_eq!(heard(ask("u1").await).await, hit("For one."));
    assert_eq!(heard(ask("u2").await).await, hit("For two."));
}

#[tokio::test(start_paused = true)]
async fn a_caller_may_want_a_new_answer_and_may_want_it_not_kept() {
    let house = House::caching(0, [answering(["1", "2", "3"])]).await;
    let ask = |cache| ask(&house, account_subject("u1"), cache);
    assert_eq!(heard(ask(CacheUse::Usual).await).await, miss("1"));
    assert_eq!(heard(ask(CacheUse::Off).await).await, miss("2"));
    assert_eq!(heard(ask(CacheUse::Usual).await).await, hit("1"));
    assert_eq!(heard(ask(CacheUse::Refresh).await).await, miss("3"));
    assert_eq!(heard(ask(CacheUse::Usual).await).await, hit("3"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_for_as_long_as_its_model_says() {
    let house = House::caching(0, [answering(["1", "2"])]).await;
    assert_eq!(heard(house.chat(false).await).await, miss("1"));
    advance(Duration::from_secs(59)).await;
    assert_eq!(heard(house.chat(false).await).await, hit("1"));
    advance(Duration::from_secs(2)).await;
    assert_eq!(heard(house.chat(false).await).await, miss("2"));
}

#[tokio::test(start_paused = true)]
async fn only_a_whole_answer_is_kept() {
    let (vendor, broken) = live();
    let (leaving, left) = live();
    let refused = said("", 10, 0).map(|mut said| {
        said.answers[0].finish_reason = FinishReason::ContentFilter;
        said
    });
    let long = "long".repeat(26);
    let acts = [
        broken,
        left,
        Act::Say(INSTANT, Err(failure(Reason::Failed, Effect::Started))),
        Act::Say(INSTANT, refused),
        Act::Say(INSTANT, said(&long, 10, 5)),
        Act::Say(INSTANT, said("In dens.", 10, 5)),
    ];
    let house = House::caching(0, [Talker::of("acme", acts)]).await;
    vendor.send(text("In")).unwrap();
    vendor.send(Err(failure(Reason::Unavailable, Effect::Started))).unwrap();
    read(house.chat(true).await.unwrap()).await.1.unwrap_err();
    leaving.send(text("In")).unwrap();
    let mut reply = house.chat(true).await.unwrap();
    reply.body.next().await.unwrap().unwrap();
    drop(reply);
    leaving.closed().await;
    for _ in 0..2 {
        house.chat(false).await.unwrap_err();
    }
    assert_eq!(heard(house.chat(false).await).await, miss(&long));
    assert_eq!(heard(house.chat(false).await).await, miss("In dens."));
    assert_eq!(heard(house.chat(false).await).await, hit("In dens."));
}

#[tokio::test(start_paused = true)]
async fn what_was_cut_short_for_want_of_credits_is_not_kept() {
    let house = House::caching(0, [answering(["Short.", "Whole."])]).await;
    // 36 tokens in at most come to 0.036, the least of 16 out to 0.032, all fifty to 0.1.
    house.store.grant(grant("poor", "0.1", "grant:poor")).await.unwrap();
    let ask = || ask(&house, account_subject("poor"), CacheUse::Usual);
    assert_eq!(heard(ask().await).await, miss("Short."));
    house.store.grant(grant("poor", "1", "grant:more")).await.unwrap();
    assert_eq!(heard(ask().await).await, miss("Whole."));
    assert_eq!(heard(ask().await).await, hit("Whole."));
}

#[tokio::test(start_paused = true)]
async fn who_cannot_pay_for_a_kept_answer_is_refused() {
    let house = House::caching(100, [answering(["In dens."])]).await;
    house.store.grant(grant("poor", "0.137", "grant:poor")).await.unwrap();
    let ask = || ask(&house, account_subject("poor"), CacheUse::Usual);
    heard(ask().await).await;
    for _ in 0..5 {
        assert_eq!(heard(ask().await).await, hit("In dens."));
    }
    let refused = ask().await.unwrap_err();
    assert!(matches!(refused, ServiceError::Refused(Refusal::InsufficientCredits { .. })), "{refused:?}");
    let account = house.store.account(&account_subject("poor")).await.unwrap().unwrap();
    assert_eq!((account.available, account.held), (credits("0.017"), credits("0")));
}

#[tokio::test(start_paused = true)]
async fn the_same_key_of_idempotency_still_gives_the_first_answer() {
    let house = House::caching(50, [answering(["In dens."])]).await;
    assert_eq!(heard(house.chat_with(false, Some("k1")).await).await, miss("In dens."));
    assert_eq!(heard(house.chat_with(false, Some("k1")).await).await, ("In dens.".to_owned(), None));
    assert_eq!(house.end().await, ended(Settle, "0.02", false));
    for from_cache in [Some(FromCache::Hit), None] {
        let expected = ("In dens.".to_owned(), from_cache);
        assert_eq!(heard(house.chat_with(false, Some("k2")).await).await, expected);
        assert_eq!(house.end().await, ended(Settle, "0.03", false));
    }
}

#[tokio::test(start_paused = true)]
async fn speech_is_given_again_too() {
    let (vendor, act) = saying();
    let house = House::caching(50, [Voice::of("acme", [act])]).await;
    for piece in ["a so", "und"] {
        vendor.send(Ok(piece.into())).unwrap();
    }
    drop(vendor);
    assert_eq!(heard(house.speak(None).await).await, miss("a sound"));
    let reply = house.speak(None).await.unwrap();
    assert_eq!(reply.media_type.as_deref(), Some("audio/wav"));
    assert_eq!(heard(Ok(reply)).await, hit("a sound"));
    assert_eq!(house.end().await, ended(Settle, "0.09", false));
}

#[tokio::test(start_paused = true)]
async fn a_model_without_a_cache_says_nothing_of_one() {
    let house = House::new(OnDisconnect::Cancel, [answering(["1", "2"])]).await;
    for words in ["1", "2"] {
        assert_eq!(heard(house.chat(false).await).await, (words.to_owned(), None));
    }
}
