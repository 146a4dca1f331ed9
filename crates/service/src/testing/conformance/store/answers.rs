//! What becomes of a message and its answer: kept once, and answered in place until an answer was charged.

use bytes::Bytes;

use super::bench::{LEASE, NOTHING, StoreBench, Turn, seen};
use crate::calls::{CallAnswer, CallEnding, EndCall};
use crate::chats::{BeginTurn, BegunTurn, DeleteConversation, Finish, NewMessage, TurnOutcome};
use crate::testing::conformance::suite::{Broken, Rule, Verdict, broken, holds, rules, same};
use crate::testing::{
    begin_turn, call_answer, conversation_name, credits, end_turn, idempotency, new_message,
};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_question_without_an_answer_is_kept,
        an_answer_that_was_not_charged_can_be_had_in_place,
        a_question_that_a_vendor_refuses_is_marked,
        an_answer_is_kept_with_why_it_ended,
        an_answer_takes_the_place_of_another,
        the_same_idempotency_key_gives_the_same_turn_until_it_ends_without_a_charge,
        what_is_kept_of_an_answer_goes_with_it,
    )
}

/// With the call that the same request may be sent again for, until one is charged for an answer.
pub async fn a_question_without_an_answer_is_kept(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    bench.said("u1", "c1", "1").await?;
    let turn = bench.turn("u1", "c1").await?;
    let mut failed = end_turn("c1", turn, "0", None);
    failed.end.ending = CallEnding::Released;
    same("the charge", bench.store.end_turn(failed).await?, NOTHING)?;
    bench.has_messages("c1", &["Where?", "1", "Where?"]).await?;
    same("repeatable", bench.known("c1").await?.0.repeatable, Some(turn.1))?;
    let mut call = turn.1;
    for is_retry in [false, true] {
        let again = bench.turn_like("u1", "c1", |step| step.is_retry = is_retry).await?;
        call = if is_retry { again.1 } else { call };
        same("repeatable by now", bench.known("c1").await?.0.repeatable, Some(call))?;
        let mut failed = end_turn("c1", again, "0", None);
        (failed.end.ending, failed.question) = (CallEnding::Released, None);
        bench.store.end_turn(failed).await?;
        same("and after that", bench.known("c1").await?.0.repeatable, Some(call))?;
    }
    // Another request has it answered; the one that asked is still answered in place.
    let turn = bench.turn("u1", "c1").await?;
    let mut answer = end_turn("c1", turn, "0.2", Some("2"));
    answer.question = None;
    bench.store.end_turn(answer).await?;
    bench.has_messages("c1", &["Where?", "1", "Where?", "2"]).await?;
    same("repeatable", bench.known("c1").await?.0.repeatable, Some(call))?;
    let turn = bench.turn_like("u1", "c1", |step| step.is_retry = true).await?;
    let mut answer = end_turn("c1", turn, "0.2", Some("3"));
    (answer.question, answer.replaces) = (None, Some(4));
    bench.store.end_turn(answer).await?;
    bench.has_messages("c1", &["Where?", "1", "Where?", "3"]).await?;
    same("repeatable", bench.known("c1").await?.0.repeatable, None)?;
    bench.has("u1", "9.4", "0").await?;
    bench.is_clean().await
}

/// So that the same request isn't written a second time.
pub async fn an_answer_that_was_not_charged_can_be_had_in_place(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    for (ending, is_partial) in [(CallEnding::Released, false), (CallEnding::Interrupted, true)] {
        let turn = bench.turn("u1", "c1").await?;
        let mut refused = end_turn("c1", turn, "0", None);
        refused.end.ending = ending;
        refused.answer = Some(NewMessage { is_partial, ..new_message("No", 20, 1) });
        bench.store.end_turn(refused).await?;
        same("repeatable", bench.known("c1").await?.0.repeatable, Some(turn.1))?;
    }
    bench.has_messages("c1", &["Where?", "No", "Where?", "No"]).await
}

