//! The turns of a conversation come one after the other.

use std::time::Duration;

use fourfold_domain::OnDisconnect;
use fourfold_service::calls::{CallEnding, EndCall};
use fourfold_service::chats::{Ask, BegunTurn, ChatSettings};
use fourfold_service::ports::{CallStore as _, ChatStore as _, MessagePage};
use fourfold_service::testing::{StallEnding, account_subject, begin_turn, conversation_name};
use fourfold_service::{Refusal, ServiceError};
use tokio::time::{Instant, sleep, timeout};

use super::house::{House, LEASE, Sent, message};
use crate::calls::house::{read, text, used};

const MOMENT: Duration = Duration::from_millis(10);

#[tokio::test(start_paused = true)]
async fn messages_are_answered_in_the_order_in_which_they_came() {
    let house = House::new().await;
    let pens: Vec<_> = (0..4).map(|_| house.author.writes()).collect();
    let write = async {
        for (number, pen) in pens.into_iter().enumerate() {
            sleep(Duration::from_secs(5)).await;
            assert_eq!(house.author.times_asked(), number + 1, "one after the other");
            pen.send(text(&format!("answer {number}"))).unwrap();
            pen.send(used(1, 1)).unwrap();
        }
    };
    let send = |number: u32| {
        let house = &house;
        async move {
            sleep(MOMENT * number).await;
            let reply = house.send(message(&format!("message {number}"))).await.unwrap();
            assert!(read(reply).await.0.starts_with(&format!("answer {number}|")));
        }
    };
    // Whoever is polled first has nothing of it.
    tokio::join!(send(3), send(1), write, send(0), send(2));
    let expected = (0..4).flat_map(|number| [format!("message {number}"), format!("answer {number}")]);
    assert_eq!(house.history().await, expected.collect::<Vec<_>>());
    // Each was told what came before it.
    assert_eq!(house.author.asked().lines().count(), 7);
}

#[tokio::test(start_paused = true)]
async fn other_conversations_are_not_waited_for() {
    let house = House::new().await;
    let _pen = house.author.writes();
    let writing = house.send(message("Where?"));
    let other = async {
        sleep(MOMENT).await;
        house.said(Sent { conversation: "c2", ..message("Where?") }, "In dens.").await
    };
    tokio::select! {
        _ = writing => panic!("it is never answered"),
        answer = other => assert!(answer.starts_with("In dens.")),
    }
}

