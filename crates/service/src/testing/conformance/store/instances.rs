//! Processes that take over from others.

use std::time::Duration;

use super::bench::{LEASE, StoreBench, instance};
use crate::Refusal;
use crate::instances::{end_orphaned_calls, take_over};
use crate::jobs::Claim;
use crate::testing::conformance::suite::{Rule, Verdict, refused, rules, same};
use crate::testing::{begin, open_call};

pub(super) fn rules() -> Vec<Rule<StoreBench>> {
    rules!(
        leases_of_superseded_instances_are_free_at_once,
        calls_of_superseded_instances_are_orphaned_at_once,
        taking_over_gives_the_holds_of_dead_calls_back,
        instances_are_live_until_their_lease_ends,
        who_died_long_ago_is_forgotten_once_its_calls_have_ended,
    )
}

/// The holder finds its lease lost even before anybody takes the job; one's own leases stay.
pub async fn leases_of_superseded_instances_are_free_at_once(bench: StoreBench) -> Verdict {
    let (theirs, old) = bench.starting("u1", "0.04").await?;
    let mine = bench.queued("u1", "0.04").await?;
    let me = instance();
    bench.store.claim(Claim { job: mine.id, instance: me, lease: LEASE }).await?;
    bench.store.supersede(me).await?;
    refused(bench.store.begin_attempt(begin(old)).await, &Refusal::LeaseLost)?;
    same("renewed", bench.store.renew(vec![old], LEASE).await?, vec![theirs.id])?;
    refused(bench.claim(mine.id).await, &Refusal::NotDue)?;
    let new = bench.claim(theirs.id).await?.lease;
    same("the token has risen", new.token > old.token, true)
}

/// Even within the lease of their last beat.
pub async fn calls_of_superseded_instances_are_orphaned_at_once(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let (me, other) = (instance(), instance());
    for beating in [me, other] {
        bench.store.beat(beating, Duration::from_secs(20)).await?;
    }
    let (mine, theirs) = (open_call("u1", "0.5", me), open_call("u1", "0.5", other));
    let orphan = theirs.id;
    bench.store.open_call(mine).await?;
    bench.store.open_call(theirs).await?;
    same("before", bench.store.orphaned_calls(10).await?, Vec::new())?;
    bench.store.supersede(me).await?;
    same("after", bench.store.orphaned_calls(10).await?, vec![orphan])
}

/// Before anything else is done.
pub async fn taking_over_gives_the_holds_of_dead_calls_back(bench: StoreBench) -> Verdict {
    bench.grant("u1", "10").await?;
    let dead = instance();
    bench.store.beat(dead, Duration::from_secs(20)).await?;
    for _ in 0..3 {
        bench.store.open_call(open_call("u1", "0.5", dead)).await?;
    }
    let me = instance();
    take_over(bench.store.as_ref(), me, Duration::from_secs(20)).await?;
    bench.has("u1", "10", "0").await?;
    bench.store.open_call(open_call("u1", "0.5", me)).await?;
    same("its own calls live", bench.store.orphaned_calls(10).await?, Vec::new())?;
    bench.is_clean().await
}

/// Whoever beat last.
pub async fn instances_are_live_until_their_lease_ends(bench: StoreBench) -> Verdict {
    let others = bench.store.live_instances().await?;
    let (first, second) = (instance(), instance());
    for beating in [first, second, first] {
        bench.store.beat(beating, LEASE).await?;
    }
    same("both", bench.store.live_instances().await?, others + 2)?;
    bench.clock.advance(LEASE / 2);
    bench.store.beat(second, LEASE).await?;
    bench.clock.advance(LEASE / 2);
    same("the one that beat again", bench.store.live_instances().await?, 1)
}

/// And nobody else is.
pub async fn who_died_long_ago_is_forgotten_once_its_calls_have_ended(bench: StoreBench) -> Verdict {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    bench.grant("u1", "10").await?;
    let (dead, orphaning, alive) = (instance(), instance(), instance());
    for instance in [dead, orphaning] {
        bench.store.beat(instance, LEASE).await?;
    }
    bench.store.open_call(open_call("u1", "0.5", orphaning)).await?;
    same("too early", bench.store.forget_instances(HOUR).await?, 0)?;
    bench.clock.advance(LEASE + HOUR);
    bench.store.beat(alive, LEASE).await?;
    same("the one without a call", bench.store.forget_instances(HOUR).await?, 1)?;
    end_orphaned_calls(bench.store.as_ref()).await?;
    same("the other", bench.store.forget_instances(HOUR).await?, 1)?;
    bench.store.open_call(open_call("u1", "0.5", alive)).await?;
    same("the living one's calls", bench.store.orphaned_calls(10).await?, Vec::new())
}
