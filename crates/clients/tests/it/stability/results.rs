use std::time::Duration;

use fourfold_clients::http::{BreakerState, Effect, ErrorKind};
use fourfold_clients::stability::{
    CreativeUpscaleRequest, FinishReason, ImageTaskRequest, RelightRequest, StabilityApi, StabilityClient,
    TaskResult, TaskStatus,
};
use fourfold_clients::{Wait, WaitError};
use fourfold_simulator::{FILTERED, Simulator, Timings, Vendor};
use http::StatusCode;

use super::support::{WIRE, client, client_of, picture_reply, read, simulated, sized_picture};
use crate::support::{Reply, Server, check_kept};

const RESULTS: &str = "GET /stability/v2beta/results/*";

fn upscale(prompt: &str) -> ImageTaskRequest {
    ImageTaskRequest::UpscaleCreative(CreativeUpscaleRequest::new(sized_picture(64, 64), prompt))
}

fn running() -> Reply {
    Reply::status(202, &[], r#"{"id":"a1","status":"in-progress"}"#)
}

fn failed(status: u16, name: &str) -> Reply {
    Reply::status(status, &[], format!(r#"{{"id":"e1","name":"{name}","errors":["No."]}}"#))
}

/// Waits for a minute and a half at most, and would look more often than the vendor wants.
fn wait() -> Wait {
    Wait::default().interval(Duration::from_secs(1)).deadline(Duration::from_secs(90))
}

/// A simulator whose tasks take this long, and the id of one.
async fn started(running: Duration) -> (Simulator, StabilityClient, String) {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { task_running: running, ..Timings::default() });
    let id = client.start_image(&upscale("a fox")).await.unwrap().id;
    (simulator, client, id)
}

#[tokio::test]
async fn results_are_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/get_result.response.json");
    let replies = || [Reply::status(202, &[], recorded), picture_reply()];
    let server = Server::start([replies(), replies(), replies()].into_iter().flatten()).await;
    let client = client_of(&server);
    let looks = [
        [client.get_result("a/b").await, client.get_result("a/b").await],
        [client.get_audio_result("a/b").await, client.get_audio_result("a/b").await],
        [client.get_video_result("a/b").await, client.get_video_result("a/b").await],
    ];
    for [running, done] in looks {
        let TaskResult::Running(task) = running.unwrap() else { panic!("over already") };
        check_kept(&task, recorded);
        assert_eq!(task.status, Some(TaskStatus::InProgress));
        let TaskResult::Done(generated) = done.unwrap() else { panic!("not over") };
        assert_eq!((&generated.finish_reason, generated.seed), (&Some(FinishReason::Success), Some(7)));
        assert_eq!(read(generated).await.unwrap(), b"PNG");
    }
    let received = server.received();
    for (received, (line, accept)) in received.iter().step_by(2).zip([
        ("GET /v2beta/results/a%2Fb", "*/*"),
        ("GET /v2beta/audio/results/a%2Fb", "audio/*"),
        ("GET /v2beta/image-to-video/result/a%2Fb", "video/*"),
    ]) {
        WIRE.check_asked(received, line);
        assert_eq!(received.header("accept"), Some(accept));
    }
}

#[tokio::test]
async fn what_is_said_of_running_work_must_be_short_json() {
    let long = format!(r#"{{"id":"{}"}}"#, "a".repeat(70_000));
    for (body, kind) in [("soon", ErrorKind::Decode), (&long, ErrorKind::TooLarge)] {
        let server = Server::start([Reply::status(202, &[("x-request-id", "r1")], body)]).await;
        let error = client_of(&server).get_result("a1").await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, Effect::Started));
        assert_eq!((error.status(), error.request_id()), (Some(StatusCode::ACCEPTED), Some("r1")));
    }
}

