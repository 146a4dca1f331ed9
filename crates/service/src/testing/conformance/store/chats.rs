//! Conversations: what is kept of each, read, listed, changed and deleted.

use std::time::Duration;

use super::bench::{LEASE, NOTHING, StoreBench, newest, seen};
use crate::calls::{CallEnding, EndCall};
use crate::chats::{
    About, BeginTurn, BegunTurn, ChangeConversation, Conversation, DeleteConversation, Finish, LeaveLine,
    Message, MessageRole, RenewTurn,
};
use crate::ports::MessagePage;
use crate::testing::conformance::suite::{Rule, Verdict, broken, holds, refused, rules, same};
use crate::testing::{begin_turn, conversation_name, credits, end_turn};
use crate::{Clock as _, Refusal};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_conversation_is_made_with_its_first_turn,
        a_conversation_in_which_nothing_was_said_goes,
        both_messages_come_with_the_end_of_their_turn,
        a_name_is_one_accounts_in_its_realm,
        a_conversation_goes_with_its_messages,
        a_turn_ends_without_messages_where_its_conversation_is_gone,
        what_is_said_of_a_conversation_can_be_changed,
        messages_are_read_in_both_directions,
        a_page_ends_with_the_bytes_that_it_may_have,
        conversations_are_listed_by_their_last_messages,
    )
}

