//! Every way in which a call ends.

use std::time::Duration;

use fourfold_domain::OnDisconnect::{Cancel, Drain};
use fourfold_domain::{ChatAnswer, ChatResult, Effect, FinishReason, ProviderError, Reason, Usage};
use fourfold_service::ServiceError;
use fourfold_service::calls::CallState;
use fourfold_service::credits::EntryKind;
use fourfold_service::credits::EntryKind::{Interrupted, Overrun, Release, Settle};
use fourfold_service::instances::take_over;
use fourfold_service::jobs::AttemptState;
use fourfold_service::ports::AccountStore as _;
use fourfold_service::testing::{StallEnding, account_subject};
use futures_util::StreamExt as _;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Map;
use tokio::sync::mpsc;
use tokio::time::sleep;
use uuid::Uuid;

use super::house::{Act, Chunk, House, Talker, read, text, used};

pub(super) const INSTANT: Duration = Duration::ZERO;

pub(super) fn said(words: &str, input_tokens: u64, output_tokens: u64) -> Result<ChatResult, ProviderError> {
    let answer = ChatAnswer {
        text: words.to_owned(),
        reasoning: None,
        refusal: None,
        tool_calls: Vec::new(),
        finish_reason: FinishReason::Stop,
        extras: Map::new(),
    };
    let usage = Usage { input_tokens, output_tokens, ..Usage::default() };
    Ok(ChatResult { answers: vec![answer], usage, vendor: Map::new() })
}

pub(super) fn failure(reason: Reason, effect: Effect) -> ProviderError {
    ProviderError::new(reason, effect, "the vendor says no")
}

pub(super) fn live() -> (mpsc::UnboundedSender<Chunk>, Act) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, Act::Write(receiver))
}

pub(super) fn ended(kind: EntryKind, spent: &str, is_estimated: bool) -> (EntryKind, String, bool) {
    (kind, spent.to_owned(), is_estimated)
}

#[tokio::test(start_paused = true)]
async fn success_costs_what_was_used_and_at_most_the_hold() {
    let acts = [Act::Say(INSTANT, said("In dens.", 10, 5)), Act::Say(INSTANT, said("In dens.", 10, 5000))];
    let house = House::new(Cancel, [Talker::of("acme", acts)]).await;
    assert_eq!(read(house.chat(false).await.unwrap()).await.0, "In dens.");
    assert_eq!(house.end().await, ended(Settle, "0.02", false));
    let call = house.call().await;
    assert_eq!((call.call.state, call.attempts[0].state), (CallState::Charged, AttemptState::Succeeded));
    // The hold was for 36 tokens in and 50 out.
    read(house.chat(false).await.unwrap()).await.1.unwrap();
    assert_eq!(house.last_entry().await.kind, Overrun);
    let account = house.store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!(account.available.to_string(), "9.844");
}

