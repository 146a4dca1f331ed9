//! Calls: opened with a hold, ended once, found when their process dies.

use std::time::Duration;

use super::bench::{NOTHING, StoreBench, instance};
use crate::Refusal;
use crate::calls::{CallEnding, CallState, EndCall, OpenedCall};
use crate::credits::{EntryKind, Owner};
use crate::testing::conformance::suite::{Broken, Rule, Verdict, broken, refused, rules, same};
use crate::testing::{account_subject, credits, open_call};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        a_call_holds_its_price,
        a_call_that_cannot_be_paid_is_refused_and_leaves_no_trace,
        a_call_is_charged_what_was_used,
        a_call_can_end_without_a_charge,
        a_call_ends_once,
        calls_of_a_dead_instance_are_found,
    )
}

const LEASE: Duration = Duration::from_secs(20);

async fn open(bench: &StoreBench, amount: &str) -> Result<crate::calls::Call, Broken> {
    bench.grant("u1", "10").await?;
    match bench.store.open_call(open_call("u1", amount, instance())).await? {
        OpenedCall::New(call) => Ok(call),
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
    let end = EndCall { id: call.id, ending: CallEnding::Charged(credits("0.2")) };
    same("the charge", bench.store.end_call(end).await?, credits("0.2"))?;
    let call = open(&bench, "0.5").await?;
    let end = EndCall { id: call.id, ending: CallEnding::Charged(credits("0.7")) };
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
        same("the charge", bench.store.end_call(EndCall { id: call.id, ending }).await?, NOTHING)?;
        let last = bench.entries("u1").await?.last().map(|entry| (entry.kind, entry.amount));
        same("the last entry", last, Some((kind, credits("0.5").plus())))?;
    }
    bench.has("u1", "30", "0").await?;
    bench.is_clean().await
}

/// A settle that comes after the sweep changes nothing.
pub async fn a_call_ends_once(bench: StoreBench) -> Verdict {
    let call = open(&bench, "0.5").await?;
    bench.store.end_call(EndCall { id: call.id, ending: CallEnding::Interrupted }).await?;
    for ending in [CallEnding::Charged(credits("0.2")), CallEnding::Released, CallEnding::Interrupted] {
        refused(bench.store.end_call(EndCall { id: call.id, ending }).await, &Refusal::CallEnded)?;
    }
    let unknown = open_call("u1", "0", instance()).id;
    let end = EndCall { id: unknown, ending: CallEnding::Released };
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
    let ending = EndCall { id: ended.id, ending: CallEnding::Released };
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
