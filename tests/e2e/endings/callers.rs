//! The caller leaves.

use super::money::Ending;
use super::routes::{cases, streams};
use super::world::World;

#[tokio::test]
async fn who_leaves_before_the_first_byte_pays_for_the_input() {
    let world = World::new();
    let server = world.home.start().await;
    for (before, case) in (0..).zip(cases()) {
        let call = world.unanswered(&server, case).await;
        call.going.leave();
        world.called_off(before + 1).await;
        world.check(&server, &call.asked, call.if_left).await;
    }
    world.is_clean().await;
}

#[tokio::test]
async fn who_leaves_in_the_middle_pays_for_the_input_and_what_was_delivered() {
    let world = World::new();
    let server = world.home.start().await;
    for (before, case) in (0..).zip(streams()) {
        let call = world.stalled(&server, case).await;
        call.going.leave();
        world.called_off(before + 1).await;
        world.check(&server, &call.asked, call.if_left).await;
    }
    world.is_clean().await;
}

#[tokio::test]
async fn who_leaves_after_the_last_byte_pays_what_the_vendor_tells() {
    let world = World::new();
    let server = world.home.start().await;
    for case in cases() {
        let (asked, ask) = world.call(&server, case).await;
        let mut coming = ask.begin().await;
        assert!(coming.read_to_end().await && coming.status == 200, "{case:?}");
        drop(coming);
        let told = case.route.vendor_wire.told(&world.last_answer());
        world.check(&server, &asked, Ending::Whole(told)).await;
    }
    world.called_off(0).await;
    world.is_clean().await;
}
