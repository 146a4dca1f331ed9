//! Conversations: their turns one after the other, and what is kept of each.

use std::time::Duration;

use fourfold_domain::CallId;
use futures_util::future::join_all;
use uuid::Uuid;

use super::bench::{LEASE, NOTHING, StoreBench, instance};
use crate::Refusal;
use crate::calls::{CallEnding, EndCall};
use crate::chats::{
    BeginTurn, BegunTurn, ChangeConversation, Conversation, DeleteConversation, LeaveLine, Message,
    MessageRole, RenewTurn, Seen, Ticket,
};
use crate::ports::MessagePage;
use crate::testing::conformance::suite::{Broken, Rule, Verdict, broken, holds, refused, rules, same};
use crate::testing::{begin_turn, conversation_name, credits, end_turn, idempotency, new_message};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_conversation_is_made_with_its_first_turn,
        a_turn_that_cannot_be_paid_is_refused_and_leaves_no_trace,
        both_messages_come_with_the_end_of_their_turn,
        turns_are_taken_in_the_order_of_arrival,
        who_may_not_wait_is_refused,
        who_leaves_the_line_lets_the_next_one_up,
        a_history_that_has_changed_is_to_be_read_again,
        a_turn_is_taken_over_once_its_lease_has_ended,
        a_turn_that_is_renewed_stays,
        a_name_is_one_accounts_in_its_realm,
        one_of_many_at_once_makes_a_conversation,
        a_question_without_an_answer_is_kept,
        the_same_idempotency_key_gives_the_same_turn_until_it_ends_without_a_charge,
        an_answer_takes_the_place_of_another,
        a_turn_ends_once,
        a_conversation_goes_with_its_messages,
        a_turn_ends_without_messages_where_its_conversation_is_gone,
        what_is_said_of_a_conversation_can_be_changed,
        messages_are_read_in_both_directions,
        conversations_are_listed_by_their_last_messages,
        a_superseded_instance_stands_in_no_line,
    )
}

type Turn = (Ticket, CallId);

impl StoreBench {
    /// Begins a turn of a conversation as it is now.
    async fn turn(&self, user: &str, conversation: &str) -> Result<Turn, Broken> {
        let seen = self.conversation(conversation).await?.map(|(known, _)| seen(&known));
        let step = BeginTurn { seen, ..begin_turn(user, conversation, "0.5") };
        match self.store.begin_turn(step).await? {
            BegunTurn::Begun { ticket, call, .. } => Ok((ticket, call.id)),
            other => broken(format!("{other:?} instead of a turn")),
        }
    }

    /// Ends a turn with an answer.
    async fn answered(&self, conversation: &str, turn: Turn, answer: &str) -> Verdict {
        let step = end_turn(conversation, turn, "0.2", Some(answer));
        same("the charge", self.store.end_turn(step).await?, credits("0.2"))
    }

    /// A turn from its beginning to its end.
    async fn said(&self, user: &str, conversation: &str, answer: &str) -> Verdict {
        let turn = self.turn(user, conversation).await?;
        self.answered(conversation, turn, answer).await
    }

    async fn conversation(&self, name: &str) -> Result<Option<(Conversation, Vec<Message>)>, Broken> {
        Ok(self.store.conversation(&conversation_name(name), 100).await?)
    }

    async fn known(&self, name: &str) -> Result<(Conversation, Vec<Message>), Broken> {
        match self.conversation(name).await? {
            Some(known) => Ok(known),
            None => broken(format!("there is no conversation {name}")),
        }
    }

    /// Broken unless these are the messages of a conversation, the oldest first.
    async fn has_messages(&self, name: &str, expected: &[&str]) -> Verdict {
        let (_, messages) = self.known(name).await?;
        let found: Vec<_> = messages.iter().rev().map(|message| message.content.as_str()).collect();
        same("the messages", found, expected)
    }
}

fn seen(known: &Conversation) -> Seen {
    Seen { conversation: known.id, next_number: known.next_number }
}

