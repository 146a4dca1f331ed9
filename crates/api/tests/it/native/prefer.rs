//! `Prefer: wait`.

use std::time::Duration;

use fourfold_domain::Started;
use fourfold_service::Spawner;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::support::{House, new_job, outputs};

#[tokio::test(start_paused = true)]
async fn who_waits_gets_the_job_once_it_is_final() {
    let house = House::new().await;
    house.vendor.will_start(Ok(Started::Done(outputs(&[("image/png", "abc")]))));
    let spawner = Spawner::new(Handle::current());
    house.worker.start(&spawner);
    let ask = house.post("/api/v1/jobs", new_job()).by("u1").header("prefer", "wait=30");
    let job = ask.ok(200).await;
    assert_eq!((job["state"].as_str(), job["artifacts"][0]["index"].as_u64()), (Some("succeeded"), Some(0)));
    assert!(spawner.stop(Duration::from_secs(60)).await);
}

/// Fails unless a job that nobody works on is answered 202 after so many seconds.
async fn check(prefer: &str, seconds: u64) {
    let house = House::new().await;
    let began = Instant::now();
    let job = house.post("/api/v1/jobs", new_job()).by("u1").header("prefer", prefer).ok(202).await;
    assert_eq!(job["state"], "queued");
    assert_eq!(began.elapsed().as_secs(), seconds, "{prefer}");
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_gets_the_job_as_it_is() {
    check("wait=0", 0).await;
    check("wait=5", 5).await;
    check("wait=60", 60).await;
    check("wait=3600", 60).await;
    check("Wait=\"5\"", 5).await;
    check("respond-async, wait=5", 5).await;
    check("wait=5; foo", 5).await;
    check("respond-async", 0).await;
}

#[tokio::test]
async fn a_wait_is_whole_seconds() {
    let house = House::new().await;
    for wrong in ["wait=", "wait=x", "wait=-1", "wait=1.5", "wait=99999999999999999999"] {
        let ask = house.post("/api/v1/jobs", new_job()).by("u1").header("prefer", wrong);
        ask.check(400, "malformed", Some("Prefer")).await;
    }
    assert_eq!(house.get("/api/v1/credits").by("u1").ok(200).await["held"], "0");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_keeps_nobody_waiting() {
    let house = House::new().await;
    let began = Instant::now();
    let stopping = house.state.stopping.clone();
    let ask = house.post("/api/v1/jobs", new_job()).by("u1").header("prefer", "wait=60");
    let stop = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        stopping.cancel();
    };
    let (job, ()) = tokio::join!(ask.ok(202), stop);
    assert_eq!((job["state"].as_str(), began.elapsed().as_secs()), (Some("queued"), 3));
}
