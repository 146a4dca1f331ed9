//! The turns of a conversation: one after the other, by who stands first in its line, each ended once.

use std::time::Duration;

use futures_util::future::join_all;
use uuid::Uuid;

use super::bench::{LEASE, NOTHING, StoreBench, instance, seen};
use crate::Refusal;
use crate::calls::{CallEnding, EndCall};
use crate::chats::{BeginTurn, BegunTurn, DeleteConversation, LeaveLine, NewMessage, RenewTurn};
use crate::testing::conformance::suite::{Rule, Verdict, broken, holds, refused, rules, same};
use crate::testing::{begin_turn, conversation_name, credits, end_turn, new_message};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_turn_that_cannot_be_paid_is_refused_and_leaves_no_trace,
        turns_are_taken_in_the_order_of_arrival,
        who_may_not_wait_is_refused,
        who_leaves_the_line_lets_the_next_one_up,
        who_waits_to_a_conversation_that_is_deleted_is_refused,
        a_history_that_has_changed_is_to_be_read_again,
        a_turn_is_taken_over_once_its_lease_has_ended,
        a_turn_that_is_renewed_stays,
        one_of_many_at_once_makes_a_conversation,
        a_turn_ends_once,
        a_superseded_instance_stands_in_no_line,
    )
}

/// As a call is.
pub async fn a_turn_that_cannot_be_paid_is_refused_and_leaves_no_trace(bench: StoreBench) -> Verdict {
    let refusal = Refusal::InsufficientCredits { needed: credits("0.5"), available: NOTHING };
    refused(bench.store.begin_turn(begin_turn("u1", "c1", "0.5")).await, &refusal)?;
    same("the conversation", bench.conversation("c1").await?, None)?;
    same("the calls", bench.store.audit().await?.counts.calls, 0)
}

/// Also where those who came later look first.
pub async fn turns_are_taken_in_the_order_of_arrival(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let first = bench.turn("u1", "c1").await?;
    let came = seen(&bench.known("c1").await?.0);
    let step = |ticket, came| BeginTurn { seen: Some(came), ticket, ..begin_turn("u1", "c1", "0.5") };
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let BegunTurn::Waits(ticket) = bench.store.begin_turn(step(None, came)).await? else {
            return broken("it doesn't wait".to_owned());
        };
        waiting.push(ticket);
    }
    let (known, looked) = (bench.known("c1").await?.0, bench.store.line(&conversation_name("c1")).await?);
    same("what is seen of the line", looked, Some((known.id, known.line)))?;
    same("of another", bench.store.line(&conversation_name("c2")).await?, None)?;
    for ticket in waiting.iter().rev() {
        let again = bench.store.begin_turn(step(Some(*ticket), came)).await?;
        same("while the first one writes", again, BegunTurn::Waits(*ticket))?;
    }
    bench.answered("c1", first, "1").await?;
    for (place, ticket) in waiting.iter().enumerate() {
        for later in waiting.iter().skip(place + 1).rev() {
            let again = bench.store.begin_turn(step(Some(*later), came)).await?;
            same("while others are before it", again, BegunTurn::Waits(*later))?;
        }
        let again = bench.store.begin_turn(step(Some(*ticket), came)).await?;
        same("with an old history", again, BegunTurn::Changed(Some(*ticket)))?;
        let now = seen(&bench.known("c1").await?.0);
        let BegunTurn::Begun { ticket: begun, call, .. } =
            bench.store.begin_turn(step(Some(*ticket), now)).await?
        else {
            return broken("it doesn't begin".to_owned());
        };
        same("its ticket", begun, *ticket)?;
        bench.answered("c1", (begun, call.id), &(place + 2).to_string()).await?;
    }
    bench.has_messages("c1", &["Where?", "1", "Where?", "2", "Where?", "3", "Where?", "4"]).await?;
    bench.is_clean().await
}

/// Nothing is held, and no place is taken.
pub async fn who_may_not_wait_is_refused(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    bench.turn("u1", "c1").await?;
    let (known, _) = bench.known("c1").await?;
    let step = BeginTurn { seen: Some(seen(&known)), may_wait: false, ..begin_turn("u1", "c1", "0.5") };
    refused(bench.store.begin_turn(step).await, &Refusal::ConversationBusy)?;
    same("the line", bench.known("c1").await?.0.line, known.line)?;
    bench.has("u1", "9.5", "0.5").await
}