/// And belongs to who began it.
pub async fn a_conversation_is_made_with_its_first_turn(bench: StoreBench) -> Verdict {
    let account = bench.grant("u1", "10").await?;
    let step = BeginTurn {
        system: Some("Be brief.".to_owned()),
        metadata: Some(r#"{"a":1}"#.to_owned()),
        ..begin_turn("u1", "c1", "0.5")
    };
    let BegunTurn::Begun { ticket, call, held } = bench.store.begin_turn(step).await? else {
        return broken("it doesn't begin".to_owned());
    };
    same("what is held", held, credits("0.5"))?;
    same("who pays", call.account, account.id)?;
    bench.has("u1", "9.5", "0.5").await?;
    let (known, messages) = bench.known("c1").await?;
    same("the conversation", (known.id, known.account), (ticket.conversation, account.id))?;
    let (system, metadata) = (known.system.as_deref(), known.metadata.as_deref());
    same("its words", (system, metadata), (Some("Be brief."), Some(r#"{"a":1}"#)))?;
    same("its title", known.title.as_deref(), Some("A title"))?;
    same("its messages", messages, Vec::new())?;
    holds("somebody stands in line", known.line.is_first(ticket.number))?;
    same("another", bench.conversation("c2").await?, None)?;
    bench.is_clean().await
}

/// As a call is.
pub async fn a_turn_that_cannot_be_paid_is_refused_and_leaves_no_trace(bench: StoreBench) -> Verdict {
    let refusal = Refusal::InsufficientCredits { needed: credits("0.5"), available: NOTHING };
    refused(bench.store.begin_turn(begin_turn("u1", "c1", "0.5")).await, &refusal)?;
    same("the conversation", bench.conversation("c1").await?, None)?;
    same("the calls", bench.store.audit().await?.counts.calls, 0)
}

/// With what each came to, in one step with the charge.
pub async fn both_messages_come_with_the_end_of_their_turn(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let turn = bench.turn("u1", "c1").await?;
    bench.pass(2);
    bench.answered("c1", turn, "In dens.").await?;
    bench.has("u1", "9.8", "0").await?;
    let (known, messages) = bench.known("c1").await?;
    let [answer, question] = messages.as_slice() else { return broken(format!("{messages:?}")) };
    same("roles", (question.role, answer.role), (MessageRole::User, MessageRole::Assistant))?;
    same("numbers", (question.number, answer.number, known.next_number), (1, 2, 3))?;
    same("what was said", (&*question.content, &*answer.content), ("Where?", "In dens."))?;
    same("tokens of the question", (question.input_tokens, question.output_tokens), (7, 0))?;
    same("tokens of the answer", (answer.input_tokens, answer.output_tokens), (20, 3))?;
    same("charges", (question.credits, answer.credits), (NOTHING, credits("0.2")))?;
    same("models", (question.model.as_ref(), answer.model.as_ref()), (None, known.model.as_ref()))?;
    same("calls", (question.call, answer.call), (turn.1, turn.1))?;
    let took = answer.created_at.since(question.created_at);
    same("what lies between them", took, Duration::from_secs(2))?;
    same("the last message", known.last_message_at, answer.created_at)?;
    same("what is open", (known.unanswered, known.line.places.len()), (None, 0))?;
    bench.is_clean().await
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

/// Leaving twice, or with a ticket of another conversation, is nothing.
pub async fn who_leaves_the_line_lets_the_next_one_up(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let first = bench.turn("u1", "c1").await?;
    let other = bench.turn("u1", "c2").await?;
    let came = seen(&bench.known("c1").await?.0);
    let step = |ticket| BeginTurn { seen: Some(came), ticket, ..begin_turn("u1", "c1", "0.5") };
    let (BegunTurn::Waits(leaving), BegunTurn::Waits(next)) =
        (bench.store.begin_turn(step(None)).await?, bench.store.begin_turn(step(None)).await?)
    else {
        return broken("they don't wait".to_owned());
    };
    for ticket in [leaving, leaving, other.0] {
        bench.store.leave_line(LeaveLine { name: conversation_name("c1"), ticket }).await?;
    }
    bench.answered("c1", first, "1").await?;
    let again = bench.store.begin_turn(step(Some(next))).await?;
    same("the next one", again, BegunTurn::Changed(Some(next)))
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

/// Nobody else learns more than that.
pub async fn a_name_is_one_accounts_in_its_realm(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let other = bench.grant("u2", "10").await?.id;
    bench.said("u1", "c1", "1").await?;
    let refusal = Refusal::AnothersConversation;
    let came = Some(seen(&bench.known("c1").await?.0));
    for seen in [None, came] {
        let step = BeginTurn { seen, ..begin_turn("u2", "c1", "0.5") };
        refused(bench.store.begin_turn(step).await, &refusal)?;
    }
    refused(bench.store.begin_turn(begin_turn("u3", "c1", "0.5")).await, &refusal)?;
    let name = || conversation_name("c1");
    let change = ChangeConversation { name: name(), account: other, title: Some(None), is_archived: None };
    refused(bench.store.change_conversation(change).await.map(drop), &refusal)?;
    let delete = DeleteConversation { name: name(), account: other };
    refused(bench.store.delete_conversation(delete).await, &refusal)?;
    bench.has("u2", "10", "0").await?;
    bench.has_messages("c1", &["Where?", "1"]).await?;
    let mut elsewhere = begin_turn("u1", "c1", "0");
    elsewhere.open.subject.realm = "other".parse()?;
    elsewhere.name.realm = "other".parse()?;
    let begun = bench.store.begin_turn(elsewhere).await?;
    holds("it is free in another realm", matches!(begun, BegunTurn::Begun { .. }))
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

/// Until it is answered: the call that failed to is named.
pub async fn a_question_without_an_answer_is_kept(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    bench.said("u1", "c1", "1").await?;
    let turn = bench.turn("u1", "c1").await?;
    let mut failed = end_turn("c1", turn, "0", None);
    failed.end.ending = CallEnding::Released;
    same("the charge", bench.store.end_turn(failed).await?, NOTHING)?;
    bench.has_messages("c1", &["Where?", "1", "Where?"]).await?;
    same("unanswered", bench.known("c1").await?.0.unanswered, Some(turn.1))?;
    for is_retry in [false, true] {
        let again = bench.turn("u1", "c1").await?;
        let mut failed = end_turn("c1", again, "0", None);
        (failed.end.ending, failed.question, failed.is_retry) = (CallEnding::Released, None, is_retry);
        bench.store.end_turn(failed).await?;
        let call = if is_retry { again.1 } else { turn.1 };
        same("unanswered by now", bench.known("c1").await?.0.unanswered, Some(call))?;
    }
    let turn = bench.turn("u1", "c1").await?;
    let mut answer = end_turn("c1", turn, "0.2", Some("2"));
    answer.question = None;
    bench.store.end_turn(answer).await?;
    bench.has_messages("c1", &["Where?", "1", "Where?", "2"]).await?;
    same("unanswered", bench.known("c1").await?.0.unanswered, None)?;
    bench.has("u1", "9.6", "0").await?;
    bench.is_clean().await
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
    holds("once it ended without a charge", matches!(again, BegunTurn::Begun { .. }))
}

/// Only where there is one.
pub async fn an_answer_takes_the_place_of_another(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    bench.said("u1", "c1", "1").await?;
    let turn = bench.turn("u1", "c1").await?;
    let mut failed = end_turn("c1", turn, "0", None);
    (failed.end.ending, failed.question, failed.replaces) = (CallEnding::Released, None, Some(2));
    bench.store.end_turn(failed).await?;
    bench.has_messages("c1", &["Where?", "1"]).await?;
    same("unanswered", bench.known("c1").await?.0.unanswered, None)?;
    let turn = bench.turn("u1", "c1").await?;
    let mut again = end_turn("c1", turn, "0.2", Some("2"));
    (again.question, again.replaces) = (None, Some(2));
    bench.store.end_turn(again).await?;
    bench.has_messages("c1", &["Where?", "2"]).await?;
    let (known, messages) = bench.known("c1").await?;
    same("numbers", (messages[0].number, known.next_number), (3, 4))
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

/// What is begun under its name is another.
pub async fn a_conversation_goes_with_its_messages(bench: StoreBench) -> Verdict {
    let account = bench.grant("u1", "10").await?.id;
    bench.said("u1", "c1", "1").await?;
    let (known, _) = bench.known("c1").await?;
    let delete = DeleteConversation { name: conversation_name("c1"), account };
    bench.store.delete_conversation(delete.clone()).await?;
    same("the conversation", bench.conversation("c1").await?, None)?;
    let all = MessagePage { after: None, is_newest_first: false, limit: 10 };
    same("its messages", bench.store.messages(known.id, all).await?, Vec::new())?;
    refused(bench.store.delete_conversation(delete).await, &Refusal::NotFound)?;
    bench.said("u1", "c1", "2").await?;
    bench.has_messages("c1", &["Where?", "2"]).await?;
    holds("its id is another", bench.known("c1").await?.0.id != known.id)
}

/// The call is charged, since it was answered.
pub async fn a_turn_ends_without_messages_where_its_conversation_is_gone(bench: StoreBench) -> Verdict {
    let account = bench.grant("u1", "10").await?.id;
    let turn = bench.turn("u1", "c1").await?;
    let delete = DeleteConversation { name: conversation_name("c1"), account };
    bench.store.delete_conversation(delete).await?;
    let anew = bench.turn("u1", "c1").await?;
    let renewal = RenewTurn { name: conversation_name("c1"), ticket: turn.0, lease: LEASE };
    refused(bench.store.renew_turn(renewal).await, &Refusal::TurnLost)?;
    bench.answered("c1", turn, "1").await?;
    bench.has_messages("c1", &[]).await?;
    bench.answered("c1", anew, "2").await?;
    bench.has_messages("c1", &["Where?", "2"]).await?;
    bench.is_clean().await
}

/// What is left out stays.
pub async fn what_is_said_of_a_conversation_can_be_changed(bench: StoreBench) -> Verdict {
    let account = bench.grant("u1", "10").await?.id;
    bench.said("u1", "c1", "1").await?;
    let change = |title: Option<Option<&str>>, is_archived| ChangeConversation {
        name: conversation_name("c1"),
        account,
        title: title.map(|title| title.map(str::to_owned)),
        is_archived,
    };
    for (step, title, is_archived) in [
        (change(Some(Some("Foxes")), None), Some("Foxes"), false),
        (change(None, Some(true)), Some("Foxes"), true),
        (change(Some(None), Some(false)), None, false),
    ] {
        let changed = bench.store.change_conversation(step).await?;
        same("what was answered", (changed.title.as_deref(), changed.is_archived), (title, is_archived))?;
        same("what is kept", bench.known("c1").await?.0, changed)?;
    }
    let unknown = ChangeConversation { name: conversation_name("c2"), ..change(None, None) };
    refused(bench.store.change_conversation(unknown).await.map(drop), &Refusal::NotFound)
}

/// By pages, and those of one conversation only.
pub async fn messages_are_read_in_both_directions(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    for answer in ["1", "2", "3"] {
        bench.said("u1", "c1", answer).await?;
        bench.said("u1", "c2", "x").await?;
    }
    let (known, last) = bench.known("c1").await?;
    same("the last ones", last.iter().map(|message| message.number).collect::<Vec<_>>(), [6, 5, 4, 3, 2, 1])?;
    let few = bench.store.conversation(&conversation_name("c1"), 2).await?;
    let few = few.map(|(_, last)| last.iter().map(|message| message.number).collect::<Vec<_>>());
    same("the last two", few, Some(vec![6, 5]))?;
    let none = bench.store.conversation(&conversation_name("c1"), 0).await?;
    same("none", none.map(|(_, last)| last.len()), Some(0))?;
    for (is_newest_first, after, expected) in [
        (false, None, vec![1, 2, 3, 4]),
        (false, Some(4), vec![5, 6]),
        (false, Some(6), vec![]),
        (true, None, vec![6, 5, 4, 3]),
        (true, Some(3), vec![2, 1]),
        (true, Some(1), vec![]),
    ] {
        let page = MessagePage { after, is_newest_first, limit: 4 };
        let messages = bench.store.messages(known.id, page).await?;
        let numbers: Vec<_> = messages.iter().map(|message| message.number).collect();
        same("a page", (page, numbers), (page, expected))?;
    }
    Ok(())
}

/// The newest first; those that were put away apart.
pub async fn conversations_are_listed_by_their_last_messages(bench: StoreBench) -> Verdict {
    let account = bench.grant("u1", "10").await?.id;
    bench.grant("u2", "10").await?;
    for name in ["a", "b", "c", "d", "b"] {
        bench.pass(1);
        bench.said("u1", name, "1").await?;
    }
    bench.said("u2", "e", "1").await?;
    let (name, is_archived) = (conversation_name("c"), Some(true));
    let away = ChangeConversation { name, account, title: None, is_archived };
    bench.store.change_conversation(away).await?;
    let names = |page: &[Conversation]| {
        page.iter().map(|known| known.name.external_id.to_string()).collect::<Vec<_>>()
    };
    let first = bench.store.conversations(account, false, None, 2).await?;
    same("the first page", names(&first), ["b", "d"])?;
    let before = first.last().map(Conversation::cursor);
    let second = bench.store.conversations(account, false, before, 2).await?;
    same("the second page", names(&second), ["a"])?;
    let away = bench.store.conversations(account, true, None, 2).await?;
    same("those that were put away", names(&away), ["c"])?;
    // At one moment they come by their ids.
    for name in ["f", "g", "h"] {
        bench.said("u2", name, "1").await?;
    }
    let account = bench.account("u2").await?.id;
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = bench.store.conversations(account, false, before, 1).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.cursor());
        all.extend(names(&page));
    }
    same("each once", all.len(), 4)
}

/// Nor waits in one.
pub async fn a_superseded_instance_stands_in_no_line(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let dead = bench.turn("u1", "c1").await?;
    bench.store.supersede(instance()).await?;
    let next = bench.turn("u1", "c1").await?;
    holds("its ticket is another", next.0 != dead.0)?;
    let late = end_turn("c1", dead, "0.2", Some("late"));
    refused(bench.store.end_turn(late).await, &Refusal::TurnLost)?;
    let mut partial = end_turn("c1", next, "0.2", None);
    partial.answer = Some(crate::chats::NewMessage { is_partial: true, ..new_message("In", 20, 1) });
    bench.store.end_turn(partial).await?;
    let (_, messages) = bench.known("c1").await?;
    same("partial", messages.iter().map(|message| message.is_partial).collect::<Vec<_>>(), [true, false])?;
    let id = Uuid::now_v7();
    holds("ids are new", messages.iter().all(|message| message.id.uuid() < id))
}
