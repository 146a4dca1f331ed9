//! A job's events as a stream.

use std::time::Duration;

use fourfold_domain::Poll;
use serde_json::json;
use tokio::time::Instant;

use crate::support::{Event, Events, House, outputs, running, task};

async fn follow(house: &House, id: &str) -> Events {
    house.get(&format!("/api/v1/jobs/{id}/events")).by("u1").events().await
}

/// The next event's name and id.
async fn next(events: &mut Events) -> (String, Option<String>) {
    let event = events.next().await.expect("the stream has ended");
    (event.name.unwrap(), event.id)
}

fn state(name: &str, version: u32) -> (String, Option<String>) {
    (format!("job.{name}"), Some(version.to_string()))
}

/// All states of a job that a vendor works on as a task.
fn states() -> Vec<(String, Option<String>)> {
    let names = ["queued", "starting", "running", "storing", "succeeded"];
    (1..).zip(names).map(|(version, name)| state(name, version)).collect()
}

/// Submits a job and brings it through all of them.
async fn done(house: &House) -> String {
    let id = house.submit("u1").await;
    house.vendor.will_start(Ok(task()));
    house.vendor.will_say(Ok(Poll::Done(outputs(&[("image/png", "abc")]))));
    house.bring_to_an_end(&id).await;
    id
}

#[tokio::test(start_paused = true)]
async fn the_present_state_comes_first_then_what_follows_until_the_end() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    let mut events = follow(&house, &id).await;
    assert_eq!(next(&mut events).await, state("queued", 1));
    house.vendor.will_start(Ok(task()));
    house.look(&id).await;
    assert_eq!(next(&mut events).await, state("starting", 2));
    assert_eq!(next(&mut events).await, state("running", 3));
    for progress in [40, 60] {
        house.vendor.will_say(running(progress));
        house.look(&id).await;
        let event = events.next().await.unwrap();
        assert_eq!((event.name.as_deref(), event.id), (Some("job.progress"), None));
        assert_eq!(event.data.unwrap()["progress"], progress);
    }
    house.vendor.will_say(Ok(Poll::Done(outputs(&[("image/png", "abc")]))));
    house.bring_to_an_end(&id).await;
    assert_eq!(events.rest().await, states()[3..]);
}

#[tokio::test(start_paused = true)]
async fn an_event_has_the_job_without_its_input() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    let Event { data, .. } = follow(&house, &id).await.next().await.unwrap();
    let mut job = house.get(&format!("/api/v1/jobs/{id}")).by("u1").ok(200).await;
    assert_eq!(job.as_object_mut().unwrap().remove("input"), Some(json!({"prompt": "a fox"})));
    assert_eq!(data.unwrap(), job);
}

#[tokio::test(start_paused = true)]
async fn who_comes_late_gets_the_final_state() {
    let house = House::new().await;
    let id = done(&house).await;
    let mut events = follow(&house, &id).await;
    let last = events.next().await.unwrap();
    assert_eq!((last.name.as_deref(), last.id.as_deref()), (Some("job.succeeded"), Some("5")));
    assert_eq!(last.data.unwrap()["artifacts"][0]["media_type"], "image/png");
    assert!(events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_misses_no_state() {
    let house = House::new().await;
    let id = done(&house).await;
    for seen in 0..=5 {
        let ask = house.get(&format!("/api/v1/jobs/{id}/events")).by("u1");
        let mut events = ask.header("last-event-id", seen.to_string()).events().await;
        assert_eq!(events.rest().await, states()[seen..], "after {seen}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_early_misses_no_state_either() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    house.vendor.will_start(Ok(task()));
    house.look(&id).await;
    let ask = house.get(&format!("/api/v1/jobs/{id}/events")).by("u1");
    let mut events = ask.header("last-event-id", "1").events().await;
    assert_eq!(next(&mut events).await, state("starting", 2));
    house.vendor.will_say(Ok(Poll::Done(outputs(&[("image/png", "abc")]))));
    house.bring_to_an_end(&id).await;
    assert_eq!(events.rest().await, states()[2..]);
}

#[tokio::test]
async fn the_last_id_is_one_of_the_job() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    for wrong in ["", "x", "-1", "1.0", "2", "99", "4294967296", "ü"] {
        let ask = house.get(&format!("/api/v1/jobs/{id}/events")).by("u1").header("last-event-id", wrong);
        ask.check(400, "malformed", Some("Last-Event-ID")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_says_every_15_seconds_that_it_lives() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    let mut events = follow(&house, &id).await;
    assert_eq!(next(&mut events).await, state("queued", 1));
    for _ in 0..3 {
        let began = Instant::now();
        let event = events.next().await.unwrap();
        assert!(event.is_comment, "{event:?}");
        assert_eq!((event.name, event.id, event.data), (None, None, None));
        assert_eq!(began.elapsed().as_secs(), 15);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_ends_the_stream() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    let mut events = follow(&house, &id).await;
    assert_eq!(next(&mut events).await, state("queued", 1));
    let stopping = house.state.stopping.clone();
    let stop = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stopping.cancel();
    };
    let (rest, ()) = tokio::join!(events.rest(), stop);
    assert_eq!(rest, []);
}

#[tokio::test]
async fn no_proxy_keeps_a_stream_back() {
    let house = House::new().await;
    let id = done(&house).await;
    let answer = house.get(&format!("/api/v1/jobs/{id}/events")).by("u1").answer().await;
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
}
