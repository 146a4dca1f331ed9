//! Calls: opened with a hold, ended once, found when their process dies.

use std::collections::BTreeSet;
use std::time::Duration;

use fourfold_domain::{CallId, Credits, Effect};
use serde_json::Map;

use super::bench::{NOTHING, StoreBench, instance};
use crate::calls::{Call, CallAnswer, CallEnding, CallState, CallView, EndCall, OpenCall, OpenedCall};
use crate::credits::{EntryKind, Owner};
use crate::jobs::{Attempt, AttemptState};
use crate::testing::conformance::suite::{Broken, Rule, Verdict, broken, refused, rules, same};
use crate::testing::{account_subject, credits, idempotency, open_call, provider};
use crate::{Clock as _, Refusal, Timestamp};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_call_holds_its_price,
        a_call_that_cannot_be_paid_is_refused_and_leaves_no_trace,
        a_call_is_charged_what_was_used,
        a_call_can_end_without_a_charge,
        a_call_ends_once,
        calls_of_a_dead_instance_are_found,
        a_call_holds_what_there_is_where_that_is_enough,
        a_charge_that_is_an_estimate_says_so,
        those_who_were_asked_are_kept_with_the_end,
        the_same_idempotency_key_gives_the_same_call_until_it_ends_without_a_charge,
        an_answer_is_kept_with_a_charge_for_as_long_as_its_key,
        an_interrupted_call_is_the_operators_loss_where_its_cost_is_known,
        an_attempt_of_a_call_in_vain_is_the_operators_loss_where_its_cost_is_known,
    )
}

const LEASE: Duration = Duration::from_secs(20);

async fn open(bench: &StoreBench, amount: &str) -> Result<crate::calls::Call, Broken> {
    bench.grant("u1", "10").await?;
    match bench.store.open_call(open_call("u1", amount, instance())).await? {
        OpenedCall::New { call, .. } => Ok(call),
        earlier @ OpenedCall::Earlier(_) => broken(format!("{earlier:?} instead of a new call")),
    }
}

/// And names itself as the owner.
pub async fn a_call_holds_its_price(bench: StoreBench) -> Verdict {
    let call = open(&bench, "0.5").await?;
    same("the state", call.state, CallState::Open)?;
    bench.has("u1", "9.5", "0.5").await?;
    let owner = bench.entries("u1").await?.last().and_then(|entry| entry.owner);
    same("the entry's owner", owner, Some(Owner::Call(call.id)))?;
    bench.is_clean().await
}

/// As a job is.
pub async fn a_call_that_cannot_be_paid_is_refused_and_leaves_no_trace(bench: StoreBench) -> Verdict {
    let refusal = Refusal::InsufficientCredits { needed: credits("0.5"), available: NOTHING };
    refused(bench.store.open_call(open_call("u1", "0.5", instance())).await, &refusal)?;
    same("the account", bench.store.account(&account_subject("u1")).await?, None)?;
    same("the calls", bench.store.audit().await?.counts.calls, 0)
}

/// At most the hold.
pub async fn a_call_is_charged_what_was_used(bench: StoreBench) -> Verdict {
    let call = open(&bench, "0.5").await?;
    let end = EndCall::new(call.id, CallEnding::Charged(credits("0.2")));
    same("the charge", bench.store.end_call(end).await?, credits("0.2"))?;
    let call = open(&bench, "0.5").await?;
    let end = EndCall::new(call.id, CallEnding::Charged(credits("0.7")));
    same("the charge", bench.store.end_call(end).await?, credits("0.5"))?;
    bench.has("u1", "19.3", "0").await?;
    bench.is_clean().await
}

/// Released, interrupted, or charged for nothing.
pub async fn a_call_can_end_without_a_charge(bench: StoreBench) -> Verdict {
    let endings = [
        (CallEnding::Released, EntryKind::Release),
        (CallEnding::Interrupted, EntryKind::Interrupted),
        (CallEnding::Charged(NOTHING), EntryKind::Release),
    ];
    for (ending, kind) in endings {
        let call = open(&bench, "0.5").await?;
        same("the charge", bench.store.end_call(EndCall::new(call.id, ending)).await?, NOTHING)?;
        let last = bench.entries("u1").await?.last().map(|entry| (entry.kind, entry.amount));
        same("the last entry", last, Some((kind, credits("0.5").plus())))?;
    }
    bench.has("u1", "30", "0").await?;
    bench.is_clean().await
}