/// Leaving twice, or for a call of another conversation, is nothing.
pub async fn who_leaves_the_line_lets_the_next_one_up(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let first = bench.turn("u1", "c1").await?;
    let other = bench.turn("u1", "c2").await?;
    let step = || begin_turn("u1", "c1", "0.5");
    let (leaving, next) = (step(), step());
    let (BegunTurn::Waits(_), BegunTurn::Waits(ticket)) =
        (bench.store.begin_turn(leaving.clone()).await?, bench.store.begin_turn(next.clone()).await?)
    else {
        return broken("they don't wait".to_owned());
    };
    for call in [leaving.open.id, leaving.open.id, other.1] {
        bench.store.leave_line(LeaveLine { name: conversation_name("c1"), call }).await?;
    }
    same("the line", bench.known("c1").await?.0.line.places.len(), 2)?;
    bench.answered("c1", first, "1").await?;
    let ticket = Some(ticket);
    let again = bench.store.begin_turn(BeginTurn { ticket, ..next }).await?;
    same("the next one", again, BegunTurn::Changed(ticket))
}

/// What is waited with isn't the beginning of another.
pub async fn who_waits_to_a_conversation_that_is_deleted_is_refused(bench: StoreBench) -> Verdict {
    let account = bench.grant("u1", "10").await?.id;
    let first = bench.turn("u1", "c1").await?;
    let next = begin_turn("u1", "c1", "0.5");
    let BegunTurn::Waits(ticket) = bench.store.begin_turn(next.clone()).await? else {
        return broken("it doesn't wait".to_owned());
    };
    let next = BeginTurn { ticket: Some(ticket), ..next };
    let delete = DeleteConversation { name: conversation_name("c1"), account };
    bench.store.delete_conversation(delete).await?;
    refused(bench.store.begin_turn(next.clone()).await.map(drop), &Refusal::NotFound)?;
    same("the conversation", bench.conversation("c1").await?, None)?;
    bench.turn("u1", "c1").await?;
    refused(bench.store.begin_turn(next).await.map(drop), &Refusal::NotFound)?;
    same("the line", bench.known("c1").await?.0.line.places.len(), 1)?;
    bench.answered("c1", first, "1").await?;
    bench.is_clean().await
}

/// Even where nobody else is in line.
pub async fn a_history_that_has_changed_is_to_be_read_again(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let old = begin_turn("u1", "c1", "0.5");
    bench.said("u1", "c1", "1").await?;
    let BegunTurn::Changed(Some(ticket)) = bench.store.begin_turn(old.clone()).await? else {
        return broken("it has begun with a history that it hasn't read".to_owned());
    };
    let now = Some(seen(&bench.known("c1").await?.0));
    let begun = bench.store.begin_turn(BeginTurn { seen: now, ticket: Some(ticket), ..old }).await?;
    holds("it begins", matches!(begun, BegunTurn::Begun { .. }))?;
    let gone = BeginTurn { seen: now, ..begin_turn("u1", "c2", "0.5") };
    same("where it is gone", bench.store.begin_turn(gone).await?, BegunTurn::Changed(None))?;
    same("it isn't made", bench.conversation("c2").await?, None)
}

/// And who held it can't write any more, and isn't charged.
pub async fn a_turn_is_taken_over_once_its_lease_has_ended(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let dead = bench.turn("u1", "c1").await?;
    let came = Some(seen(&bench.known("c1").await?.0));
    let step = |ticket| BeginTurn { seen: came, ticket, ..begin_turn("u1", "c1", "0.5") };
    let BegunTurn::Waits(next) = bench.store.begin_turn(step(None)).await? else {
        return broken("it doesn't wait".to_owned());
    };
    bench.clock.advance(LEASE - Duration::from_millis(1));
    same("before that", bench.store.begin_turn(step(Some(next))).await?, BegunTurn::Waits(next))?;
    bench.clock.advance(Duration::from_millis(1));
    let BegunTurn::Begun { ticket, call, .. } = bench.store.begin_turn(step(Some(next))).await? else {
        return broken("it isn't taken over".to_owned());
    };
    let late = end_turn("c1", dead, "0.2", Some("late"));
    refused(bench.store.end_turn(late).await, &Refusal::TurnLost)?;
    let renewal = RenewTurn { name: conversation_name("c1"), ticket: dead.0, lease: LEASE };
    refused(bench.store.renew_turn(renewal).await, &Refusal::TurnLost)?;
    bench.answered("c1", (ticket, call.id), "1").await?;
    bench.has_messages("c1", &["Where?", "1"]).await?;
    bench.store.end_call(EndCall::new(dead.1, CallEnding::Interrupted)).await?;
    bench.has("u1", "9.8", "0").await?;
    bench.is_clean().await
}

