//! The vendor dies.

use super::money::Ending;
use super::routes::{Case, cases, streams};
use super::wires::Wire;
use super::world::World;
use crate::support::Server;

#[tokio::test]
async fn a_vendor_that_dies_before_it_answers_isnt_paid_for() {
    let world = World::new();
    let server = world.home.start().await;
    for case in cases() {
        world.fault(case, "lose");
        let (asked, ask) = world.call(&server, case).await;
        let answer = ask.send().await;
        assert_eq!((answer.status, answer.header("x-should-retry")), (502, "false"), "{case:?}");
        world.check(&server, &asked, Ending::Released).await;
    }
    world.is_clean().await;
}

#[tokio::test]
async fn a_vendor_that_dies_in_the_middle_is_paid_for_what_was_delivered() {
    let world = World::new();
    let server = world.home.start().await;
    for case in cases() {
        let answer = world.vendors_answer(&server, case).await;
        let cut_at = if case.is_stream { case.route.vendor_wire.half(&answer) } else { answer.len() / 2 };
        breaks_off(&world, &server, case, &answer[..cut_at]).await;
    }
    world.is_clean().await;
}

#[tokio::test]
async fn a_vendor_that_dies_once_it_told_its_usage_is_paid_for_what_came_out() {
    let world = World::new();
    let server = world.home.start().await;
    for case in streams() {
        let answer = world.vendors_answer(&server, case).await;
        let cut_at = case.route.vendor_wire.before_last(&answer);
        breaks_off(&world, &server, case, &answer[..cut_at]).await;
    }
    world.is_clean().await;
}

/// The vendor dies after this: the caller sees an error and no end, and pays for what he was sent.
async fn breaks_off(world: &World, server: &Server, case: Case, sent: &[u8]) {
    world.fault(case, &format!("cut={}", sent.len()));
    let (asked, ask) = world.call(server, case).await;
    let mut coming = ask.begin().await;
    let has_end = coming.read_to_end().await;
    let (wire, vendor_wire) = (case.route.wire, case.route.vendor_wire);
    let ending = if !case.is_stream {
        assert_eq!((coming.status, has_end), (502, true), "{case:?}");
        Ending::Released
    } else {
        assert_eq!(coming.status, 200, "{case:?}");
        assert!(!wire.is_whole(&coming.read), "{case:?}");
        // A sound has no place for an error but its connection.
        let tells = if wire == Wire::Speech { !has_end } else { has_end && wire.tells_error(&coming.read) };
        assert!(tells, "{case:?}: {}", String::from_utf8_lossy(&coming.read));
        let said_bytes = vendor_wire.said_bytes(sent);
        assert_eq!(
            wire.said_bytes(&coming.read),
            said_bytes - usize::from(wire == Wire::Speech),
            "{case:?}: what came is passed on"
        );
        Ending::Broken(said_bytes, vendor_wire.told(sent))
    };
    world.check(server, &asked, ending).await;
}
