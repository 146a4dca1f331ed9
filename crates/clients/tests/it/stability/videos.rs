use std::time::Duration;

use fourfold_clients::http::Effect;
use fourfold_clients::stability::{ImageToVideoRequest, StabilityApi, TaskResult};
use fourfold_clients::{Wait, WaitError};
use fourfold_simulator::Timings;

use super::support::{WIRE, client_of, picture, read, simulated, sized_picture};
use crate::support::{Reply, Server, check_kept, check_paid_once};

fn waves() -> ImageToVideoRequest {
    ImageToVideoRequest::new(sized_picture(768, 768))
}

#[tokio::test]
async fn a_video_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/image_to_video.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request = ImageToVideoRequest::new(picture("sea.png"))
        .seed(7_u32)
        .cfg_scale(2.5)
        .motion_bucket_id(40_u32)
        .with("flavour", "novel");
    let task = client_of(&server).image_to_video(&request).await.unwrap();
    let sent = include_str!("wire/image_to_video.request.txt");
    WIRE.check_sent_form(&server.only_received(), "POST /v2beta/image-to-video", sent);
    check_kept(&task, recorded);
}

#[tokio::test(start_paused = true)]
async fn the_simulator_makes_a_video_that_can_be_waited_for() {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { task_running: Duration::from_secs(30), ..Timings::default() });
    let id = client.image_to_video(&waves()).await.unwrap().id;
    assert!(matches!(client.get_video_result(&id).await.unwrap(), TaskResult::Running(_)));
    let generated = client.wait_for_video_completion(&id, &Wait::default()).await.unwrap();
    assert_eq!(generated.media.media_type.as_deref(), Some("video/mp4"));
    assert_eq!(read(generated).await.unwrap()[4..8], *b"ftyp");
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test]
async fn what_the_vendor_has_retired_is_an_error_that_no_wait_helps_with() {
    for status in [404, 410] {
        let server = Server::start([Reply::status(status, &[], ""), Reply::status(status, &[], "")]).await;
        let client = client_of(&server);
        let error = client.image_to_video(&waves()).await.unwrap_err();
        assert_eq!((error.effect(), error.is_retryable()), (Effect::NotStarted, false));
        let error = client.wait_for_video_completion("a1", &Wait::default()).await.unwrap_err();
        assert!(matches!(error, WaitError::Look { .. }));
    }
}

#[tokio::test]
async fn a_picture_of_another_size_is_an_error() {
    let (_simulator, client) = simulated();
    let error = client.image_to_video(&ImageToVideoRequest::new(sized_picture(64, 64))).await.unwrap_err();
    assert_eq!((error.code(), error.effect()), (Some("bad_request"), Effect::NotStarted));
}

#[tokio::test]
async fn a_video_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=504; accept", "malformed", "cut=10"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /stability/v2beta/image-to-video", fault).unwrap();
        check_paid_once(&simulator, client.image_to_video(&waves()).await);
    }
}