/// A settle that comes after the sweep changes nothing.
pub async fn a_call_ends_once(bench: StoreBench) -> Verdict {
    let call = open(&bench, "0.5").await?;
    bench.store.end_call(EndCall::new(call.id, CallEnding::Interrupted)).await?;
    for ending in [CallEnding::Charged(credits("0.2")), CallEnding::Released, CallEnding::Interrupted] {
        refused(bench.store.end_call(EndCall::new(call.id, ending)).await, &Refusal::CallEnded)?;
    }
    let unknown = open_call("u1", "0", instance()).id;
    let end = EndCall::new(unknown, CallEnding::Released);
    refused(bench.store.end_call(end).await, &Refusal::NotFound)?;
    bench.has("u1", "10", "0").await
}

/// Once its last beat is too old, and not before; ended ones never.
pub async fn calls_of_a_dead_instance_are_found(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let (dying, living) = (instance(), instance());
    bench.store.beat(dying, LEASE).await?;
    bench.store.beat(living, LEASE).await?;
    let orphan = open_call("u1", "0.5", dying);
    let ended = open_call("u1", "0.5", dying);
    let ending = EndCall::new(ended.id, CallEnding::Released);
    for call in [orphan.clone(), ended, open_call("u1", "0.5", living)] {
        bench.store.open_call(call).await?;
    }
    bench.store.end_call(ending).await?;
    bench.clock.advance(LEASE - Duration::from_millis(1));
    same("before the lease has ended", bench.store.orphaned_calls(10).await?, Vec::new())?;
    bench.store.beat(living, LEASE).await?;
    bench.clock.advance(Duration::from_millis(1));
    same("after", bench.store.orphaned_calls(10).await?, vec![orphan.id])?;

    bench.store.open_call(open_call("u1", "0.5", instance())).await?;
    same("one that never beat is dead too", bench.store.orphaned_calls(10).await?.len(), 2)?;
    same("no more than asked for", bench.store.orphaned_calls(1).await?.len(), 1)
}

/// All of it, if that is at least the least; else nothing.
pub async fn a_call_holds_what_there_is_where_that_is_enough(bench: StoreBench) -> Verdict {
    bench.grant("u1", "0.3").await?;
    let step = OpenCall { amount_min: credits("0.2"), ..open_call("u1", "0.5", instance()) };
    match bench.store.open_call(step.clone()).await? {
        OpenedCall::New { held, .. } => same("what is held", held, credits("0.3"))?,
        earlier @ OpenedCall::Earlier(_) => return broken(format!("{earlier:?} instead of a new call")),
    }
    bench.has("u1", "0", "0.3").await?;
    bench.grant("u1", "0.19").await?;
    let again = OpenCall { id: open_call("u1", "0", step.instance).id, ..step };
    let refusal = Refusal::InsufficientCredits { needed: credits("0.2"), available: credits("0.19") };
    refused(bench.store.open_call(again).await, &refusal)?;
    bench.has("u1", "0.19", "0.3").await?;
    bench.is_clean().await
}

/// At most the hold as any; the entry is marked, and no other is.
pub async fn a_charge_that_is_an_estimate_says_so(bench: StoreBench) -> Verdict {
    for (ending, charged) in [
        (CallEnding::Estimated(credits("0.2")), "0.2"),
        (CallEnding::Estimated(credits("0.6")), "0.5"),
        (CallEnding::Charged(credits("0.2")), "0.2"),
    ] {
        let call = open(&bench, "0.5").await?;
        same("the charge", bench.store.end_call(EndCall::new(call.id, ending)).await?, credits(charged))?;
    }
    let entries = bench.entries("u1").await?;
    let settled = entries.iter().filter(|entry| entry.kind == EntryKind::Settle);
    let marks: Vec<_> = settled.map(|entry| entry.is_estimated).collect();
    same("the marks of the charges", marks, vec![true, true, false])?;
    let others = entries.iter().filter(|entry| entry.kind != EntryKind::Settle && entry.is_estimated);
    same("other entries that are marked", others.count(), 0)?;
    bench.is_clean().await
}

