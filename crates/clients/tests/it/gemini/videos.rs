use std::time::Duration;

use fourfold_clients::gemini::{
    GeminiApi, ReferenceImage, VideoImage, VideoInstance, VideoParameters, VideoRequest,
};
use fourfold_clients::http::Effect;
use fourfold_clients::{Wait, WaitError};
use fourfold_simulator::{FILTERED, Timings};
use futures_util::TryStreamExt;

use super::support::{WIRE, client_of, said, simulated, wait};
use crate::support::{Reply, Server, check_kept, check_paid_once};

const VEO: &str = "veo-3.1-generate-preview";
const NAME: &str = "models/veo-3.1-generate-preview/operations/abc";

fn waves() -> VideoRequest {
    VideoRequest::of_prompt(VEO, "waves")
}

#[tokio::test]
async fn a_video_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/generate_video.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let picture = || VideoImage::of_bytes("image/png", "picture");
    let instance = VideoInstance::default()
        .prompt("waves")
        .image(picture())
        .last_frame(picture())
        .reference_images([ReferenceImage::new(picture()).reference_type("asset")]);
    let parameters = VideoParameters::default()
        .sample_count(1_u32)
        .duration_seconds(8_u32)
        .aspect_ratio("16:9")
        .resolution("720p")
        .negative_prompt("boats")
        .person_generation("allow_adult");
    let request = VideoRequest::new(VEO, [instance]).parameters(parameters);
    let operation = client_of(&server).generate_video(&request).await.unwrap();
    WIRE.check_sent(
        &server.only_received(),
        "POST /v1beta/models/veo-3.1-generate-preview:predictLongRunning",
        include_str!("wire/generate_video.request.json"),
    );
    check_kept(&operation, recorded);
    assert_eq!((operation.name.as_str(), operation.videos().count()), (NAME, 0));
}

#[tokio::test]
async fn an_operation_is_read_as_recorded() {
    let recorded = include_str!("wire/get_operation.response.json");
    let server = Server::start([recorded, recorded].map(Reply::ok)).await;
    let client = client_of(&server);
    let operation = client.get_operation(NAME).await.unwrap();
    check_kept(&operation, recorded);
    let uris: Vec<_> = operation.videos().filter_map(|video| video.uri.as_deref()).collect();
    assert_eq!(uris, ["https://generativelanguage.googleapis.com/v1beta/files/abc123:download?alt=media"]);
    assert_eq!(operation.filtered_reasons(), ["Filtered."]);
    client.get_operation("models/a:b/operations/c?d").await.unwrap();
    let received = server.received();
    WIRE.check_asked(&received[0], &format!("GET /v1beta/{NAME}"));
    WIRE.check_asked(&received[1], "GET /v1beta/models/a%3Ab/operations/c%3Fd");
}

#[tokio::test]
async fn the_simulated_veo_makes_a_video_that_can_be_had() {
    let (simulator, client) = simulated();
    let name = client.generate_video(&waves()).await.unwrap().name;
    let operation = client.wait_for_video(&name, &Wait::default()).await.unwrap();
    assert_eq!(client.get_operation(&name).await.unwrap(), operation);
    let uri = operation.videos().next().unwrap().uri.clone().unwrap();
    let media = client.download_file(&uri).await.unwrap();
    assert_eq!(media.media_type.as_deref(), Some("video/mp4"));
    let film: Vec<_> = media.body.into_data_stream().try_collect().await.unwrap();
    assert_eq!(film.concat()[4..8], *b"ftyp");
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_survives_looks_that_fail() {
    let running = || Reply::ok(format!(r#"{{"name":"{NAME}"}}"#));
    let done = || Reply::ok(include_str!("wire/get_operation.response.json"));
    // The second look and its retries fail; the third one doesn't.
    let failing = (0..4).map(|_| Reply::status(500, &[], ""));
    let server = Server::start([running()].into_iter().chain(failing).chain([running(), done()])).await;
    let operation = client_of(&server).wait_for_video(NAME, &wait()).await.unwrap();
    assert_eq!((operation.videos().count(), server.received().len()), (1, 7));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_too_early_has_the_name_to_wait_on_by() {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { task_queued: Duration::from_secs(600), ..Timings::default() });
    let name = client.generate_video(&waves()).await.unwrap().name;
    let error = client.wait_for_video(&name, &wait()).await.unwrap_err();
    assert!(matches!(error, WaitError::StillRunning { id } if id == name));
}

#[tokio::test]
async fn a_video_that_failed_or_is_unknown_ends_the_wait() {
    let (simulator, client) = simulated();
    simulator.fault("POST /gemini/v1beta/*", "task=fail").unwrap();
    let name = client.generate_video(&waves()).await.unwrap().name;
    match client.wait_for_video(&name, &Wait::default()).await.unwrap_err() {
        WaitError::Failed { code, message, .. } => {
            assert_eq!((code.as_deref(), message.is_some()), (Some("INTERNAL"), true));
        }
        other => panic!("{other:?}"),
    }
    match client.wait_for_video(NAME, &Wait::default()).await.unwrap_err() {
        WaitError::Look { source, .. } => assert_eq!(said(&source), (404, Some("NOT_FOUND"))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_video_that_the_filter_took_is_an_operation_that_says_so() {
    let (_simulator, client) = simulated();
    let name = client.generate_video(&VideoRequest::of_prompt(VEO, FILTERED)).await.unwrap().name;
    let operation = client.wait_for_video(&name, &Wait::default()).await.unwrap();
    assert_eq!((operation.videos().count(), operation.filtered_reasons().len()), (0, 1));
}

#[tokio::test]
async fn a_length_that_is_unknown_is_an_error() {
    let (simulator, client) = simulated();
    let parameters = VideoParameters::default().duration_seconds(5_u32);
    let error = client.generate_video(&waves().parameters(parameters)).await.unwrap_err();
    assert_eq!((said(&error), error.effect()), ((400, Some("INVALID_ARGUMENT")), Effect::NotStarted));
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn a_video_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=504; accept", "malformed", "cut=10"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        check_paid_once(&simulator, client.generate_video(&waves()).await);
    }
}