/// When it is asked first, and when it is asked again.
pub async fn a_question_that_a_vendor_refuses_is_marked(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    for (question, asked, outcome, expected) in [
        (true, None, TurnOutcome::Refused, &[true][..]),
        (true, None, TurnOutcome::Failed, &[true, false]),
        (false, Some(2), TurnOutcome::Failed, &[true, false]),
        (false, Some(2), TurnOutcome::Refused, &[true, true]),
    ] {
        let mut end = end_turn("c1", bench.turn("u1", "c1").await?, "0", None);
        (end.end.ending, end.outcome, end.asked) = (CallEnding::Released, outcome, asked);
        end.question = end.question.filter(|_| question);
        bench.store.end_turn(end).await?;
        let (_, mut messages) = bench.known("c1").await?;
        messages.reverse();
        let refused: Vec<_> = messages.iter().map(|message| message.is_refused).collect();
        same("which are refused", refused.as_slice(), expected)?;
    }
    let mut end = end_turn("c1", bench.turn("u1", "c1").await?, "0.1", Some("So."));
    (end.outcome, end.question) = (TurnOutcome::Refused, None);
    bench.store.end_turn(end).await?;
    same("an answer never is", bench.known("c1").await?.1.first().map(|last| last.is_refused), Some(false))
}

/// Or with nothing of that, where it broke off.
pub async fn an_answer_is_kept_with_why_it_ended(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let ends = [Some(Finish::Stop), Some(Finish::Length), Some(Finish::ContentFilter), None];
    for finish in ends {
        let mut end = end_turn("c1", bench.turn("u1", "c1").await?, "0.1", None);
        end.answer = Some(NewMessage { is_partial: finish.is_none(), finish, ..new_message("In", 20, 1) });
        bench.store.end_turn(end).await?;
    }
    let (_, mut messages) = bench.known("c1").await?;
    messages.reverse();
    let kept: Vec<_> = messages.iter().map(|message| message.finish).collect();
    let expected: Vec<_> = ends.into_iter().flat_map(|end| [None, end]).collect();
    same("why they ended", kept, expected)
}

/// Only where there is a whole one: of a part nothing is kept, for the same request either.
pub async fn an_answer_takes_the_place_of_another(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    bench.said("u1", "c1", "1").await?;
    let turn = bench.turn("u1", "c1").await?;
    let mut failed = end_turn("c1", turn, "0", None);
    (failed.end.ending, failed.question, failed.replaces) = (CallEnding::Released, None, Some(2));
    bench.store.end_turn(failed).await?;
    let turn = bench.turn("u1", "c1").await?;
    let mut left = end_turn("c1", turn, "0.1", None);
    (left.question, left.replaces) = (None, Some(2));
    left.answer = Some(NewMessage { is_partial: true, ..new_message("In", 20, 1) });
    left.end.answer = Some(call_answer("In"));
    same("the charge", bench.store.end_turn(left).await?, credits("0.1"))?;
    let kept = bench.store.call_answer(turn.1).await?.and_then(|kept| kept.body);
    same("what is kept of the part", kept, Some(Bytes::new()))?;
    bench.has_messages("c1", &["Where?", "1"]).await?;
    same("repeatable", bench.known("c1").await?.0.repeatable, None)?;
    let turn = bench.turn("u1", "c1").await?;
    let mut again = end_turn("c1", turn, "0.2", Some("2"));
    (again.question, again.replaces) = (None, Some(2));
    bench.store.end_turn(again).await?;
    bench.has_messages("c1", &["Where?", "2"]).await?;
    let (known, messages) = bench.known("c1").await?;
    same("numbers", (messages[0].number, known.next_number), (3, 4))
}

