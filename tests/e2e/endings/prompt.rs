//! How soon a vendor is let go once its caller has left.

use std::time::{Duration, SystemTime};

use super::routes::{Case, cases};
use super::world::{Stalled, World};
use crate::support::{Api, Server};

/// How much longer it may take than by a connection of the caller's own.
const PROMPT: Duration = Duration::from_millis(100);

/// How often each route is left; half of them may meet a machine that has no time.
const TIMES: usize = 5;

#[tokio::test]
async fn a_vendor_is_let_go_within_100_ms_of_its_callers_leaving() {
    let world = World::new();
    let server = world.home.start().await;
    for case in cases() {
        let mut beyond_direct = Vec::new();
        for _ in 0..TIMES {
            let ours = let_go_after(&world, || async { leave(&world, &server, case).await }).await;
            let direct = let_go_after(&world, || async { leave_directly(&world, case).await }).await;
            beyond_direct.push(ours.saturating_sub(direct));
        }
        beyond_direct.sort_unstable();
        let median = beyond_direct[TIMES / 2];
        assert!(median <= PROMPT, "{case:?}: {beyond_direct:?}");
    }
}

/// How long after a leave the vendor saw it.
async fn let_go_after<F: Future<Output = SystemTime>>(world: &World, leave: impl FnOnce() -> F) -> Duration {
    let before = world.simulator.counts().closed_by_client;
    let left_at = leave().await;
    world.called_off(before + 1).await;
    let received = world.simulator.received();
    let closed_at =
        received.last().and_then(|last| last.closed_by_client_at).expect("the last one was let go");
    closed_at.duration_since(left_at).unwrap()
}

async fn leave(world: &World, server: &Server, case: Case) -> SystemTime {
    let Stalled { going, .. } = world.stalled(server, case).await;
    let left_at = world.simulator.now();
    going.leave();
    left_at
}

/// The same without us: what the vendor was sent last is sent again, and never answered.
async fn leave_directly(world: &World, case: Case) -> SystemTime {
    let last = world.simulator.received().pop().expect("there was one");
    let vendor = last.vendor.expect("a vendor was asked");
    world.fault(case, "hang=after-body");
    let api = Api::new(&format!("{}/{}", world.simulator.url(), vendor.name()));
    let ask = api.ask(last.method.as_str(), &last.path).header("authorization", "Bearer key");
    let before = world.simulator.counts().requests;
    let waiting = crate::support::run(ask.bytes("application/json", last.body.to_vec()).try_send());
    world.simulator.wait_for(|counts| counts.requests > before).await;
    let left_at = world.simulator.now();
    waiting.abort();
    left_at
}
