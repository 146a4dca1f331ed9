//! We stop, or die.

use rustix::process::Signal;

use super::money::Ending;
use super::routes::{cases, streams};
use super::world::{Going, Stalled, World};
use crate::support::Server;

#[tokio::test]
async fn a_server_that_dies_in_the_middle_gives_back_what_it_held() {
    let world = World::new();
    let server = world.home.start().await;
    let calls = all_stalled(&world, &server).await;
    server.kill().await.died_by(Signal::KILL);
    are_given_back(&world, calls).await;
}

#[tokio::test]
async fn what_a_server_that_stops_has_no_time_for_is_given_back() {
    let world = World::with(|home| home.with("FOURFOLD__SERVER__SHUTDOWN_TIMEOUT", "1s"));
    let server = world.home.start().await;
    let calls = all_stalled(&world, &server).await;
    server.stop().await;
    are_given_back(&world, calls).await;
}

#[tokio::test]
async fn a_server_that_stops_lets_answers_come_to_their_end() {
    let world = World::new();
    let server = world.home.start().await;
    let mut calls = Vec::new();
    for case in streams() {
        let answer = world.vendors_answer(&server, case).await;
        let told = case.route.vendor_wire.told(&answer);
        // About a second of it.
        world.fault(case, &format!("drip={}/20ms", answer.len().div_ceil(50)));
        let (asked, ask) = world.call(&server, case).await;
        let mut coming = ask.begin().await;
        coming.read_until(|read| !read.is_empty()).await;
        calls.push((asked, coming, told));
    }
    server.terminate();
    for (asked, coming, _) in &mut calls {
        assert!(coming.read_to_end().await, "{:?}", asked.case);
    }
    let ran = server.ended().await;
    assert_eq!(ran.code(), Some(0), "{ran:#?}");
    world.called_off(0).await;

    let server = world.home.start().await;
    for (asked, _, told) in calls {
        world.check(&server, &asked, Ending::Whole(told)).await;
    }
    world.is_clean().await;
}

async fn all_stalled(world: &World, server: &Server) -> Vec<Stalled> {
    let mut calls = Vec::new();
    for case in cases() {
        calls.push(world.stalled(server, case).await);
    }
    calls
}

/// The server is gone: the vendors were let go, the callers saw no end, and nobody paid.
async fn are_given_back(world: &World, calls: Vec<Stalled>) {
    world.called_off(calls.len() as u64).await;
    let server = world.home.start().await;
    for Stalled { asked, going, .. } in calls {
        match going {
            Going::Stream(mut coming) => {
                coming.read_to_end().await;
                assert!(!asked.case.route.wire.is_whole(&coming.read), "{:?}", asked.case);
            }
            Going::Plain(waiting) => {
                let answered = waiting.await.unwrap();
                assert!(answered.is_err() || answered.is_ok_and(|status| status >= 500), "{:?}", asked.case);
            }
        }
        world.check(&server, &asked, Ending::Interrupted).await;
    }
    world.is_clean().await;
}
