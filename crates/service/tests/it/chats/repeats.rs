//! The same request once more: what was charged is given again, anything else is answered in place.

use std::time::Duration;

use fourfold_domain::{AnswerPiece, Effect, FinishReason, ProviderError, Reason, StreamChunk};
use fourfold_service::ServiceError;
use fourfold_service::chats::Ask;
use fourfold_service::testing::account_subject;
use futures_util::StreamExt as _;
use tokio::time::{sleep, timeout};

use super::house::{House, Sent, message};
use crate::calls::house::{Chunk, read, text};

/// How a stream ends before its time, after `In ` was sent of it.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Early {
    Left,
    Broken,
    CutOff,
}

const EACH: [Early; 3] = [Early::Left, Early::Broken, Early::CutOff];

fn keyed(is_stream: bool) -> Sent {
    Sent { is_stream, key: Some("k1"), ..message("Where?") }
}

fn piece(piece: AnswerPiece) -> Chunk {
    Ok(StreamChunk::Answer { index: 0, piece })
}

/// Sends what is answered with `In `, and ends so.
async fn ends_early(house: &House, sent: Sent, early: Early) {
    let pen = house.author.writes();
    pen.send(text("In ")).unwrap();
    let mut reply = house.send(sent).await.unwrap();
    reply.body.next().await.unwrap().unwrap();
    match early {
        Early::Left => drop(reply),
        Early::CutOff => {
            house.calls.spawner.cut_off().cancel();
            drop(reply);
        }
        Early::Broken => {
            pen.send(Err(ProviderError::new(Reason::Unavailable, Effect::Started, "gone"))).unwrap();
            read(reply).await.1.unwrap_err();
        }
    }
    house.is_idle().await;
}

#[tokio::test(start_paused = true)]
async fn a_part_that_was_charged_is_given_again_and_then_breaks_off() {
    for (early, spent) in [(Early::Left, "0.008"), (Early::Broken, "0.002")] {
        let house = House::new().await;
        ends_early(&house, keyed(true), early).await;
        for _ in 0..2 {
            let again = house.send(keyed(true)).await.unwrap();
            assert_eq!(again.media_type.as_deref(), Some("text/x-stream"));
            let (said, end) = read(again).await;
            assert_eq!(said, "In ", "{early:?}");
            assert!(matches!(end, Err(ServiceError::Interrupted)), "{end:?}");
        }
        assert_eq!(house.history().await, ["Where?", "In …"]);
        assert_eq!((house.author.times_asked(), house.spent().await.as_str()), (1, spent));
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_was_cut_off_by_our_end_is_replaced_by_the_answer() {
    let house = House::new().await;
    ends_early(&house, keyed(true), Early::CutOff).await;
    assert_eq!((house.history().await, house.spent().await.as_str()), (told(&["Where?", "In …"]), "0"));
    house.said(keyed(true), "In dens.").await;
    assert_eq!(house.author.asked(), "User: Where?\n");
    assert_eq!(
        (house.history().await, house.spent().await.as_str()),
        (told(&["Where?", "In dens."]), "0.02")
    );
}

#[tokio::test(start_paused = true)]
async fn who_left_before_anything_was_sent_is_answered_by_the_same_request() {
    for (is_cut_off, spent) in [(false, "0.026"), (true, "0.02")] {
        for is_stream in [false, true] {
            let house = House::new().await;
            let pen = house.author.writes();
            if !is_stream {
                pen.send(text("In ")).unwrap();
            }
            let sent = house.send(keyed(is_stream));
            let leaves = async {
                while house.author.times_asked() == 0 {
                    sleep(Duration::from_millis(1)).await;
                }
                if is_cut_off {
                    house.calls.spawner.cut_off().cancel();
                }
            };
            tokio::select! {
                _ = sent => panic!("it is never answered"),
                () = leaves => {}
            }
            house.is_idle().await;
            assert_eq!(house.history().await, ["Where?"]);
            house.said(keyed(is_stream), "In dens.").await;
            assert_eq!(house.history().await, ["Where?", "In dens."]);
            assert_eq!(house.spent().await, spent, "{is_cut_off} {is_stream}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_same_request_would_be_refused_for_it_is_told() {
    let house = House::new().await;
    let _pen = house.author.writes();
    timeout(Duration::from_secs(3), house.send(keyed(false))).await.unwrap_err();
    house.is_idle().await;
    let _pen = house.author.writes();
    let writing = house.send(Sent { is_stream: true, ask: Ask::Again, ..message("") });
    let busy = async {
        sleep(Duration::from_millis(1)).await;
        house.send(Sent { may_wait: false, ..keyed(false) }).await
    };
    tokio::select! {
        _ = writing => panic!("it is never answered"),
        busy = busy => assert!(matches!(busy, Err(ServiceError::Refused(_))), "{busy:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_streamed_refusal_is_answered_in_place_by_the_same_request() {
    let house = House::new().await;
    for _ in 0..2 {
        let pen = house.author.writes();
        pen.send(piece(AnswerPiece::Refusal("I won't.".to_owned()))).unwrap();
        pen.send(piece(AnswerPiece::Finish(FinishReason::ContentFilter))).unwrap();
        drop(pen);
        let (said, end) = read(house.send(keyed(true)).await.unwrap()).await;
        assert!(said.starts_with("I won't.") && end.is_ok(), "{said} {end:?}");
        assert_eq!(house.history().await, ["Where?", "I won't."]);
    }
    assert_eq!(house.author.asked(), "User: Where?\n");
    assert_eq!(house.spent().await, "0");
}

#[tokio::test(start_paused = true)]
async fn a_late_retry_is_answered_in_place_of_what_was_had_since() {
    let house = House::new().await;
    house.author.fails(ProviderError::new(Reason::Failed, Effect::Started, "no"));
    house.send(keyed(false)).await.unwrap_err();
    house.said(Sent { ask: Ask::Again, ..message("") }, "In holes.").await;
    house.said(keyed(false), "In dens.").await;
    assert_eq!(house.history().await, ["Where?", "In dens."]);
}

#[tokio::test(start_paused = true)]
async fn only_a_whole_answer_takes_the_place_of_another() {
    for early in EACH {
        let house = House::new().await;
        house.said(message("Where?"), "In dens.").await;
        let again = || Sent { is_stream: true, ask: Ask::Again, key: Some("k2"), ..message("") };
        ends_early(&house, again(), early).await;
        assert_eq!(house.history().await, ["Where?", "In dens."], "{early:?}");
        // Nothing is kept of the part.
        let repeated = house.send(again()).await;
        assert!(matches!(repeated, Err(ServiceError::Interrupted)), "{repeated:?}");
        house.said(Sent { key: Some("k3"), ..again() }, "In holes.").await;
        assert_eq!(house.history().await, ["Where?", "In holes."]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_deleted_or_replaced_is_given_to_nobody_again() {
    let house = House::new().await;
    let gone = async || match house.send(keyed(false)).await {
        Err(ServiceError::NotFound(_)) => {}
        other => panic!("{other:?}"),
    };
    house.said(keyed(false), "In dens.").await;
    house.said(Sent { ask: Ask::Again, ..message("") }, "In holes.").await;
    gone().await;
    let again = Sent { key: Some("k2"), ..message("Why?") };
    house.said(again, "So.").await;
    house.chats.delete(&account_subject("u1"), "c1".parse().unwrap()).await.unwrap();
    gone().await;
    assert_eq!(house.author.times_asked(), 3);
}

fn told(history: &[&str]) -> Vec<String> {
    history.iter().map(ToString::to_string).collect()
}
