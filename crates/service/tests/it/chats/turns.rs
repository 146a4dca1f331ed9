//! What a turn does with a conversation.

use fourfold_domain::{AnswerPiece, Credits, Effect, FinishReason, ProviderError, Reason, StreamChunk};
use fourfold_service::chats::{Ask, BegunTurn, Finish, MessageRole};
use fourfold_service::ports::{ChatStore as _, MessagePage};
use fourfold_service::testing::{
    StallEnding, account_subject, begin_turn, conversation_name, credits, end_turn,
};
use fourfold_service::{Refusal, ServiceError};

use futures_util::StreamExt as _;

use super::house::{House, Sent, message};
use crate::calls::house::{read, text, used};

#[tokio::test(start_paused = true)]
async fn a_message_is_answered_and_both_are_kept_with_what_they_came_to() {
    let house = House::new().await;
    assert_eq!(house.said(message("Where do foxes live?"), "In dens.").await, "In dens.|10+5|0.02");
    let (known, messages) = house.known().await;
    let [question, answer] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!((question.role, question.content.as_str()), (MessageRole::User, "Where do foxes live?"));
    // Four around a message, and a quarter of its bytes.
    assert_eq!((question.input_tokens, question.output_tokens, question.credits), (9, 0, Credits::ZERO));
    assert_eq!((answer.role, answer.content.as_str()), (MessageRole::Assistant, "In dens."));
    assert_eq!((answer.input_tokens, answer.output_tokens, answer.credits), (10, 5, credits("0.02")));
    assert_eq!(known.title.as_deref(), Some("Where do foxes live?"));
    assert_eq!(known.model.unwrap().as_str(), "talk");
    assert_eq!(house.spent().await, "0.02");
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_out_as_it_is_written_and_ends_with_what_it_came_to() {
    let house = House::new().await;
    let pen = house.author.writes();
    pen.send(text("In ")).unwrap();
    pen.send(text("dens.")).unwrap();
    let reply = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
    assert_eq!(reply.media_type.as_deref(), Some("text/x-stream"));
    pen.send(used(10, 5)).unwrap();
    drop(pen);
    let (text, end) = read(reply).await;
    assert_eq!((text.as_str(), end.is_ok()), ("In dens.|10+5|0.02", true));
    assert_eq!(house.history().await, ["Where?", "In dens."]);
}

/// Has `c1` answered by a model that there isn't any more.
async fn answered_by_one_that_is_gone(house: &House) -> String {
    let store = &house.calls.store;
    let begun = store.begin_turn(begin_turn("u1", "c1", "0.5")).await.unwrap();
    let BegunTurn::Begun { ticket, call, .. } = begun else { panic!("{begun:?}") };
    store.end_turn(end_turn("c1", (ticket, call.id), "0.2", Some("In dens."))).await.unwrap();
    house.known().await.0.model.unwrap().to_string()
}

#[tokio::test(start_paused = true)]
async fn where_the_last_model_is_gone_the_default_one_answers() {
    let house = House::new().await;
    assert_ne!(answered_by_one_that_is_gone(&house).await, "talk");
    house.said(Sent { ask: Ask::Again, ..message("") }, "In holes.").await;
    let (known, messages) = house.known().await;
    assert_eq!((known.model.unwrap().as_str(), messages[1].content.as_str()), ("talk", "In holes."));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_breaks_off_is_not_the_conversations() {
    for is_broken in [true, false] {
        let house = House::new().await;
        let before = answered_by_one_that_is_gone(&house).await;
        let pen = house.author.writes();
        pen.send(text("In ")).unwrap();
        let mut reply = house.send(Sent { is_stream: true, ..message("And?") }).await.unwrap();
        if is_broken {
            pen.send(Err(ProviderError::new(Reason::Unavailable, Effect::Started, "gone"))).unwrap();
            read(reply).await.1.unwrap_err();
        } else {
            reply.body.next().await.unwrap().unwrap();
            drop(reply);
        }
        house.has_messages(4).await;
        let expected = if is_broken { before.as_str() } else { "talk" };
        assert_eq!(house.known().await.0.model.unwrap().as_str(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_cut_says_so() {
    for (reason, finish, said) in [
        (FinishReason::Length, Finish::Length, "|length"),
        (FinishReason::ContentFilter, Finish::ContentFilter, "|content_filter"),
        (FinishReason::Other("eos".to_owned()), Finish::Stop, ""),
    ] {
        let house = House::new().await;
        let pen = house.author.writes();
        pen.send(text("In ")).unwrap();
        pen.send(Ok(StreamChunk::Answer { index: 0, piece: AnswerPiece::Finish(reason) })).unwrap();
        pen.send(used(10, 5)).unwrap();
        drop(pen);
        let (text, end) = read(house.send(message("Where?")).await.unwrap()).await;
        assert_eq!((text, end.is_ok()), (format!("In |10+5|0.02{said}"), true));
        let kept: Vec<_> = house.known().await.1.iter().map(|message| message.finish).collect();
        assert_eq!(kept, [None, Some(finish)]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_of_an_answer_waits_for_what_is_kept() {
    for (ending, is_kept) in [(StallEnding::Taken, true), (StallEnding::Failed, false)] {
        let house = House::new().await;
        house.author.answers("In dens.", 10, 5);
        // The turn begins; its end finds the database gone, for longer than is waited for.
        house.calls.store.stall_after(1, std::time::Duration::from_secs(11), ending);
        let reply = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
        let (text, end) = read(reply).await;
        let expected = if is_kept { "In dens.|10+5|0.02" } else { "In dens." };
        assert_eq!((text.as_str(), end.is_ok()), (expected, is_kept), "{ending:?}");
        let name = conversation_name("c1");
        let known = house.calls.store.conversation(&name, MessagePage::NONE).await.unwrap();
        assert_eq!(known.is_some(), is_kept, "what was never said leaves no conversation");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_key_gives_the_same_answer_and_keeps_it_once() {
    let house = House::new().await;
    for is_stream in [false, true] {
        let sent = |key| Sent { is_stream, key: Some(key), ..message("Where?") };
        let key = if is_stream { "k1" } else { "k2" };
        let first = house.said(sent(key), "In dens.").await;
        let again = house.send(sent(key)).await.unwrap();
        assert_eq!(again.media_type.as_deref().unwrap().contains("stream"), is_stream);
        assert_eq!(read(again).await.0, first);
    }
    assert_eq!(house.history().await.len(), 4);
    assert_eq!((house.author.times_asked(), house.spent().await.as_str()), (2, "0.04"));
}

#[tokio::test(start_paused = true)]
async fn anothers_conversation_is_refused_and_costs_nothing() {
    let house = House::new().await;
    house.said(message("Where?"), "In dens.").await;
    for ask in [Ask::Message("Mine".to_owned()), Ask::Again] {
        let refused = house.send(Sent { user: "u2", ask, ..message("") }).await;
        let is_refused = matches!(refused, Err(ServiceError::Refused(Refusal::AnothersConversation)));
        assert!(is_refused, "{refused:?}");
    }
    assert_eq!(house.history().await, ["Where?", "In dens."]);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_pay_leaves_no_conversation() {
    let house = House::new().await;
    let refused = house.send(Sent { user: "u2", ..message("Where?") }).await;
    let is_refused = matches!(refused, Err(ServiceError::Refused(Refusal::InsufficientCredits { .. })));
    assert!(is_refused, "{refused:?}");
    let subject = account_subject("u2");
    let conversation = house.chats.conversation(&subject, "c1".parse().unwrap());
    assert!(matches!(conversation.await, Err(ServiceError::NotFound("conversation"))));
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_be_had_again_in_place_of_the_last() {
    let house = House::new().await;
    house.said(message("Where?"), "In dens.").await;
    let asked = house.author.asked();
    let again = || Sent { ask: Ask::Again, ..message("") };
    assert_eq!(house.said(again(), "In holes.").await, "In holes.|10+5|0.02");
    assert_eq!(house.author.asked(), asked, "it isn't told what it is to replace");
    assert_eq!(house.history().await, ["Where?", "In holes."]);
    // What fails replaces nothing.
    house.author.fails(ProviderError::new(Reason::Failed, Effect::Started, "no"));
    house.send(again()).await.unwrap_err();
    assert_eq!(house.history().await, ["Where?", "In holes."]);
    assert_eq!(house.spent().await, "0.04");
    let nothing = house.send(Sent { conversation: "c2", ..again() }).await;
    assert!(matches!(nothing, Err(ServiceError::NotFound(_))), "{nothing:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_without_an_answer_can_be_answered_again() {
    let house = House::new().await;
    house.author.fails(ProviderError::new(Reason::Failed, Effect::Started, "no"));
    house.send(message("Where?")).await.unwrap_err();
    assert_eq!(house.history().await, ["Where?"]);
    house.said(Sent { ask: Ask::Again, ..message("") }, "In dens.").await;
    assert_eq!(house.history().await, ["Where?", "In dens."]);
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_is_deleted_while_it_is_answered_stays_deleted() {
    let house = House::new().await;
    let pen = house.author.writes();
    pen.send(text("In dens.")).unwrap();
    let reply = house.send(Sent { is_stream: true, ..message("Where?") }).await.unwrap();
    let subject = account_subject("u1");
    house.chats.delete(&subject, "c1".parse().unwrap()).await.unwrap();
    drop(pen);
    assert!(read(reply).await.1.is_ok());
    let gone = house.chats.conversation(&subject, "c1".parse().unwrap()).await;
    assert!(matches!(gone, Err(ServiceError::NotFound("conversation"))), "{gone:?}");
    house.spent().await;
}