#[tokio::test(start_paused = true)]
async fn who_may_not_wait_or_has_waited_for_a_minute_is_refused() {
    let house = House::new().await;
    let pen = house.author.writes();
    pen.send(text("In ")).unwrap();
    let writing = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
    for (may_wait, waited) in [(false, Duration::ZERO), (true, Duration::from_secs(60))] {
        let began = Instant::now();
        let refused = house.send(Sent { may_wait, ..message("And?") }).await;
        let is_busy = matches!(refused, Err(ServiceError::Refused(Refusal::ConversationBusy)));
        assert!(is_busy, "{refused:?}");
        assert!(began.elapsed().abs_diff(waited) < Duration::from_secs(1), "{:?}", began.elapsed());
    }
    pen.send(text("dens.")).unwrap();
    drop(pen);
    read(writing).await.1.unwrap();
    assert_eq!(house.history().await, ["Where?", "In dens."]);
    assert!(house.known().await.0.line.places.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_wants_an_answer_again_waits_for_the_first_one() {
    for is_answered in [true, false] {
        let house = House::new().await;
        let again = || Sent { ask: Ask::Again, ..message("") };
        let none = house.send(again()).await;
        assert!(matches!(none, Err(ServiceError::NotFound("conversation"))), "{none:?}");
        let pen = house.author.writes();
        pen.send(text("In ")).unwrap();
        let writing = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
        let busy = house.send(Sent { may_wait: false, ..again() }).await;
        assert!(matches!(busy, Err(ServiceError::Refused(Refusal::ConversationBusy))), "{busy:?}");
        let write = async {
            sleep(Duration::from_secs(5)).await;
            assert_eq!(house.author.times_asked(), 1);
            house.author.answers("In holes.", 10, 5);
            house.author.answers("So.", 10, 5);
            if is_answered {
                pen.send(used(10, 5)).unwrap();
                drop(pen);
                read(writing).await.1.unwrap();
            } else {
                drop(writing);
            }
        };
        // Whoever stands behind doesn't keep it from its turn.
        let behind = async {
            sleep(MOMENT).await;
            read(house.send(message("And?")).await.unwrap()).await
        };
        let again = async { read(house.send(again()).await.unwrap()).await };
        let ((), again, behind) = tokio::join!(write, again, behind);
        assert_eq!((again.0.as_str(), behind.0.as_str()), ("In holes.|10+5|0.02", "So.|10+5|0.02"));
        assert_eq!(house.history().await, ["Where?", "In holes.", "And?", "So."]);
    }
}

#[tokio::test(start_paused = true)]
async fn who_leaves_while_he_waits_is_not_answered() {
    let house = House::new().await;
    let pen = house.author.writes();
    pen.send(text("In dens.")).unwrap();
    let writing = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
    timeout(Duration::from_secs(3), house.send(message("And?"))).await.unwrap_err();
    let next = house.send(message("Why?"));
    let end = async {
        sleep(Duration::from_secs(1)).await;
        house.author.answers("So.", 1, 1);
        drop(pen);
        read(writing).await.1.unwrap();
    };
    let (next, ()) = tokio::join!(next, end);
    read(next.unwrap()).await.1.unwrap();
    assert_eq!(house.history().await, ["Where?", "In dens.", "Why?", "So."]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_is_kept_for_as_long_as_the_model_writes() {
    let settings = ChatSettings { turn_wait: Duration::from_secs(600), ..ChatSettings::default() };
    let house = House::with(OnDisconnect::Cancel, settings).await;
    let pen = house.author.writes();
    let writes = async {
        for _ in 0..10 {
            sleep(Duration::from_secs(20)).await;
            pen.send(text("x")).unwrap();
        }
        assert_eq!(house.author.times_asked(), 1, "another one waits");
        house.author.answers("y", 1, 1);
        drop(pen);
    };
    let first = async { read(house.send(message("1")).await.unwrap()).await.1.unwrap() };
    let second = async {
        sleep(MOMENT).await;
        read(house.send(message("2")).await.unwrap()).await.1.unwrap();
    };
    tokio::join!(first, second, writes);
    assert_eq!(house.history().await, ["1", "xxxxxxxxxx", "2", "y"]);
}

#[tokio::test(start_paused = true)]
async fn the_turn_of_a_process_that_died_is_taken_over() {
    let house = House::new().await;
    // Another process begins a turn, and is never heard of again.
    let dead = house.calls.store.begin_turn(begin_turn("u1", "c1", "0.5")).await.unwrap();
    assert!(matches!(dead, BegunTurn::Begun { .. }));
    let began = Instant::now();
    house.said(message("Where?"), "In dens.").await;
    assert!(
        began.elapsed().abs_diff(Duration::from_secs(30)) < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(house.history().await, ["Where?", "In dens."]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_to_a_conversation_that_is_deleted_finds_none() {
    let house = House::new().await;
    let pen = house.author.writes();
    pen.send(text("In dens.")).unwrap();
    let writing = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
    let waits = house.send(message("And?"));
    let delete = async {
        sleep(MOMENT).await;
        house.chats.delete(&account_subject("u1"), "c1".parse().unwrap()).await.unwrap();
        drop(pen);
        read(writing).await.1.unwrap();
    };
    let (waited, ()) = tokio::join!(waits, delete);
    assert!(matches!(waited, Err(ServiceError::NotFound("conversation"))), "{waited:?}");
    assert_eq!((house.author.times_asked(), house.spent().await.is_empty()), (1, false));
}

#[tokio::test(start_paused = true)]
async fn the_place_of_a_turn_that_another_has_ended_is_free_at_once() {
    let house = House::new().await;
    let pen = house.author.writes();
    pen.send(text("In dens.")).unwrap();
    let writing = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
    // As the sweep of another process does, which thinks this one dead.
    let call = house.known().await.0.line.places[0].call;
    house.calls.store.end_call(EndCall::new(call, CallEnding::Interrupted)).await.unwrap();
    drop(pen);
    read(writing).await.1.unwrap_err();
    house.author.answers("So.", 1, 1);
    let next = house.send(Sent { may_wait: false, ..message("Why?") }).await.unwrap();
    read(next).await.1.unwrap();
    assert_eq!(house.history().await, ["Why?", "So."]);
}

#[tokio::test(start_paused = true)]
async fn the_place_of_a_turn_of_which_nobody_knows_whether_it_began_is_free_at_once() {
    let house = House::new().await;
    house.calls.store.stall_after(0, MOMENT, StallEnding::Unknown);
    let unknown = house.send(message("Where?")).await;
    assert!(matches!(unknown, Err(ServiceError::Unavailable { .. })), "{unknown:?}");
    let now = house.said(Sent { may_wait: false, ..message("Why?") }, "So.").await;
    assert!(now.starts_with("So."), "{now}");
}

#[tokio::test(start_paused = true)]
async fn a_first_message_that_could_not_be_taken_leaves_no_conversation() {
    let house = House::new().await;
    house.calls.store.stall_after(0, MOMENT, StallEnding::Unknown);
    house.send(message("Where?")).await.unwrap_err();
    let name = conversation_name("c1");
    assert_eq!(house.calls.store.conversation(&name, MessagePage::NONE).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn who_waits_writes_nothing_until_a_third_of_his_lease_is_gone() {
    let house = House::new().await;
    let pen = house.author.writes();
    pen.send(text("In ")).unwrap();
    let _writing = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
    let looks = async {
        sleep(Duration::from_secs(1)).await;
        let written = house.calls.store.written();
        sleep(LEASE / 3 - Duration::from_secs(2)).await;
        assert_eq!(house.calls.store.written(), written);
        sleep(Duration::from_secs(3)).await;
        assert_ne!(house.calls.store.written(), written);
    };
    tokio::select! {
        _ = house.send(message("And?")) => panic!("it is never answered"),
        () = looks => {}
    }
}