pub(super) fn attempt(
    call: CallId,
    at: Timestamp,
    number: u32,
    state: AttemptState,
    cost: Option<Credits>,
) -> Attempt {
    Attempt {
        owner: Owner::Call(call),
        number,
        provider: provider("acme"),
        vendor_model: "acme-1".to_owned(),
        credential: "default".to_owned(),
        state,
        effect: Effect::Started,
        upstream: None,
        error: None,
        vendor: Map::from_iter([("request_id".to_owned(), "r-1".into())]),
        cost_price: None,
        cost,
        begun_at: at,
        ended_at: Some(at),
    }
}

/// In their order, and nobody before.
pub async fn those_who_were_asked_are_kept_with_the_end(bench: StoreBench) -> Verdict {
    let call = open(&bench, "0.5").await?;
    let view = async || bench.store.call(call.id).await;
    same("while it is open", view().await?, Some(CallView { call: call.clone(), attempts: Vec::new() }))?;
    let asked = |number, state| attempt(call.id, call.created_at, number, state, Some(credits("0.1")));
    let attempts = vec![asked(1, AttemptState::Failed), asked(2, AttemptState::Succeeded)];
    let ending = CallEnding::Charged(credits("0.2"));
    let end = EndCall { attempts: attempts.clone(), ..EndCall::new(call.id, ending) };
    bench.store.end_call(end).await?;
    let ended = Call { state: CallState::Charged, ended_at: Some(bench.clock.now()), ..call.clone() };
    same("once it has ended", view().await?, Some(CallView { call: ended, attempts }))?;
    let unknown = open_call("u1", "0", instance()).id;
    same("of no call", bench.store.call(unknown).await?, None)
}

/// Whether it is open, charged or interrupted; another request with that key is refused.
pub async fn the_same_idempotency_key_gives_the_same_call_until_it_ends_without_a_charge(
    bench: StoreBench,
) -> Verdict {
    bench.grant("u1", "10").await?;
    let again = |key: &str, fingerprint| OpenCall {
        idempotency: Some(idempotency(key, fingerprint)),
        ..open_call("u1", "0.5", instance())
    };
    for (key, ending, state) in [
        ("a", CallEnding::Charged(credits("0.1")), CallState::Charged),
        ("b", CallEnding::Interrupted, CallState::Interrupted),
    ] {
        let OpenedCall::New { call, .. } = bench.store.open_call(again(key, 1)).await? else {
            return broken("an earlier call instead of a new one".to_owned());
        };
        let earlier = bench.store.open_call(again(key, 1)).await?;
        same("while it is open", earlier, OpenedCall::Earlier(call.clone()))?;
        bench.store.end_call(EndCall::new(call.id, ending)).await?;
        let ended = Call { state, ended_at: Some(bench.clock.now()), ..call };
        same("once it has ended", bench.store.open_call(again(key, 1)).await?, OpenedCall::Earlier(ended))?;
        refused(bench.store.open_call(again(key, 2)).await, &Refusal::IdempotencyMismatch)?;
    }
    let mut calls = BTreeSet::new();
    for _ in 0..3 {
        match bench.store.open_call(again("c", 1)).await? {
            OpenedCall::New { call, .. } => {
                bench.store.end_call(EndCall::new(call.id, CallEnding::Released)).await?;
                calls.insert(call.id);
            }
            earlier @ OpenedCall::Earlier(_) => return broken(format!("{earlier:?} instead of a new call")),
        }
    }
    same("calls that ran anew", calls.len(), 3)?;
    bench.has("u1", "9.9", "0").await?;
    bench.is_clean().await
}