/// A lease that has ended is renewed all the same, as long as nobody else has come.
pub async fn a_turn_that_is_renewed_stays(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let turn = bench.turn("u1", "c1").await?;
    let came = Some(seen(&bench.known("c1").await?.0));
    for _ in 0..3 {
        bench.clock.advance(LEASE);
        let step = RenewTurn { name: conversation_name("c1"), ticket: turn.0, lease: LEASE };
        bench.store.renew_turn(step).await?;
    }
    let waits = bench.store.begin_turn(BeginTurn { seen: came, ..begin_turn("u1", "c1", "0.5") }).await?;
    holds("another waits", matches!(waits, BegunTurn::Waits(_)))?;
    bench.answered("c1", turn, "1").await
}

/// The others are refused, though they came before it was there.
pub async fn one_of_many_at_once_makes_a_conversation(bench: StoreBench) -> Verdict {
    let users: Vec<_> = (0..8).map(|user| format!("u{user}")).collect();
    for user in &users {
        bench.grant(user, "10").await?;
    }
    let steps = users.iter().map(|user| bench.store.begin_turn(begin_turn(user, "c1", "0.5")));
    let (mut begun, mut refusals) = (0, 0);
    for answer in join_all(steps).await {
        match answer {
            Ok(BegunTurn::Begun { .. }) => begun += 1,
            other => {
                refused(other, &Refusal::AnothersConversation)?;
                refusals += 1;
            }
        }
    }
    same("begun and refused", (begun, refusals), (1, 7))?;
    same("calls", bench.store.audit().await?.counts.calls, 1)?;
    bench.is_clean().await
}

/// A second end says that it has ended, whatever became of the line.
pub async fn a_turn_ends_once(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let turn = bench.turn("u1", "c1").await?;
    bench.answered("c1", turn, "1").await?;
    refused(bench.store.end_turn(end_turn("c1", turn, "0.2", Some("2"))).await, &Refusal::CallEnded)?;
    let turn = bench.turn("u1", "c1").await?;
    bench.store.end_call(EndCall::new(turn.1, CallEnding::Interrupted)).await?;
    refused(bench.store.end_turn(end_turn("c1", turn, "0.2", Some("2"))).await, &Refusal::CallEnded)?;
    bench.has_messages("c1", &["Where?", "1"]).await?;
    bench.has("u1", "9.8", "0").await
}

/// Nor waits in one.
pub async fn a_superseded_instance_stands_in_no_line(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    bench.said("u1", "c1", "1").await?;
    bench.turn("u1", "c2").await?;
    let dead = bench.turn("u1", "c1").await?;
    bench.store.supersede(instance()).await?;
    same("that in which nothing was said", bench.conversation("c2").await?, None)?;
    let next = bench.turn("u1", "c1").await?;
    holds("its ticket is another", next.0 != dead.0)?;
    let late = end_turn("c1", dead, "0.2", Some("late"));
    refused(bench.store.end_turn(late).await, &Refusal::TurnLost)?;
    let mut partial = end_turn("c1", next, "0.2", None);
    partial.answer = Some(NewMessage { is_partial: true, ..new_message("In", 20, 1) });
    bench.store.end_turn(partial).await?;
    let (_, messages) = bench.known("c1").await?;
    same(
        "partial",
        messages.iter().map(|message| message.is_partial).collect::<Vec<_>>(),
        [true, false, false, false],
    )?;
    let id = Uuid::now_v7();
    holds("ids are new", messages.iter().all(|message| message.id.uuid() < id))
}
