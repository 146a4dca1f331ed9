//! What the model is told.

use fourfold_domain::{AnswerPiece, Effect, FinishReason, ProviderError, Reason, StreamChunk};
use fourfold_service::chats::Ask;
use fourfold_service::ports::AccountStore as _;

use super::house::{House, Sent, message};
use crate::calls::house::{text, used};
use crate::ledger::grant;

#[tokio::test(start_paused = true)]
async fn the_model_is_told_the_history_behind_the_systems_text() {
    let house = House::new().await;
    house.said(Sent { system: Some("Be brief."), ..message("Where?") }, "In dens.").await;
    house.said(message("And in winter?"), "There too.").await;
    let expected = "System: Be brief.\nUser: Where?\nAssistant: In dens.\nUser: And in winter?\n";
    assert_eq!(house.author.asked(), expected);
    // An empty text takes it back, for good.
    house.said(Sent { system: Some(""), ..message("Why?") }, "So.").await;
    house.said(message("Why?"), "So.").await;
    assert!(house.author.asked().starts_with("User: Where?\n"), "{}", house.author.asked());
}

#[tokio::test(start_paused = true)]
async fn what_a_vendor_refused_is_not_told_again_once_another_message_has_come() {
    for (reason, is_told) in [
        (Reason::Refused, false),
        (Reason::InvalidRequest, false),
        (Reason::Timeout, true),
        (Reason::Unavailable, true),
    ] {
        let refusal = || ProviderError::new(reason, Effect::Started, "no");
        let house = House::new().await;
        let bad = || Sent { key: Some("k1"), ..message("Bad") };
        house.author.fails(refusal());
        house.send(bad()).await.unwrap_err();
        // By itself it is asked as often as somebody likes.
        for sent in [bad(), Sent { ask: Ask::Again, ..message("") }] {
            house.author.fails(refusal());
            house.send(sent).await.unwrap_err();
            assert_eq!(house.author.asked(), "User: Bad\n");
        }
        house.said(message("Good"), "So.").await;
        let expected = if is_told { "User: Bad\nUser: Good\n" } else { "User: Good\n" };
        assert_eq!(house.author.asked(), expected, "{reason:?}");
        assert_eq!(house.history().await, ["Bad", "Good", "So."]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_only_when_it_is_asked_again_is_not_told_either() {
    let house = House::new().await;
    for reason in [Reason::Unavailable, Reason::Refused] {
        house.author.fails(ProviderError::new(reason, Effect::Started, "no"));
        house.send(Sent { key: Some("k1"), ..message("Bad") }).await.unwrap_err();
    }
    house.said(message("Good"), "So.").await;
    assert_eq!(house.author.asked(), "User: Good\n");
    // Who is answered after all is told.
    let house = House::new().await;
    house.author.fails(ProviderError::new(Reason::Refused, Effect::Started, "no"));
    house.send(Sent { key: Some("k1"), ..message("Bad") }).await.unwrap_err();
    house.said(Sent { key: Some("k1"), ..message("Bad") }, "Fine.").await;
    house.said(message("Good"), "So.").await;
    assert_eq!(house.author.asked(), "User: Bad\nAssistant: Fine.\nUser: Good\n");
}

#[tokio::test(start_paused = true)]
async fn blank_answers_are_not_told_nor_questions_of_whose_answers_a_filter_left_nothing() {
    for (finish, expected) in
        [(FinishReason::Stop, "User: Why?\nUser: Good\n"), (FinishReason::ContentFilter, "User: Good\n")]
    {
        let house = House::new().await;
        let pen = house.author.writes();
        pen.send(text(" \n")).unwrap();
        pen.send(Ok(StreamChunk::Answer { index: 0, piece: AnswerPiece::Finish(finish) })).unwrap();
        pen.send(used(10, 5)).unwrap();
        drop(pen);
        house.send(message("Why?")).await.unwrap();
        house.has_messages(2).await;
        house.said(message("Good"), "So.").await;
        assert_eq!(house.author.asked(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_room_in_the_models_context_is_left_out() {
    let house = House::new().await;
    house.calls.store.grant(grant("u1", "100", "grant:more")).await.unwrap();
    // A thousand tokens each, of the 3637 that there are beside the answer's 50.
    let long = |letter: char| letter.to_string().repeat(3984);
    for letter in ["a", "b"] {
        house.said(message(&long(letter.chars().next().unwrap())), &long('x')).await;
    }
    house.said(message("c"), "y").await;
    let asked = house.author.asked();
    let first: Vec<_> = asked.lines().map(|line| line.chars().take(8).collect::<String>()).collect();
    assert_eq!(first, ["User: bb", "Assistan", "User: c"]);
    assert_eq!(house.history().await.len(), 6, "all of it is kept");
}

#[tokio::test(start_paused = true)]
async fn a_history_longer_than_a_page_is_read_to_its_beginning() {
    let house = House::new().await;
    for number in 0..40 {
        house.said(message(&number.to_string()), "y").await;
    }
    assert_eq!(house.author.asked().lines().count(), 79);
    assert!(house.author.asked().starts_with("User: 0\n"));
}

#[tokio::test(start_paused = true)]
async fn what_a_vendor_finds_too_long_is_asked_once_more_with_half_of_the_history() {
    let too_long = || ProviderError::new(Reason::InvalidRequest, Effect::NotStarted, "too long");
    let house = House::new().await;
    house.calls.store.grant(grant("u1", "100", "grant:more")).await.unwrap();
    let long = |letter: &str| letter.repeat(1984);
    for letter in ["a", "b", "c"] {
        house.said(message(&long(letter)), &long("x")).await;
    }
    house.author.fails(too_long());
    let asked = house.author.times_asked();
    let answer = house.said(Sent { system: Some("Be brief."), ..message("d") }, "y").await;
    assert_eq!((answer.as_str(), house.author.times_asked() - asked), ("y|10+5|0.02", 2));
    let told: Vec<_> =
        house.author.asked().lines().map(|line| line.chars().take(11).collect::<String>()).collect();
    assert_eq!(told, ["System: Be ", "User: ccccc", "Assistant: ", "User: d"]);
    // Once only, and not where it can't be that.
    house.author.fails(too_long());
    house.author.fails(too_long());
    house.send(message("e")).await.unwrap_err();
    let short = Sent { conversation: "c2", ..message("f") };
    house.author.fails(too_long());
    house.send(short).await.unwrap_err();
    assert_eq!(house.author.times_asked() - asked, 5);
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_be_no_longer_than_what_the_context_has_left() {
    let house = House::new().await;
    house.calls.store.grant(grant("u1", "100", "grant:more")).await.unwrap();
    // 4096 tokens are its context, 50 its longest answer; these come to 4072.
    house.said(message(&"a".repeat(4 * 4068)), "y").await;
    assert_eq!(house.author.longest_answer(), 24);
    house.said(Sent { conversation: "c2", ..message("a") }, "y").await;
    assert_eq!(house.author.longest_answer(), 50);
}
