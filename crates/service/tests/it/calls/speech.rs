//! How a call for speech ends: six characters at 0.01 credits each.

use std::time::Duration;

use fourfold_domain::OnDisconnect::{Cancel, Drain};
use fourfold_domain::{Effect, OutputSource, Reason};
use fourfold_service::ServiceError;
use fourfold_service::calls::{CallReply, CallState};
use fourfold_service::credits::EntryKind::{Loss, Release, Settle};
use fourfold_service::jobs::AttemptState;
use fourfold_service::ports::AccountStore as _;
use fourfold_service::testing::{account_subject, credits};
use fourfold_service::usage::{UsageAmounts, UsageOutcome};
use futures_util::StreamExt as _;
use tokio::time::{sleep, timeout};

use super::endings::{INSTANT, ended, failure};
use super::house::{House, read};
use super::usage::row;
use super::voices::{Act, Maker, Voice, made, running, saying};

async fn next(reply: &mut CallReply) -> String {
    let part = timeout(Duration::from_secs(1), reply.body.next()).await.expect("nothing comes");
    String::from_utf8(part.unwrap().unwrap().to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn success_costs_what_was_said_and_its_end_comes_after_the_charge() {
    let (vendor, act) = saying();
    let house = House::new(Cancel, [Voice::of("acme", [act])]).await;
    vendor.send(Ok("a so".into())).unwrap();
    let mut reply = house.speak(None).await.unwrap();
    assert_eq!((reply.provider.as_str(), reply.media_type.as_deref()), ("acme", Some("audio/wav")));
    assert_eq!(next(&mut reply).await, "a s");
    for piece in ["und", "", "s"] {
        vendor.send(Ok(piece.into())).unwrap();
    }
    assert_eq!(next(&mut reply).await, "oun");
    assert_eq!(next(&mut reply).await, "d");
    let account = house.store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!(account.held, credits("0.06"));
    drop(vendor);
    assert_eq!(next(&mut reply).await, "s");
    assert_eq!(house.end().await, ended(Settle, "0.06", false));
    assert!(reply.body.next().await.is_none());
    let call = house.call().await;
    assert_eq!((call.call.state, call.attempts[0].state), (CallState::Charged, AttemptState::Succeeded));
    let row = row(&house).await;
    assert_eq!(row.amounts, UsageAmounts { characters: 6, ..UsageAmounts::default() });
    assert_eq!((row.outcome, row.charged), (UsageOutcome::Succeeded, credits("0.06")));
    assert_eq!((row.modality.as_str(), row.first_part), ("speech", Some(INSTANT)));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_pays_for_what_was_to_be_said() {
    for delivered in [true, false] {
        let (vendor, act) = saying();
        let house = House::new(Cancel, [Voice::of("acme", [act])]).await;
        if delivered {
            vendor.send(Ok("a so".into())).unwrap();
            next(&mut house.speak(None).await.unwrap()).await;
        } else {
            timeout(Duration::from_secs(1), house.speak(None)).await.unwrap_err();
        }
        vendor.closed().await;
        assert_eq!(house.end().await, ended(Settle, "0.06", false));
        assert_eq!(house.call().await.attempts[0].state, AttemptState::Cancelled);
        assert_eq!(row(&house).await.outcome, UsageOutcome::Cancelled);
    }
}

/// A sound can't say of itself that it isn't whole.
#[tokio::test(start_paused = true)]
async fn nobody_is_given_the_beginning_of_a_sound_again() {
    let (vendor, act) = saying();
    let house = House::new(Cancel, [Voice::of("acme", [act])]).await;
    vendor.send(Ok("a so".into())).unwrap();
    next(&mut house.speak(Some("k")).await.unwrap()).await;
    vendor.closed().await;
    assert_eq!(house.end().await, ended(Settle, "0.06", false));
    assert!(matches!(house.speak(Some("k")).await, Err(ServiceError::Interrupted)));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_before_the_vendor_answers_pays_for_what_was_to_be_said() {
    let act = Act::Fail(Duration::from_secs(60), failure(Reason::Failed, Effect::Started));
    let house = House::new(Cancel, [Voice::of("acme", [act])]).await;
    timeout(Duration::from_secs(1), house.speak(None)).await.unwrap_err();
    assert_eq!(house.end().await, ended(Settle, "0.06", false));
}

#[tokio::test(start_paused = true)]
async fn where_the_catalog_says_drain_the_sound_goes_on_and_is_found_again() {
    let (vendor, act) = saying();
    let house = House::new(Drain, [Voice::of("acme", [act])]).await;
    vendor.send(Ok("a so".into())).unwrap();
    drop(house.speak(Some("k")).await.unwrap());
    sleep(Duration::from_secs(1)).await;
    vendor.send(Ok("und".into())).unwrap();
    drop(vendor);
    assert_eq!(house.end().await, ended(Settle, "0.06", false));
    let again = house.speak(Some("k")).await.unwrap();
    assert_eq!((again.provider.as_str(), again.media_type.as_deref()), ("acme", Some("audio/wav")));
    assert_eq!(read(again).await.0, "a sound");
    assert_eq!(house.end().await, ended(Settle, "0.06", false));
}

#[tokio::test(start_paused = true)]
async fn a_sound_that_breaks_off_is_free_and_the_operators_loss() {
    for delivered in [true, false] {
        let (vendor, act) = saying();
        let house = House::at_cost(Some("0.001"), Cancel, [Voice::of("acme", [act])]).await;
        if delivered {
            vendor.send(Ok("a so".into())).unwrap();
        }
        // Whatever the vendor's connection says: the vendor had begun to speak.
        vendor.send(Err(failure(Reason::Unavailable, Effect::NotStarted))).unwrap();
        let end = match house.speak(Some("k")).await {
            Ok(reply) => {
                assert!(delivered);
                let (sound, end) = read(reply).await;
                assert_eq!(sound, "a s");
                end.unwrap_err()
            }
            Err(error) => error,
        };
        assert!(matches!(end, ServiceError::Vendor { effect: Effect::Started, .. }), "{end:?}");
        let entry = house.last_entry().await;
        assert_eq!((entry.kind, entry.amount.to_string().as_str()), (Loss, "-0.006"));
        let call = house.call().await;
        assert_eq!((call.call.state, call.attempts.len()), (CallState::Released, 1));
        assert_eq!(call.attempts[0].state, AttemptState::Lost);
        let account = house.store.account(&account_subject("u1")).await.unwrap().unwrap();
        assert_eq!((account.available, account.held), (credits("10"), credits("0")));
        assert_eq!(house.store.audit().await.unwrap().findings, Vec::new());
        let row = row(&house).await;
        assert_eq!(
            (row.outcome, row.charged, row.amounts),
            (UsageOutcome::Broken, credits("0"), UsageAmounts::default())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_sound_that_broke_off_is_not_asked_for_again_by_itself_for_a_minute() {
    let ((broken, first), (whole, second)) = (saying(), saying());
    let house = House::new(Cancel, [Voice::of("acme", [first, second])]).await;
    broken.send(Ok("a so".into())).unwrap();
    broken.send(Err(failure(Reason::Unavailable, Effect::Started))).unwrap();
    read(house.speak(None).await.unwrap()).await.1.unwrap_err();
    let call = house.call().await.call.id;
    let error = house.speak_with(None, true).await.unwrap_err();
    assert!(matches!(error, ServiceError::Vendor { effect: Effect::Started, .. }), "{error:?}");
    assert_eq!(house.call().await.call.id, call);
    sleep(Duration::from_secs(60)).await;
    whole.send(Ok("a sound".into())).unwrap();
    drop(whole);
    assert_eq!(read(house.speak_with(None, true).await.unwrap()).await.0, "a sound");
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_with_a_key_comes_before_that_a_sound_broke_off() {
    let ((whole, first), (broken, second), (open, third)) = (saying(), saying(), saying());
    let house = House::new(Cancel, [Voice::of("acme", [first, second, third])]).await;
    whole.send(Ok("a sound".into())).unwrap();
    drop(whole);
    read(house.speak(Some("whole")).await.unwrap()).await.1.unwrap();
    broken.send(Ok("a so".into())).unwrap();
    broken.send(Err(failure(Reason::Unavailable, Effect::Started))).unwrap();
    read(house.speak(None).await.unwrap()).await.1.unwrap_err();
    open.send(Ok("a so".into())).unwrap();
    let _listening = house.speak(Some("open")).await.unwrap();
    assert_eq!(read(house.speak_with(Some("whole"), true).await.unwrap()).await.0, "a sound");
    let error = house.speak_with(Some("open"), true).await.unwrap_err();
    assert!(matches!(error, ServiceError::InProgress), "{error:?}");
    let error = house.speak_with(Some("new"), true).await.unwrap_err();
    assert!(matches!(error, ServiceError::Vendor { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_vendor_without_a_sound_or_with_a_refusal_costs_nothing() {
    let refusal = Act::Fail(INSTANT, failure(Reason::Refused, Effect::Started));
    for act in [refusal, saying().1] {
        let house = House::new(Cancel, [Voice::of("acme", [act])]).await;
        let error = house.speak(None).await.unwrap_err();
        assert!(matches!(error, ServiceError::Vendor { .. }), "{error:?}");
        assert_eq!(house.end().await, ended(Release, "0", false));
    }
}

#[tokio::test(start_paused = true)]
async fn another_vendor_is_asked_only_where_nothing_was_begun() {
    for (effect, asked, spent) in [(Effect::NotStarted, 2, "0.06"), (Effect::MayHaveStarted, 1, "0")] {
        let (vendor, act) = saying();
        let first = Act::Fail(INSTANT, failure(Reason::Unavailable, effect));
        let house = House::new(Cancel, [Voice::of("acme", [first]), Voice::of("zenith", [act])]).await;
        vendor.send(Ok("a sound".into())).unwrap();
        drop(vendor);
        match house.speak(None).await {
            Ok(reply) => {
                assert_eq!(reply.provider.as_str(), "zenith");
                assert_eq!(read(reply).await.0, "a sound");
            }
            Err(error) => assert_eq!(asked, 1, "{error:?}"),
        }
        assert_eq!(house.end().await.1, spent);
        assert_eq!(house.call().await.attempts.len(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_who_speaks_only_in_whole_is_waited_for() {
    let polls = [
        running(Duration::from_secs(2)),
        Err(failure(Reason::Unavailable, Effect::MayHaveStarted)),
        made(OutputSource::Bytes("a sound".into())),
    ];
    let (vendor, _stopped) = Maker::of("acme", polls);
    let house = House::new(Cancel, [vendor]).await;
    let reply = house.speak(None).await.unwrap();
    assert_eq!(reply.media_type.as_deref(), Some("audio/mpeg"));
    assert_eq!(read(reply).await.0, "a sound");
    assert_eq!(house.end().await, ended(Settle, "0.06", false));
}

#[tokio::test(start_paused = true)]
async fn a_task_of_a_caller_who_leaves_is_stopped() {
    let (vendor, mut stopped) = Maker::of("acme", [running(Duration::from_secs(5)), running(INSTANT)]);
    let house = House::new(Cancel, [vendor]).await;
    timeout(Duration::from_secs(2), house.speak(None)).await.unwrap_err();
    assert_eq!(stopped.recv().await.as_deref(), Some("task-1"));
    assert_eq!(house.end().await, ended(Settle, "0.06", false));
}

#[tokio::test(start_paused = true)]
async fn what_was_made_and_cannot_be_had_is_the_operators_loss() {
    let (vendor, _stopped) = Maker::of("acme", [made(OutputSource::Link("gone".to_owned()))]);
    let house = House::at_cost(Some("0.001"), Cancel, [vendor]).await;
    house.speak(None).await.unwrap_err();
    assert_eq!(house.last_entry().await.amount.to_string(), "-0.006");
    assert_eq!(house.call().await.attempts[0].state, AttemptState::Lost);
}