#[tokio::test]
async fn the_simulator_works_for_a_while() {
    let (simulator, client, id) = started(Duration::from_secs(30)).await;
    let TaskResult::Running(task) = client.get_result(&id).await.unwrap() else { panic!("over already") };
    assert_eq!(task.id, id);
    simulator.advance(Duration::from_secs(30));
    let TaskResult::Done(generated) = client.get_result(&id).await.unwrap() else { panic!("not over") };
    assert_eq!(generated.finish_reason, Some(FinishReason::Success));
    assert!(read(generated).await.unwrap().starts_with(b"\x89PNG"));
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test]
async fn a_result_is_unknown_to_other_keys_and_after_a_day() {
    let (simulator, client, id) = started(Duration::ZERO).await;
    let base_url = simulator.base_url(Vendor::Stability);
    let builder = StabilityClient::builder(&base_url, "sk-other".to_owned().into());
    let other = StabilityClient::new(builder.build().unwrap());
    simulator.advance(Duration::from_secs(60));
    let not_mine = other.get_result(&id).await.unwrap_err();
    client.get_result(&id).await.unwrap();
    simulator.advance(Duration::from_secs(24 * 60 * 60));
    for error in [not_mine, client.get_result(&id).await.unwrap_err()] {
        assert_eq!((error.status().unwrap().as_u16(), error.code()), (404, Some("not_found")));
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_looks_once_in_10_seconds_until_there_is_the_result() {
    let server = Server::start([running(), running(), picture_reply()]).await;
    let generated = client_of(&server).wait_for_result("a1", &wait()).await.unwrap();
    assert_eq!(read(generated).await.unwrap(), b"PNG");
    let times = server.times();
    assert_eq!([(times[1] - times[0]).as_secs(), (times[2] - times[1]).as_secs()], [10, 10]);
}

#[tokio::test(start_paused = true)]
async fn waiting_survives_looks_that_fail() {
    let (simulator, client, id) = started(Duration::from_secs(60)).await;
    for fault in ["lose; times=1", "status=503; times=1", "status=429; times=1", "status=500; times=2"] {
        simulator.fault(RESULTS, fault).unwrap();
    }
    let generated = client.wait_for_result(&id, &wait()).await.unwrap();
    assert!(read(generated).await.unwrap().starts_with(b"\x89PNG"));
    // What began it, six looks until a minute is over, and the last.
    assert_eq!(simulator.received().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn looks_that_fail_inside_end_the_wait_only_in_a_row() {
    let inside = || failed(500, "internal_error");
    let replies = [inside(), inside(), running(), inside(), inside(), picture_reply()];
    let server = Server::start(replies).await;
    client_of(&server).wait_for_result("a1", &wait()).await.unwrap();
    let away = || failed(503, "unavailable");
    let server = Server::start([inside(), away(), inside(), away(), inside(), picture_reply()]).await;
    client_of(&server).wait_for_result("a1", &wait()).await.unwrap();
    let server = Server::start([inside(), inside(), inside()]).await;
    match client_of(&server).wait_for_result("a1", &wait()).await.unwrap_err() {
        WaitError::Failed { id, code, message } => {
            assert_eq!((id.as_str(), code.as_deref()), ("a1", Some("internal_error")));
            assert_eq!(message.as_deref(), Some("No."));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn work_that_is_refused_has_failed_and_a_key_that_is_refused_has_not_looked() {
    for (status, name) in [(403, "content_moderation"), (422, "invalid_language")] {
        let server = Server::start([failed(status, name)]).await;
        match client_of(&server).wait_for_result("a1", &wait()).await.unwrap_err() {
            WaitError::Failed { code, .. } => assert_eq!(code.as_deref(), Some(name)),
            other => panic!("{other:?}"),
        }
    }
    for (status, name) in
        [(400, "bad_request"), (401, "unauthorized"), (403, "permission_denied"), (404, "not_found")]
    {
        let server = Server::start([failed(status, name)]).await;
        match client_of(&server).wait_for_result("a1", &wait()).await.unwrap_err() {
            WaitError::Look { source, .. } => assert_eq!(source.code(), Some(name)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_simulators_work_may_fail_or_be_filtered() {
    for (fault, expected) in [
        ("task=fail; code=content_moderation; times=1", "content_moderation"),
        ("task=fail; times=1", "internal_error"),
    ] {
        let (simulator, client) = simulated();
        simulator.fault("POST /stability/v2beta/*", fault).unwrap();
        let id = client.start_image(&upscale("a fox")).await.unwrap().id;
        match client.wait_for_result(&id, &wait()).await.unwrap_err() {
            WaitError::Failed { code, .. } => assert_eq!(code.as_deref(), Some(expected)),
            other => panic!("{other:?}"),
        }
    }
    let (_simulator, client) = simulated();
    let relight = RelightRequest::new(sized_picture(64, 64)).background_prompt(FILTERED);
    let request = ImageTaskRequest::ReplaceBackgroundAndRelight(relight);
    let id = client.start_image(&request).await.unwrap().id;
    let generated = client.wait_for_result(&id, &wait()).await.unwrap();
    assert_eq!(generated.finish_reason, Some(FinishReason::ContentFiltered));
}

#[tokio::test]
async fn work_that_failed_leaves_the_breaker_closed() {
    let (simulator, client) = simulated();
    simulator.fault("POST /stability/v2beta/*", "task=fail").unwrap();
    let id = client.start_image(&upscale("a fox")).await.unwrap().id;
    for _ in 0..10 {
        assert_eq!(client.get_result(&id).await.unwrap_err().code(), Some("internal_error"));
    }
    assert_eq!(client.http().breaker_state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_too_early_has_the_id_to_wait_on_by() {
    let (_simulator, client, id) = started(Duration::from_secs(120)).await;
    let error = client.wait_for_result(&id, &wait()).await.unwrap_err();
    assert!(matches!(error, WaitError::StillRunning { id: left } if left == id));
    client.wait_for_result(&id, &wait()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_dropped_looks_no_more() {
    let server = Server::start([running()]).await;
    let client = client(&server.url());
    let wait = wait();
    let dropped = tokio::time::timeout(Duration::from_secs(5), client.wait_for_result("a1", &wait)).await;
    assert!(dropped.is_err());
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_result_that_is_cut_ends_with_an_error_and_can_be_had_again() {
    let (simulator, client, id) = started(Duration::ZERO).await;
    simulator.fault(RESULTS, "cut=20; times=1").unwrap();
    let generated = client.wait_for_result(&id, &wait()).await.unwrap();
    assert_eq!(read(generated).await.unwrap_err().kind(), ErrorKind::Interrupted);
    let TaskResult::Done(generated) = client.get_result(&id).await.unwrap() else { panic!("not over") };
    assert!(read(generated).await.unwrap().starts_with(b"\x89PNG"));
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn sound_is_waited_for_at_its_own_route_as_recorded() {
    let recorded = include_str!("wire/get_result.response.json");
    let server = Server::start([Reply::status(202, &[], recorded), picture_reply()]).await;
    let generated = client_of(&server).wait_for_audio_result("a/b", &wait()).await.unwrap();
    assert_eq!(read(generated).await.unwrap(), b"PNG");
    for received in server.received() {
        WIRE.check_asked(&received, "GET /v2beta/audio/results/a%2Fb");
        assert_eq!(received.header("accept"), Some("audio/*"));
    }
}