/// Also where the conversation is busy, or its history another by now.
pub async fn the_same_idempotency_key_gives_the_same_turn_until_it_ends_without_a_charge(
    bench: StoreBench,
) -> Verdict {
    bench.grant("u1", "10").await?;
    let step = |key: &str| {
        let mut step = begin_turn("u1", "c1", "0.5");
        step.open.idempotency = Some(idempotency(key, 1));
        step
    };
    let BegunTurn::Begun { ticket, call, .. } = bench.store.begin_turn(step("k1")).await? else {
        return broken("it doesn't begin".to_owned());
    };
    let again = bench.store.begin_turn(BeginTurn { may_wait: false, ..step("k1") }).await?;
    same("while it is open", again, BegunTurn::Earlier(call.clone()))?;
    bench.answered("c1", (ticket, call.id), "1").await?;
    let again = bench.store.begin_turn(step("k1")).await?;
    holds("once it was charged", matches!(again, BegunTurn::Earlier(earlier) if earlier.id == call.id))?;
    let came = Some(seen(&bench.known("c1").await?.0));
    let failing = BeginTurn { seen: came, ..step("k2") };
    let BegunTurn::Begun { ticket, call, .. } = bench.store.begin_turn(failing).await? else {
        return broken("it doesn't begin".to_owned());
    };
    let mut failed = end_turn("c1", (ticket, call.id), "0", None);
    failed.end.ending = CallEnding::Released;
    bench.store.end_turn(failed).await?;
    let came = Some(seen(&bench.known("c1").await?.0));
    let again = bench.store.begin_turn(BeginTurn { seen: came, ..step("k2") }).await?;
    let BegunTurn::Begun { ticket, call, .. } = again else {
        return broken("it isn't begun again once it ended without a charge".to_owned());
    };
    // Charged for what went in, without an answer.
    bench.store.end_turn(end_turn("c1", (ticket, call.id), "0.1", None)).await?;
    let came = Some(seen(&bench.known("c1").await?.0));
    let retry = |came| BeginTurn { seen: came, is_retry: true, ..step("k2") };
    let BegunTurn::Begun { call, .. } = bench.store.begin_turn(retry(came)).await? else {
        return broken("it isn't begun again where nothing was answered".to_owned());
    };
    let again = bench.store.begin_turn(retry(came)).await?;
    holds("while it is open", matches!(again, BegunTurn::Earlier(earlier) if earlier.id == call.id))?;
    // Its process dies: the message is still in the history.
    bench.store.end_call(EndCall::new(call.id, CallEnding::Interrupted)).await?;
    bench.clock.advance(LEASE);
    let came = Some(seen(&bench.known("c1").await?.0));
    let again = bench.store.begin_turn(retry(came)).await?;
    holds("once it was cut off", matches!(again, BegunTurn::Begun { .. }))
}

/// When another takes its place, when its conversation goes, and where that has gone before it was there.
pub async fn what_is_kept_of_an_answer_goes_with_it(bench: StoreBench) -> Verdict {
    let account = bench.grant("u1", "10").await?.id;
    let kept = async |turn: Turn, answer: &str| -> Result<Turn, Broken> {
        let mut step = end_turn("c1", turn, "0.2", Some(answer));
        step.end.answer = Some(CallAnswer { is_whole: true, ..call_answer(answer) });
        step.replaces = (answer == "2").then_some(2);
        step.question = step.question.filter(|_| answer != "2");
        bench.store.end_turn(step).await?;
        Ok(turn)
    };
    let has = async |turn: Turn, is_kept: bool| -> Verdict {
        same("an answer", bench.store.call_answer(turn.1).await?.is_some(), is_kept)
    };
    let first = kept(bench.turn("u1", "c1").await?, "1").await?;
    has(first, true).await?;
    let second = kept(bench.turn("u1", "c1").await?, "2").await?;
    has(first, false).await?;
    has(second, true).await?;
    let third = kept(bench.turn("u1", "c1").await?, "3").await?;
    let open = bench.turn("u1", "c1").await?;
    let delete = DeleteConversation { name: conversation_name("c1"), account };
    bench.store.delete_conversation(delete).await?;
    kept(open, "4").await?;
    for turn in [second, third, open] {
        has(turn, false).await?;
    }
    bench.has("u1", "9.2", "0").await?;
    bench.is_clean().await
}
