//! What is kept of a turn that didn't come to its end.

use std::time::Duration;

use fourfold_domain::OnDisconnect::{Cancel, Drain};
use fourfold_domain::{AnswerPiece, Effect, FinishReason, ProviderError, Reason, StreamChunk};
use fourfold_service::ServiceError;
use fourfold_service::chats::ChatSettings;
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::house::{House, Sent, message};
use crate::calls::house::{read, text, used};

fn failure() -> ProviderError {
    ProviderError::new(Reason::Unavailable, Effect::Started, "gone")
}

#[tokio::test(start_paused = true)]
async fn who_leaves_finds_what_he_was_sent() {
    let house = House::new().await;
    let pen = house.author.writes();
    pen.send(text("In ")).unwrap();
    let mut reply = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
    reply.body.next().await.unwrap().unwrap();
    drop(reply);
    house.has_messages(2).await;
    assert_eq!(house.history().await, ["Where?", "In …"]);
    // What went in by our estimate, and what came out: 6 and 1.
    assert_eq!(house.spent().await, "0.008");
    house.said(message("Where?"), "In dens.").await;
    assert_eq!(house.author.asked(), "User: Where?\nAssistant: In \nUser: Where?\n");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_before_anything_was_sent_finds_his_message() {
    let house = House::new().await;
    let pen = house.author.writes();
    pen.send(text("In ")).unwrap();
    // He wants it at once, so that nothing is sent before its end.
    timeout(Duration::from_secs(3), house.send(message("Where?"))).await.unwrap_err();
    house.has_messages(1).await;
    assert_eq!(house.history().await, ["Where?"]);
    assert_eq!(house.spent().await, "0.006");
}

/// The vendor's filter has ended the answer, so that its refusal may be all that there will be.
#[tokio::test(start_paused = true)]
async fn what_was_held_back_from_who_left_is_not_kept() {
    let house = House::new().await;
    let pen = house.author.writes();
    for piece in
        [AnswerPiece::Finish(FinishReason::ContentFilter), AnswerPiece::Refusal("Not that.".to_owned())]
    {
        pen.send(Ok(StreamChunk::Answer { index: 0, piece })).unwrap();
    }
    let sent = house.send(Sent { is_stream: true, ..message("Where?") });
    timeout(Duration::from_secs(3), sent).await.unwrap_err();
    house.has_messages(1).await;
    assert_eq!(house.history().await, ["Where?"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_read_to_its_end_is_kept_whole() {
    let house = House::with(Drain, ChatSettings::default()).await;
    let pen = house.author.writes();
    pen.send(text("In ")).unwrap();
    let mut reply = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
    reply.body.next().await.unwrap().unwrap();
    drop(reply);
    tokio::task::yield_now().await;
    pen.send(text("dens.")).unwrap();
    pen.send(used(10, 5)).unwrap();
    drop(pen);
    house.has_messages(2).await;
    assert_eq!(house.history().await, ["Where?", "In dens."]);
    assert_eq!(house.spent().await, "0.02");
}

#[tokio::test(start_paused = true)]
async fn what_a_model_said_before_it_broke_off_is_kept() {
    let house = House::new().await;
    let pen = house.author.writes();
    pen.send(text("In ")).unwrap();
    let reply = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
    pen.send(Err(failure())).unwrap();
    let (said, end) = read(reply).await;
    assert!(matches!(end, Err(ServiceError::Vendor { .. })), "{end:?}");
    assert_eq!((said.as_str(), house.history().await), ("In ", vec!["Where?".to_owned(), "In …".to_owned()]));
    assert_eq!(house.known().await.1[1].finish, None);
    assert_eq!(house.spent().await, "0.002");
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_model_fails_is_kept_and_answered_by_the_same_request() {
    for is_stream in [false, true] {
        let house = House::with(Cancel, ChatSettings::default()).await;
        let sent = |key| Sent { is_stream, key: Some(key), ..message("Where?") };
        house.said(message("Hi"), "Hello.").await;
        for _ in 0..2 {
            house.author.fails(failure());
            let failed = house.send(sent("k1")).await;
            assert!(matches!(failed, Err(ServiceError::Vendor { .. })), "{failed:?}");
            assert_eq!(house.history().await, ["Hi", "Hello.", "Where?"], "once");
        }
        assert_eq!(house.spent().await, "0.02");
        house.said(sent("k1"), "In dens.").await;
        assert_eq!(house.author.asked(), "User: Hi\nAssistant: Hello.\nUser: Where?\n");
        assert_eq!(house.history().await, ["Hi", "Hello.", "Where?", "In dens."]);
        // Another request is another message.
        house.author.fails(failure());
        house.send(sent("k2")).await.unwrap_err();
        house.said(sent("k3"), "In dens.").await;
        assert_eq!(house.history().await.len(), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_at_once_says_nothing_of_a_vendor_that_broke_off() {
    let house = House::new().await;
    let broken = house.author.writes();
    broken.send(text("In ho")).unwrap();
    let not_begun = ProviderError::new(Reason::Unavailable, Effect::NotStarted, "try again");
    broken.send(Err(not_begun)).unwrap();
    assert_eq!(house.said(message("Where?"), "In dens.").await, "In dens.|10+5|0.02");
    assert_eq!(house.history().await, ["Where?", "In dens."]);
}