#[tokio::test(start_paused = true)]
async fn another_vendor_is_asked_only_where_nothing_was_begun() {
    for (effect, asked, spent) in [(Effect::NotStarted, 2, "0.02"), (Effect::MayHaveStarted, 1, "0")] {
        let first = Talker::of("acme", [Act::Say(INSTANT, Err(failure(Reason::Unavailable, effect)))]);
        let second = Talker::of("zenith", [Act::Say(INSTANT, said("In dens.", 10, 5))]);
        let house = House::new(Cancel, [first, second]).await;
        let reply = house.chat(false).await;
        assert_eq!(reply.is_ok(), asked == 2);
        if let Ok(reply) = reply {
            assert_eq!(reply.provider.as_str(), "zenith");
            read(reply).await.1.unwrap();
        }
        assert_eq!(house.end().await.1, spent);
        assert_eq!(house.call().await.attempts.len(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendors_failure_or_refusal_costs_nothing() {
    for reason in [Reason::Failed, Reason::Refused] {
        let act = Act::Say(INSTANT, Err(failure(reason, Effect::Started)));
        let house = House::new(Cancel, [Talker::of("acme", [act])]).await;
        let error = house.chat(false).await.unwrap_err();
        assert!(matches!(error, ServiceError::Vendor { reason: found, .. } if found == reason), "{error:?}");
        assert_eq!(house.end().await, ended(Release, "0", false));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_free_and_the_operators_loss() {
    for is_stream in [false, true] {
        let unreadable = failure(Reason::Unreadable, Effect::Started);
        let (vendor, live) = live();
        let act = if is_stream { live } else { Act::Say(INSTANT, Err(unreadable.clone())) };
        let house = House::at_cost(Some("0.001"), Cancel, [Talker::of("acme", [act])]).await;
        if is_stream {
            vendor.send(Err(unreadable)).unwrap();
        }
        house.chat(is_stream).await.unwrap_err();
        // At most 36 tokens in and 50 out.
        let entry = house.last_entry().await;
        assert_eq!((entry.kind, entry.amount.to_string().as_str()), (EntryKind::Loss, "-0.086"));
        assert_eq!(house.call().await.attempts[0].state, AttemptState::Lost);
        let account = house.store.account(&account_subject("u1")).await.unwrap().unwrap();
        assert_eq!((account.available.to_string().as_str(), account.held.to_string().as_str()), ("10", "0"));
        assert_eq!(house.store.audit().await.unwrap().findings, Vec::new());
    }
}

#[tokio::test(start_paused = true)]
async fn who_leaves_pays_for_the_input_and_what_was_delivered() {
    let (vendor, act) = live();
    let house = House::new(Cancel, [Talker::of("acme", [act])]).await;
    vendor.send(text("In dens.")).unwrap();
    let mut reply = house.chat(true).await.unwrap();
    reply.body.next().await.unwrap().unwrap();
    drop(reply);
    vendor.closed().await;
    // Nine tokens in, two out.
    assert_eq!(house.end().await, ended(Settle, "0.013", true));
    assert_eq!(house.call().await.attempts[0].state, AttemptState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_before_a_plain_answer_pays_for_the_input() {
    let act = Act::Say(Duration::from_secs(60), said("In dens.", 10, 5));
    let house = House::new(Cancel, [Talker::of("acme", [act])]).await;
    let waited = tokio::time::timeout(Duration::from_secs(1), house.chat(false)).await;
    assert!(waited.is_err());
    assert_eq!(house.end().await, ended(Settle, "0.009", true));
}

#[tokio::test(start_paused = true)]
async fn where_the_catalog_says_drain_the_vendors_own_figure_is_charged() {
    let (vendor, act) = live();
    let plain = Act::Say(Duration::from_secs(60), said("In dens.", 10, 5));
    let house = House::new(Drain, [Talker::of("acme", [act, plain])]).await;
    vendor.send(text("In")).unwrap();
    drop(house.chat_with(true, Some("k")).await.unwrap());
    sleep(Duration::from_secs(1)).await;
    vendor.send(text(" dens")).unwrap();
    vendor.send(used(10, 5)).unwrap();
    drop(vendor);
    assert_eq!(house.end().await, ended(Settle, "0.02", false));
    // Who comes back finds all of it.
    assert_eq!(read(house.chat_with(true, Some("k")).await.unwrap()).await.0, "In dens.");
    assert!(tokio::time::timeout(Duration::from_secs(1), house.chat(false)).await.is_err());
    sleep(Duration::from_secs(60)).await;
    assert_eq!(house.end().await, ended(Settle, "0.04", false));
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_dies_on_the_way_is_paid_for_what_was_delivered() {
    let gone = || Err(failure(Reason::Unavailable, Effect::Started));
    for (delivered, spent, kind) in [("In dens.", "0.004", Settle), ("", "0", Release)] {
        let (vendor, act) = live();
        let house = House::new(Cancel, [Talker::of("acme", [act])]).await;
        if !delivered.is_empty() {
            vendor.send(text(delivered)).unwrap();
        }
        vendor.send(gone()).unwrap();
        match house.chat(true).await {
            Ok(reply) => {
                let (text, end) = read(reply).await;
                assert_eq!(text, delivered);
                assert!(matches!(end, Err(ServiceError::Vendor { .. })), "{end:?}");
            }
            Err(error) => assert!(delivered.is_empty(), "{error:?}"),
        }
        assert_eq!(house.end().await, ended(kind, spent, !delivered.is_empty()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_gives_back_what_it_held_and_the_late_settle_changes_nothing() {
    let (vendor, act) = live();
    let house = House::new(Cancel, [Talker::of("acme", [act])]).await;
    vendor.send(text("In dens.")).unwrap();
    let mut reply = house.chat_with(true, Some("k")).await.unwrap();
    reply.body.next().await.unwrap().unwrap();
    let next = fourfold_domain::InstanceId::new(Uuid::now_v7());
    assert_ne!(next, house.instance);
    take_over(&house.store, next, Duration::from_secs(20)).await.unwrap();
    assert_eq!(house.end().await, ended(Interrupted, "0", false));
    vendor.send(used(10, 5)).unwrap();
    drop(vendor);
    let (text, end) = read(reply).await;
    assert!(text.is_empty() && matches!(end, Err(ServiceError::Internal { .. })), "{text} {end:?}");
    assert_eq!(house.end().await, ended(Interrupted, "0", false));
    let again = house.chat_with(true, Some("k")).await;
    assert!(matches!(again, Err(ServiceError::Interrupted)), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn who_is_cut_off_by_our_end_pays_nothing() {
    for is_stream in [false, true] {
        let (vendor, live) = live();
        vendor.send(text("In dens.")).unwrap();
        let plain = Act::Say(Duration::from_secs(60), said("In dens.", 10, 5));
        let house = House::new(Cancel, [Talker::of("acme", [if is_stream { live } else { plain }])]).await;
        let begun = async {
            let mut reply = house.chat(is_stream).await.unwrap();
            reply.body.next().await.unwrap().unwrap();
            reply
        };
        let begun = tokio::time::timeout(Duration::from_secs(1), begun).await;
        assert_eq!(begun.is_ok(), is_stream);
        house.spawner.cut_off().cancel();
        drop(begun);
        assert_eq!(house.end().await, ended(Interrupted, "0", false));
        assert_eq!(house.call().await.call.state, CallState::Interrupted);
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_cut_off_by_our_end_pays_nothing_though_the_vendor_ends_after_that() {
    for end in [Ok(()), Err(failure(Reason::Unavailable, Effect::Started))] {
        let (vendor, live) = live();
        vendor.send(text("In dens.")).unwrap();
        let house = House::new(Drain, [Talker::of("acme", [live])]).await;
        let mut reply = house.chat(true).await.unwrap();
        reply.body.next().await.unwrap().unwrap();
        house.spawner.cut_off().cancel();
        drop(reply);
        match end {
            Ok(()) => vendor.send(used(10, 5)).unwrap(),
            Err(error) => vendor.send(Err(error)).unwrap(),
        }
        drop(vendor);
        assert_eq!(house.end().await, ended(Interrupted, "0", false));
    }
    let act = Act::Say(Duration::from_secs(60), said("In dens.", 10, 5));
    let house = House::new(Drain, [Talker::of("acme", [act])]).await;
    tokio::time::timeout(Duration::from_secs(1), house.chat(false)).await.unwrap_err();
    house.spawner.cut_off().cancel();
    assert_eq!(house.end().await, ended(Interrupted, "0", false));
}

#[tokio::test(start_paused = true)]
async fn a_settle_that_waits_long_is_charged_only_with_the_end_of_the_answer() {
    // The hold is taken at once; the settle waits for longer than new tries are begun.
    const GONE: Duration = Duration::from_secs(15);
    for ending in [StallEnding::Taken, StallEnding::Failed] {
        let is_taken = ending == StallEnding::Taken;
        let act = Act::Say(INSTANT, said("In dens.", 10, 5));
        let house = House::new(Cancel, [Talker::of("acme", [act])]).await;
        house.store.stall_after(1, GONE, ending);
        let answer = house.chat(false).await;
        sleep(GONE).await;
        house.calls.end_left_over().await;
        match answer {
            Ok(reply) => {
                assert!(is_taken);
                assert_eq!(read(reply).await.0, "In dens.");
                assert_eq!(house.end().await, ended(Settle, "0.02", false));
            }
            Err(error) => {
                assert!(!is_taken, "{error:?}");
                assert!(
                    matches!(error, ServiceError::Unavailable { effect: Effect::Started, .. }),
                    "{error:?}"
                );
                assert_eq!(house.end().await, ended(Interrupted, "0", false));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_charge_that_its_caller_was_not_told_of_is_counted_once() {
    const GONE: Duration = Duration::from_secs(15);
    let recorder = PrometheusBuilder::new().build_recorder();
    let _recorder = metrics::set_default_local_recorder(&recorder);
    let unsent = || {
        let shown = recorder.handle().render();
        shown.lines().any(|line| line == "fourfold_calls_charged_unsent_total 1")
    };
    let act = Act::Say(INSTANT, said("In dens.", 10, 5));
    let house = House::new(Cancel, [Talker::of("acme", [act])]).await;
    house.store.stall_after(1, GONE, StallEnding::Unknown);
    let error = house.chat(false).await.unwrap_err();
    assert!(matches!(error, ServiceError::Unavailable { effect: Effect::Started, .. }), "{error:?}");
    assert!(!unsent(), "nobody knows it yet");
    for _ in 0..2 {
        house.calls.end_left_over().await;
        assert!(unsent());
        assert_eq!(house.end().await, ended(Settle, "0.02", false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_settle_that_failed_is_tried_again_until_it_is_written() {
    let act = Act::Say(INSTANT, said("In dens.", 10, 5));
    let house = House::new(Cancel, [Talker::of("acme", [act])]).await;
    house.store.stall_after(1, Duration::from_secs(5), StallEnding::Failed);
    assert_eq!(read(house.chat(false).await.unwrap()).await.0, "In dens.");
    assert_eq!(house.end().await, ended(Settle, "0.02", false));
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_could_not_be_written_leaves_nothing() {
    let house = House::new(Cancel, [Talker::of("acme", [])]).await;
    house.store.stall_after(0, Duration::from_secs(30), StallEnding::Failed);
    let error = house.chat(false).await.unwrap_err();
    assert!(matches!(error, ServiceError::Unavailable { effect: Effect::NotStarted, .. }), "{error:?}");
    house.calls.end_left_over().await;
    assert_eq!(house.last_entry().await.kind, EntryKind::Grant);
}

#[tokio::test(start_paused = true)]
async fn an_answer_too_long_to_be_kept_says_so_when_it_is_asked_for_again() {
    let act = Act::Say(INSTANT, said(&"x".repeat(101), 10, 5));
    let house = House::new(Cancel, [Talker::of("acme", [act])]).await;
    read(house.chat_with(false, Some("k")).await.unwrap()).await.1.unwrap();
    let again = house.chat_with(false, Some("k")).await;
    assert!(matches!(again, Err(ServiceError::ReplayTooLarge { bytes_max: 100 })), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_are_worked_on_than_may_be() {
    let (first, act) = live();
    let (second, other_act) = live();
    let house =
        House::new(Cancel, [Talker::of("acme", [act, other_act, Act::Say(INSTANT, said("Yes.", 1, 1))])])
            .await;
    first.send(text("In dens.")).unwrap();
    second.send(text("In dens.")).unwrap();
    let reply = house.chat(true).await.unwrap();
    let _kept = house.chat(true).await.unwrap();
    let refused = house.chat(false).await;
    assert!(matches!(refused, Err(ServiceError::Overloaded)), "{refused:?}");
    first.send(used(1, 1)).unwrap();
    drop(first);
    read(reply).await.1.unwrap();
    // Its task ends just after its answer.
    sleep(Duration::from_millis(1)).await;
    assert_eq!(read(house.chat(false).await.unwrap()).await.0, "Yes.");
}
