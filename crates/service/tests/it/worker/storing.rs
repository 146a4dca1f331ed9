//! Results on their way to the store, and a store that has no room for them.

use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::{Effect, JobState, Poll, Reason, Started};
use fourfold_service::credits::EntryKind;
use fourfold_service::jobs::AttemptState as A;
use fourfold_service::ports::AccountStore as _;
use fourfold_service::testing::account_subject;
use futures_util::stream;

use super::house::{House, attempts, error};
use super::leases::PausedClock;
use super::script::{MockMaker, at_links, failure, fetched, here, task, vendor};

#[tokio::test]
async fn what_can_be_fetched_again_is_stored_when_there_is_room() {
    let maker = MockMaker::starting([Ok(Started::Done(at_links(2)))]).fetching(4);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(2).await;
    house.storage.refuse(2);
    for seconds in [2, 4] {
        house.look(job).await;
        house.check(job, JobState::Storing, "0").await;
        assert_eq!(house.due_in(job).await, Duration::from_secs(seconds));
    }
    let view = house.look(job).await;
    house.check(job, JobState::Succeeded, "0.08").await;
    assert_eq!((view.artifacts.len(), attempts(&view)), (2, vec![("acme", A::Succeeded)]));
}

#[tokio::test]
async fn what_a_poll_brought_is_polled_for_again() {
    let maker =
        MockMaker::starting([Ok(task(0))]).polling([Ok(Poll::Done(here(1))), Ok(Poll::Done(here(1)))]);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.storage.refuse(1);
    house.look(job).await;
    house.look(job).await;
    house.check(job, JobState::Running, "0").await;
    house.look(job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
}

#[tokio::test(start_paused = true)]
async fn what_came_at_once_is_kept_until_there_is_room() {
    let maker = MockMaker::starting([Ok(Started::Done(here(2)))]);
    let house = House::with(PausedClock::plan(), [vendor("acme", maker)]).await;
    let job = house.submit(2).await;
    house.storage.refuse(3);
    house.worker.look_at(job).await;
    house.check(job, JobState::Succeeded, "0.08").await;
}

#[tokio::test(start_paused = true)]
async fn what_came_at_once_and_finds_no_room_until_the_deadline_is_lost_and_free() {
    let maker = MockMaker::starting([Ok(Started::Done(here(1)))]);
    let house = House::with(PausedClock::plan(), [vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.storage.refuse(u32::MAX);
    house.worker.look_at(job).await;
    let view = house.view(job).await;
    house.check(job, JobState::Failed, "0").await;
    assert_eq!((error(&view), view.artifacts.len()), (Some("storage_failed"), 0));
    assert_eq!(attempts(&view), [("acme", A::Lost)]);
    let account = house.store.account(&account_subject("u1")).await.unwrap().unwrap();
    let entries = house.store.entries(account.id, None, 10).await.unwrap();
    let losses = entries.iter().filter(|entry| entry.kind == EntryKind::Loss);
    assert_eq!(losses.map(|entry| entry.amount.to_string()).collect::<Vec<_>>(), ["-0.04"]);
}

#[tokio::test]
async fn a_download_that_breaks_off_is_tried_again() {
    let mut maker = MockMaker::starting([Ok(Started::Done(at_links(1)))]);
    let broken = || failure(Reason::Unavailable, Effect::Started);
    maker.expect_fetch().times(1).returning(move |_| Err(broken()));
    maker.expect_fetch().times(1).returning(move |_| {
        let parts = [Ok(Bytes::from_static(b"half")), Err(broken())];
        Ok(Box::pin(stream::iter(parts)))
    });
    maker.expect_fetch().times(1).returning(|output| Ok(fetched(output)));
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    for _ in 0..2 {
        house.look(job).await;
        house.check(job, JobState::Storing, "0").await;
    }
    let view = house.look(job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
    assert_eq!(house.picture(&view.artifacts[0].object).await, "picture at https://vendor.example/0.png");
}

#[tokio::test]
async fn a_store_that_is_full_until_the_deadline_ends_the_job_without_a_charge() {
    let mut maker = MockMaker::starting([Ok(Started::Done(at_links(1)))]);
    maker.expect_fetch().returning(|output| Ok(fetched(output)));
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.storage.refuse(u32::MAX);
    house.look(job).await;
    house.clock.advance(Duration::from_secs(60 * 60));
    let view = house.look(job).await;
    house.check(job, JobState::Expired, "0").await;
    assert_eq!(view.artifacts.len(), 0);
}

#[tokio::test]
async fn a_vendors_word_for_what_a_result_is_is_kept_only_where_it_can_be_written() {
    let long = format!("image/{}", "x".repeat(200));
    for (told, kept) in [
        ("audio/L16; rate=24000", "audio/L16; rate=24000"),
        ("image/p\u{0}ng", "application/octet-stream"),
        ("image/png\r\nset-cookie: a", "application/octet-stream"),
        ("image/狐", "application/octet-stream"),
        ("png", "application/octet-stream"),
        (long.as_str(), "application/octet-stream"),
    ] {
        let mut outputs = here(1);
        outputs.items[0].media_type = told.to_owned();
        let maker = MockMaker::starting([Ok(Started::Done(outputs))]);
        let house = House::new([vendor("acme", maker)]).await;
        let job = house.submit(1).await;
        let view = house.look(job).await;
        house.check(job, JobState::Succeeded, "0.04").await;
        assert_eq!(view.artifacts[0].object.media_type, kept);
    }
}
