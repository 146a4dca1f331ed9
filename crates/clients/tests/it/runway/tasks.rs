use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fourfold_clients::runway::{RunwayApi, TaskStatus};
use fourfold_clients::{Wait, WaitError};
use fourfold_simulator::{Account, FILTERED, SimulatorSettings, Timings, Vendor};

use super::support::{WIRE, client_of, generation, simulated, simulated_with, waves};
use crate::support::{Reply, Server, check_kept};

fn at(status: &str, progress: f64) -> Reply {
    Reply::ok(format!(r#"{{"id":"task_1","status":"{status}","progress":{progress}}}"#))
}

/// A wait, and what it was told of how much is done.
fn wait() -> (Wait, Arc<Mutex<Vec<f64>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let teller = Arc::clone(&told);
    (Wait::default().on_progress(move |percent| teller.lock().unwrap().push(percent)), told)
}

/// Each task waits for 2 s and runs for 8 s.
fn slow() -> Timings {
    let (task_queued, task_running) = (Duration::from_secs(2), Duration::from_secs(8));
    Timings { task_queued, task_running, ..Timings::default() }
}

#[tokio::test]
async fn a_task_is_looked_at_and_cancelled_as_recorded() {
    let recorded = include_str!("wire/get_generation_status.response.json");
    let server = Server::start([Reply::ok(recorded), Reply::status(204, &[], "")]).await;
    let client = client_of(&server);
    let task = client.get_generation_status("a/b").await.unwrap();
    client.cancel_generation("a/b").await.unwrap();
    let received = server.received();
    WIRE.check_asked(&received[0], "GET /v1/tasks/a%2Fb");
    WIRE.check_asked(&received[1], "DELETE /v1/tasks/a%2Fb");
    check_kept(&task, recorded);
    assert_eq!(task.status, Some(TaskStatus::Succeeded));
    assert_eq!(task.cost.unwrap().credits.to_string(), "12.5");
}

#[tokio::test(start_paused = true)]
async fn waiting_tells_how_much_is_done_and_survives_looks_that_fail() {
    let looks = [at("THROTTLED", 0.0), at("RUNNING", 0.5), at("NOVEL", 0.75), at("SUCCEEDED", 1.0)];
    let server = Server::start(looks).await;
    let (wait, told) = wait();
    let task = client_of(&server).wait_for_completion("task_1", &wait).await.unwrap();
    assert_eq!(task.status, Some(TaskStatus::Succeeded));
    assert_eq!(*told.lock().unwrap(), [0.0, 50.0, 75.0]);
    // One look and its retries fail; the next one doesn't.
    server.push((0..4).map(|_| Reply::status(500, &[], "")).chain([at("SUCCEEDED", 1.0)]));
    client_of(&server).wait_for_completion("task_1", &wait).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_task_is_looked_at_every_6_s_and_never_more_often_than_every_5_s() {
    for (wait, seconds) in [(Wait::default(), 6), (Wait::default().interval(Duration::from_secs(1)), 5)] {
        let server = Server::start([at("PENDING", 0.0), at("SUCCEEDED", 1.0)]).await;
        client_of(&server).wait_for_completion("task_1", &wait).await.unwrap();
        let times = server.times();
        assert_eq!((times[1] - times[0]).as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_failed_is_not_repeated_before_the_vendor_wants_it() {
    let busy = Reply::status(429, &[("Retry-After", "400")], "");
    let server = Server::start([busy, at("SUCCEEDED", 1.0)]).await;
    client_of(&server).wait_for_completion("task_1", &Wait::default()).await.unwrap();
    let times = server.times();
    assert_eq!((times[1] - times[0]).as_secs(), 400);
}

#[tokio::test(start_paused = true)]
async fn the_simulator_holds_a_task_back_and_the_wait_goes_on() {
    let account = Account { credits: 50, generations_at_once: 1, generations_daily: 2 };
    let accounts = BTreeMap::from([(Vendor::Runway, account)]);
    let settings = SimulatorSettings { accounts, timings: slow(), ..SimulatorSettings::default() };
    let (_simulator, client) = simulated_with(settings);
    client.create_generation(&generation()).await.unwrap();
    let id = client.create_generation(&generation()).await.unwrap().id;
    let task = client.get_generation_status(&id).await.unwrap();
    assert_eq!(task.status, Some(TaskStatus::Throttled));
    let (wait, told) = wait();
    let task = client.wait_for_completion(&id, &wait).await.unwrap();
    assert_eq!((task.output.unwrap().len(), task.cost.unwrap().credits.as_u64()), (1, Some(25)));
    // It is let go after 10 s, and then looked at after 12 s and 18 s.
    let told: Vec<_> = told.lock().unwrap().iter().map(|percent| percent.round()).collect();
    assert_eq!(told, [0.0, 75.0]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_too_early_has_the_id_to_wait_on_by() {
    let (simulator, client) = simulated();
    simulator.set_timings(slow());
    let id = client.create_generation(&generation()).await.unwrap().id;
    let wait = Wait::default().deadline(Duration::from_secs(7));
    let error = client.wait_for_completion(&id, &wait).await.unwrap_err();
    assert!(matches!(error, WaitError::StillRunning { id: left } if left == id));
    client.wait_for_completion(&id, &wait).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_dropped_looks_no_more() {
    let server = Server::start([at("PENDING", 0.0)]).await;
    let client = client_of(&server);
    let wait = Wait::default();
    let waiting = client.wait_for_completion("task_1", &wait);
    assert!(tokio::time::timeout(Duration::from_secs(1), waiting).await.is_err());
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_task_that_failed_was_cancelled_or_is_unknown_ends_the_wait() {
    let (simulator, client) = simulated();
    let wait = Wait::default();
    let caught = client.create_generation(&waves().prompt_text(FILTERED).into()).await.unwrap().id;
    simulator.fault("POST /runway/v1/*", "task=fail; code=CANCELLED").unwrap();
    let cancelled = client.create_generation(&generation()).await.unwrap().id;
    for (id, expected) in [(caught, "SAFETY.INPUT.TEXT"), (cancelled, "CANCELLED")] {
        match client.wait_for_completion(&id, &wait).await.unwrap_err() {
            WaitError::Failed { code, .. } => assert_eq!(code.as_deref(), Some(expected)),
            other => panic!("{other:?}"),
        }
    }
    match client.wait_for_completion("task_none", &wait).await.unwrap_err() {
        WaitError::Look { source, .. } => assert_eq!(source.status().unwrap().as_u16(), 404),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_the_vendor_says_of_a_failure_is_not_shown() {
    let failed =
        r#"{"id":"task_1","status":"FAILED","failure":"A secret.","failureCode":"SAFETY.INPUT.TEXT"}"#;
    let server = Server::start([Reply::ok(failed)]).await;
    let error = client_of(&server).wait_for_completion("task_1", &Wait::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "task_1 failed with code SAFETY.INPUT.TEXT");
    assert_eq!(format!("{error:?}"), r#"Failed { id: "task_1", code: Some("SAFETY.INPUT.TEXT"), .. }"#);
    assert!(matches!(error, WaitError::Failed { message: Some(message), .. } if message == "A secret."));
}

#[tokio::test]
async fn a_cancelled_task_is_unknown() {
    let (simulator, client) = simulated();
    simulator.set_timings(slow());
    let mut ids = Vec::new();
    for _ in ["over", "running", "waiting"] {
        simulator.advance(Duration::from_secs(5));
        ids.push(client.create_generation(&generation()).await.unwrap().id);
    }
    for id in ids {
        client.cancel_generation(&id).await.unwrap();
        for error in [
            client.get_generation_status(&id).await.unwrap_err(),
            client.cancel_generation(&id).await.unwrap_err(),
        ] {
            assert_eq!(error.status().unwrap().as_u16(), 404);
            assert_eq!(error.message(), Some("Could not find Task"));
        }
    }
    // Only what waited was given back.
    let balance = client.organization().await.unwrap().credit_balance;
    assert_eq!(balance, 10_000_000 - 2 * 25);
}
