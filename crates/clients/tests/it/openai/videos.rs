use std::sync::{Arc, Mutex};
use std::time::Duration;

use fourfold_clients::File;
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::{OpenAiApi, Video, VideoPage, VideoRequest, VideoStatus, VideoVariant};
use fourfold_clients::{Wait, WaitError};
use fourfold_simulator::{FILTERED, Timings};
use futures_util::TryStreamExt;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

fn waves() -> VideoRequest {
    VideoRequest::new("waves").model("sora-2").seconds("4")
}

/// Looks often, and is told how much is done.
fn wait() -> (Wait, Arc<Mutex<Vec<f64>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let teller = Arc::clone(&told);
    let wait = Wait::default().on_progress(move |percent| teller.lock().unwrap().push(percent));
    (wait.interval(Duration::from_secs(1)).deadline(Duration::from_secs(60)), told)
}

fn at(status: &str, progress: u8) -> Reply {
    Reply::ok(format!(r#"{{"id":"video_1","status":"{status}","progress":{progress}}}"#))
}

#[tokio::test]
async fn a_video_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/generate_video.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let reference = File::new("sea.png", "image/png", "PNG");
    let request = waves().size("1280x720").input_reference(reference);
    let video = client_of(&server).generate_video(&request).await.unwrap();
    WIRE.check_sent_form(
        &server.only_received(),
        "POST /v1/videos",
        include_str!("wire/generate_video.request.txt"),
    );
    check_kept(&video, recorded);
    assert_eq!(video.status, Some(VideoStatus::Queued));
}

#[test]
fn seconds_may_be_a_number() {
    let video: Video = serde_json::from_str(r#"{"id":"video_1","seconds":8}"#).unwrap();
    assert_eq!(video.seconds.as_deref(), Some("8"));
}

#[tokio::test]
async fn what_is_done_with_a_video_is_asked_for_and_read_as_recorded() {
    let video = include_str!("wire/generate_video.response.json");
    let list = include_str!("wire/list_videos.response.json");
    let deleted = include_str!("wire/delete_video.response.json");
    let server = Server::start([video, video, list, deleted, "MP4"].map(Reply::ok)).await;
    let client = client_of(&server);
    check_kept(&client.remix_video("a/b", "more waves").await.unwrap(), video);
    check_kept(&client.get_video("a/b").await.unwrap(), video);
    let page = VideoPage { limit: Some(5), after: Some("a/b".to_owned()), is_ascending: true };
    check_kept(&client.list_videos(&page).await.unwrap(), list);
    check_kept(&client.delete_video("a/b").await.unwrap(), deleted);
    let media = client.download_video("a/b", &VideoVariant::Thumbnail).await.unwrap();
    assert_eq!(media.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap().concat(), b"MP4");
    let received = server.received();
    WIRE.check_sent(&received[0], "POST /v1/videos/a%2Fb/remix", r#"{"prompt":"more waves"}"#);
    WIRE.check_asked(&received[1], "GET /v1/videos/a%2Fb");
    WIRE.check_asked(&received[2], "GET /v1/videos?limit=5&after=a%2Fb&order=asc");
    WIRE.check_asked(&received[3], "DELETE /v1/videos/a%2Fb");
    WIRE.check_asked(&received[4], "GET /v1/videos/a%2Fb/content?variant=thumbnail");
}

#[tokio::test]
async fn the_simulator_makes_a_video_that_can_be_had_and_deleted() {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { link_redirects: 1, ..Timings::default() });
    let id = client.generate_video(&waves()).await.unwrap().id;
    let video = client.wait_for_video(&id, &Wait::default()).await.unwrap();
    assert_eq!(video.status, Some(VideoStatus::Completed));
    let media = client.download_video(&id, &VideoVariant::Video).await.unwrap();
    assert_eq!(media.media_type.as_deref(), Some("video/mp4"));
    let film: Vec<_> = media.body.into_data_stream().try_collect().await.unwrap();
    assert_eq!(film.concat()[4..8], *b"ftyp");
    let remixed = client.remix_video(&id, "more waves").await.unwrap();
    assert_eq!(remixed.remixed_from_video_id.as_deref(), Some(&*id));
    assert_eq!(client.list_videos(&VideoPage::default()).await.unwrap().data.len(), 2);
    assert_eq!(client.delete_video(&id).await.unwrap().deleted, Some(true));
    assert_eq!(client.get_video(&id).await.unwrap_err().status().unwrap().as_u16(), 404);
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn waiting_tells_how_much_is_done_and_survives_looks_that_fail() {
    let looks = [at("queued", 0), at("in_progress", 50), at("novel", 60), at("completed", 100)];
    let server = Server::start(looks).await;
    let (wait, told) = wait();
    let video = client_of(&server).wait_for_video("video_1", &wait).await.unwrap();
    assert_eq!(
        (video.status, told.lock().unwrap().as_slice()),
        (Some(VideoStatus::Completed), &[0.0, 50.0, 60.0][..])
    );
    // One look and its retries fail; the next one doesn't.
    server.push((0..4).map(|_| Reply::status(500, &[], "")).chain([at("completed", 100)]));
    client_of(&server).wait_for_video("video_1", &wait).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_look_that_is_no_answer_at_all_may_be_followed_by_one() {
    let odd = [Reply::ok("<html>"), Reply::status(520, &[], ""), at("completed", 100)];
    let server = Server::start(odd).await;
    client_of(&server).wait_for_video("video_1", &wait().0).await.unwrap();
    // Three in a row are how it will go on.
    let server = Server::start((0..3).map(|_| Reply::ok("<html>"))).await;
    let error = client_of(&server).wait_for_video("video_1", &wait().0).await.unwrap_err();
    assert!(matches!(error, WaitError::Look { source, .. } if source.kind() == ErrorKind::Decode));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_too_early_has_the_id_to_wait_on_by() {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { task_queued: Duration::from_secs(600), ..Timings::default() });
    let id = client.generate_video(&waves()).await.unwrap().id;
    let error = client.wait_for_video(&id, &wait().0).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{id} is still running"));
    assert!(matches!(error, WaitError::StillRunning { id: left } if left == id));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_dropped_looks_no_more() {
    let server = Server::start([at("queued", 0)]).await;
    let client = client_of(&server);
    let (wait, _) = wait();
    let dropped =
        tokio::time::timeout(Duration::from_millis(500), client.wait_for_video("video_1", &wait)).await;
    assert!(dropped.is_err());
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_video_that_failed_or_is_unknown_ends_the_wait() {
    let (_simulator, client) = simulated();
    let id = client.generate_video(&VideoRequest::new(FILTERED)).await.unwrap().id;
    match client.wait_for_video(&id, &Wait::default()).await.unwrap_err() {
        WaitError::Failed { code, .. } => assert_eq!(code.as_deref(), Some("moderation_blocked")),
        other => panic!("{other:?}"),
    }
    match client.wait_for_video("video_none", &Wait::default()).await.unwrap_err() {
        WaitError::Look { source, .. } => assert_eq!(source.status().unwrap().as_u16(), 404),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_size_that_is_unknown_is_an_error() {
    let (simulator, client) = simulated();
    let error = client.generate_video(&waves().size("1x1")).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Status, Effect::NotStarted));
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn a_video_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=504; accept", "malformed"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /openai/v1/videos", fault).unwrap();
        check_paid_once(&simulator, client.generate_video(&waves()).await);
    }
    let (simulator, client) = simulated();
    let id = client.generate_video(&waves()).await.unwrap().id;
    simulator.fault("POST /openai/v1/videos/{id}/remix", "lose").unwrap();
    client.remix_video(&id, "more waves").await.unwrap_err();
    assert_eq!((simulator.received().len(), simulator.paid_tasks().len()), (2, 2));
}