/// And never without one.
pub async fn an_answer_is_kept_with_a_charge_for_as_long_as_its_key(bench: StoreBench) -> Verdict {
    let whole = CallAnswer {
        provider: provider("acme"),
        media_type: Some("audio/wav".to_owned()),
        body: Some("Foxes.".into()),
        is_whole: true,
    };
    let too_long = CallAnswer { media_type: None, body: None, is_whole: false, ..whole.clone() };
    let mut ended = Vec::new();
    for (ending, answer, expected) in [
        (CallEnding::Charged(credits("0.1")), &whole, Some(&whole)),
        (CallEnding::Estimated(credits("0.1")), &too_long, Some(&too_long)),
        (CallEnding::Released, &whole, None),
        (CallEnding::Interrupted, &whole, None),
    ] {
        let call = open(&bench, "0.5").await?;
        let end = EndCall { answer: Some(answer.clone()), ..EndCall::new(call.id, ending) };
        bench.store.end_call(end).await?;
        let found = bench.store.call_answer(call.id).await?;
        same("the answer", found.as_ref(), expected)?;
        ended.push((call.id, bench.clock.now()));
        bench.pass(1);
    }
    let [(first, _), (second, second_at), ..] = ended[..] else {
        return broken("too few calls ended".to_owned());
    };
    bench.store.forget_idempotency(second_at).await?;
    same("what is too old", bench.store.call_answer(first).await?, None)?;
    same("what isn't", bench.store.call_answer(second).await?, Some(too_long))
}

/// However the call ends, and each of them by itself.
pub async fn an_attempt_of_a_call_in_vain_is_the_operators_loss_where_its_cost_is_known(
    bench: StoreBench,
) -> Verdict {
    bench.grant("u1", "10").await?;
    for ending in [CallEnding::Released, CallEnding::Charged(credits("0.2"))] {
        let step = open_call("u1", "0.5", instance());
        let id = step.id;
        bench.store.open_call(step).await?;
        let at = bench.store.call(id).await?.map(|view| view.call.created_at).unwrap_or_default();
        let asked = |number, state, cost: Option<&str>| attempt(id, at, number, state, cost.map(credits));
        let attempts = vec![
            asked(1, AttemptState::Uncertain, Some("0.3")),
            asked(2, AttemptState::Uncertain, None),
            asked(3, AttemptState::Failed, Some("0")),
            asked(4, AttemptState::Uncertain, Some("0.1")),
            asked(5, AttemptState::Lost, Some("0.2")),
        ];
        bench.store.end_call(EndCall { attempts, ..EndCall::new(id, ending) }).await?;
        let mut losses: Vec<_> = bench
            .entries("u1")
            .await?
            .into_iter()
            .filter(|entry| entry.kind == EntryKind::Loss && entry.owner == Some(Owner::Call(id)))
            .map(|entry| (entry.operation, entry.amount))
            .collect();
        losses.sort();
        let loss = |number: u32, amount: &str| (format!("loss:call:{id}:{number}"), credits(amount).minus());
        same("the losses", losses, vec![loss(1, "0.3"), loss(4, "0.1"), loss(5, "0.2")])?;
    }
    bench.is_clean().await
}

/// Once, whatever comes after; the account gets all of its hold back. No other ending loses anything.
pub async fn an_interrupted_call_is_the_operators_loss_where_its_cost_is_known(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    for (cost_max, ending, lost) in [
        (Some("0.3"), CallEnding::Interrupted, 1),
        (None, CallEnding::Interrupted, 0),
        (Some("0.3"), CallEnding::Released, 0),
        (Some("0.3"), CallEnding::Charged(NOTHING), 0),
    ] {
        let cost_max = cost_max.map(credits);
        let step = OpenCall { cost_max, ..open_call("u1", "0.5", instance()) };
        let id = step.id;
        let OpenedCall::New { call, .. } = bench.store.open_call(step).await? else {
            return broken("an earlier call instead of a new one".to_owned());
        };
        same("what is kept of its cost", bench.store.call(id).await?.map(|view| view.call), Some(call))?;
        bench.store.end_call(EndCall::new(id, ending)).await?;
        refused(bench.store.end_call(EndCall::new(id, CallEnding::Interrupted)).await, &Refusal::CallEnded)?;
        let entries = bench.entries("u1").await?;
        let losses: Vec<_> = entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::Loss && entry.owner == Some(Owner::Call(id)))
            .map(|entry| (entry.amount, entry.note.as_deref()))
            .collect();
        same("the losses", losses, vec![(credits("0.3").minus(), Some("interrupted")); lost])?;
        bench.has("u1", "10", "0").await?;
    }
    bench.is_clean().await
}