/// And belongs to who began it; what is said of it comes with its first message.
pub async fn a_conversation_is_made_with_its_first_turn(bench: StoreBench) -> Verdict {
    let account = bench.grant("u1", "10").await?;
    let step = begin_turn("u1", "c1", "0.5");
    let BegunTurn::Begun { ticket, call, held } = bench.store.begin_turn(step).await? else {
        return broken("it doesn't begin".to_owned());
    };
    same("what is held", held, credits("0.5"))?;
    same("who pays", call.account, account.id)?;
    bench.has("u1", "9.5", "0.5").await?;
    let (known, messages) = bench.known("c1").await?;
    same("the conversation", (known.id, known.account), (ticket.conversation, account.id))?;
    same("its messages", messages, Vec::new())?;
    holds("somebody stands in line", known.line.is_first(ticket.number))?;
    same("another", bench.conversation("c2").await?, None)?;
    same("the list", bench.store.conversations(account.id, false, None, 10).await?, Vec::new())?;
    let title = || Some(Some("Mine".to_owned()));
    let change = ChangeConversation {
        name: conversation_name("c1"),
        account: account.id,
        title: title(),
        is_archived: None,
    };
    refused(bench.store.change_conversation(change).await.map(drop), &Refusal::NotFound)?;
    let mut end = end_turn("c1", (ticket, call.id), "0.2", Some("1"));
    let (system, metadata) = (Some("Be brief.".to_owned()), Some(r#"{"a":1}"#.to_owned()));
    end.about = About { system: system.clone(), metadata: metadata.clone(), ..end.about };
    bench.store.end_turn(end).await?;
    let (known, _) = bench.known("c1").await?;
    same("its words", (known.system, known.metadata), (system.clone(), metadata.clone()))?;
    same("its title", known.title.as_deref(), Some("A title"))?;
    same("the list", bench.store.conversations(account.id, false, None, 10).await?.len(), 1)?;
    // What isn't said stays.
    let turn = bench.turn("u1", "c1").await?;
    let mut end = end_turn("c1", turn, "0.2", Some("2"));
    end.about = About { title: "Another".to_owned(), metadata: Some("{}".to_owned()), ..About::default() };
    bench.store.end_turn(end).await?;
    let (known, _) = bench.known("c1").await?;
    same("its words", (known.system, known.metadata), (system, Some("{}".to_owned())))?;
    same("its title", known.title.as_deref(), Some("A title"))?;
    bench.is_clean().await
}

/// At once where whoever began it says so, else by the sweep, and for whoever wants its name.
pub async fn a_conversation_in_which_nothing_was_said_goes(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    bench.grant("u2", "10").await?;
    let turn = bench.turn("u1", "c1").await?;
    let refusal = Refusal::AnothersConversation;
    refused(bench.store.begin_turn(begin_turn("u2", "c1", "0.5")).await.map(drop), &refusal)?;
    bench.store.end_call(EndCall::new(turn.1, CallEnding::Released)).await?;
    bench.store.leave_line(LeaveLine { name: conversation_name("c1"), call: turn.1 }).await?;
    same("once it was left", bench.conversation("c1").await?, None)?;
    for is_taken in [true, false] {
        let dead = bench.turn("u1", "c1").await?;
        bench.clock.advance(LEASE);
        if is_taken {
            let BegunTurn::Begun { ticket, call, .. } =
                bench.store.begin_turn(begin_turn("u2", "c1", "0.5")).await?
            else {
                return broken("its name isn't free".to_owned());
            };
            bench.answered("c1", (ticket, call.id), "1").await?;
            bench.store.end_turn(end_turn("c1", dead, "0.1", Some("late"))).await?;
            bench.has_messages("c1", &["Where?", "1"]).await?;
            let account = bench.account("u2").await?.id;
            let delete = DeleteConversation { name: conversation_name("c1"), account };
            bench.store.delete_conversation(delete).await?;
        } else {
            bench.store.end_call(EndCall::new(dead.1, CallEnding::Released)).await?;
        }
    }
    // Who comes back to it is swept as late as if it were new.
    let early = bench.clock.now();
    bench.pass(1);
    let again = bench.turn("u1", "c1").await?;
    bench.store.forget_idempotency(early).await?;
    bench.store.end_call(EndCall::new(again.1, CallEnding::Released)).await?;
    holds("it is still there", bench.conversation("c1").await?.is_some())?;
    bench.pass(1);
    bench.store.forget_idempotency(bench.clock.now()).await?;
    same("once it was swept", bench.conversation("c1").await?, None)?;
    bench.is_clean().await
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
    same("why they ended", (question.finish, answer.finish), (None, Some(Finish::Stop)))?;
    same("calls", (question.call, answer.call), (turn.1, turn.1))?;
    let took = answer.created_at.since(question.created_at);
    same("what lies between them", took, Duration::from_secs(2))?;
    same("the last message", known.last_message_at, answer.created_at)?;
    same("what is open", (known.repeatable, known.line.places.len()), (None, 0))?;
    bench.is_clean().await
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

/// What is begun under its name is another.
pub async fn a_conversation_goes_with_its_messages(bench: StoreBench) -> Verdict {
    let account = bench.grant("u1", "10").await?.id;
    bench.said("u1", "c1", "1").await?;
    let (known, _) = bench.known("c1").await?;
    let delete = DeleteConversation { name: conversation_name("c1"), account };
    bench.store.delete_conversation(delete.clone()).await?;
    same("the conversation", bench.conversation("c1").await?, None)?;
    let all = MessagePage { is_newest_first: false, ..newest(10) };
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
    let few = bench.store.conversation(&conversation_name("c1"), newest(2)).await?;
    let few = few.map(|(_, last)| last.iter().map(|message| message.number).collect::<Vec<_>>());
    same("the last two", few, Some(vec![6, 5]))?;
    let none = bench.store.conversation(&conversation_name("c1"), MessagePage::NONE).await?;
    same("none", none.map(|(_, last)| last.len()), Some(0))?;
    for (is_newest_first, after, expected) in [
        (false, None, vec![1, 2, 3, 4]),
        (false, Some(4), vec![5, 6]),
        (false, Some(6), vec![]),
        (true, None, vec![6, 5, 4, 3]),
        (true, Some(3), vec![2, 1]),
        (true, Some(1), vec![]),
    ] {
        let page = MessagePage { after, is_newest_first, ..newest(4) };
        let messages = bench.store.messages(known.id, page).await?;
        let numbers: Vec<_> = messages.iter().map(|message| message.number).collect();
        same("a page", (page, numbers), (page, expected))?;
    }
    Ok(())
}

/// With one message at least.
pub async fn a_page_ends_with_the_bytes_that_it_may_have(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    for answer in ["ä", "two"] {
        bench.said("u1", "c1", answer).await?;
    }
    let (known, _) = bench.known("c1").await?;
    // Where? is six bytes, and ä two.
    for (is_newest_first, bytes_max, expected, is_full) in [
        (false, 0, vec![], true),
        (false, 1, vec![1], true),
        (false, 6, vec![1], true),
        (false, 7, vec![1, 2], true),
        (false, 8, vec![1, 2], true),
        (false, 9, vec![1, 2, 3], true),
        (false, 18, vec![1, 2, 3, 4], false),
        (true, 3, vec![4], true),
        (true, 4, vec![4, 3], true),
    ] {
        let page = MessagePage { is_newest_first, bytes_max, ..newest(10) };
        let messages = bench.store.messages(known.id, page).await?;
        let numbers =
            |messages: &[Message]| messages.iter().map(|message| message.number).collect::<Vec<_>>();
        same("a page", (page, numbers(&messages)), (page, expected.clone()))?;
        same("whether others may follow", (page, page.is_full(&messages)), (page, is_full))?;
        let whole = bench.store.conversation(&conversation_name("c1"), page).await?;
        same("with its conversation", whole.map(|(_, messages)| numbers(&messages)), Some(expected))?;
    }
    Ok(())
}

/// The newest first, without what their models are told; those that were put away apart.
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
    holds("without what models are told", first.iter().all(|known| known.system.is_none()))?;
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
