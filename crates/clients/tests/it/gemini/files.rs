use std::time::Duration;

use fourfold_clients::gemini::{
    Content, FileState, FileUpload, GeminiApi, GenerateContentRequest, InteractionRequest, Page, Part,
    ResponseFormat,
};
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::{Wait, WaitError};
use fourfold_simulator::{Simulator, Timings};
use futures_util::TryStreamExt;

use super::support::{WIRE, client_of, said, simulated, wait};
use crate::support::{Reply, Server, check_kept};

fn sea() -> FileUpload {
    FileUpload::new("text/plain", "the sea")
}

fn at(state: &str) -> Reply {
    Reply::ok(format!(r#"{{"name":"files/sea-1","state":"{state}"}}"#))
}

/// The URI of a film that the simulator made.
async fn film(client: &impl GeminiApi) -> String {
    let format = ResponseFormat::of_video().duration("3s").delivery("uri");
    let request = InteractionRequest::new("gemini-omni-1.1-flash", "the sea").response_format(format);
    let interaction = client.create_interaction(&request).await.unwrap();
    interaction.media().next().unwrap().uri.clone().unwrap()
}

/// The headers of the simulator's last request.
fn last_key(simulator: &Simulator) -> Option<String> {
    let received = simulator.received().pop().unwrap();
    received.headers.get("x-goog-api-key").map(|key| key.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn files_are_asked_for_and_read_as_recorded() {
    let file = include_str!("wire/get_file.response.json");
    let list = include_str!("wire/list_files.response.json");
    let server = Server::start([file, file, list, "{}"].map(Reply::ok)).await;
    let client = client_of(&server);
    let read = client.get_file("files/sea-1").await.unwrap();
    check_kept(&read, file);
    assert_eq!((read.state, read.size_bytes.as_deref()), (Some(FileState::Active), Some("9")));
    client.get_file(&read.uri.unwrap()).await.unwrap();
    let page = Page { size: Some(2), token: Some("1".to_owned()) };
    check_kept(&client.list_files(&page).await.unwrap(), list);
    client.delete_file("sea-1").await.unwrap();
    let received = server.received();
    WIRE.check_asked(&received[0], "GET /v1beta/files/sea-1");
    WIRE.check_asked(&received[1], "GET /v1beta/files/sea-1");
    WIRE.check_asked(&received[2], "GET /v1beta/files?pageSize=2&pageToken=1");
    WIRE.check_asked(&received[3], "DELETE /v1beta/files/sea-1");
}

#[tokio::test]
async fn a_file_is_downloaded_as_it_comes_wherever_its_uri_says_it_is() {
    let typed = [("content-type", "video/mp4"), ("x-request-id", "r1")];
    let server = Server::start([(); 2].map(|()| Reply::status(200, &typed, "MP4"))).await;
    let client = client_of(&server);
    for name in ["files/sea-1", "https://vendor.test/v1beta/files/sea-1:download?alt=media"] {
        let media = client.download_file(name).await.unwrap();
        assert_eq!(
            (media.media_type.as_deref(), media.request_id.as_deref()),
            (Some("video/mp4"), Some("r1"))
        );
        assert_eq!(media.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap().concat(), b"MP4");
    }
    for received in server.received() {
        WIRE.check_asked(&received, "GET /v1beta/files/sea-1:download?alt=media");
    }
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_followed_without_the_key() {
    let store = Server::start([]).await;
    let server = Server::start([Reply::redirect(302, &format!("{}/film", store.url()))]).await;
    // The store is at a private address, which a vendor's answer must not lead to.
    let error = client_of(&server).download_file("sea-1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddressRefused);
    assert!(store.received().is_empty());
    let mut settings = crate::support::timeless();
    settings.foreign_addresses = fourfold_clients::http::AddressPolicy::Any;
    let builder = fourfold_clients::gemini::GeminiClient::builder(&server.url(), "sk-test".to_owned().into());
    let client = fourfold_clients::gemini::GeminiClient::new(builder.settings(settings).build().unwrap());
    server.push([Reply::redirect(302, &format!("{}/film", store.url()))]);
    store.push([Reply::ok("MP4")]);
    client.download_file("sea-1").await.unwrap();
    assert_eq!(store.only_received().header("x-goog-api-key"), None);
}

#[tokio::test]
async fn a_uri_that_leads_elsewhere_gets_no_key_and_no_private_address() {
    let store = Server::start([]).await;
    let server = Server::start([]).await;
    let error = client_of(&server).download_file(&format!("{}/film.mp4", store.url())).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::AddressRefused, Effect::NotStarted));
    let error = client_of(&server).get_file("https://store.test/film.mp4").await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::InvalidRequest, Effect::NotStarted));
}

#[tokio::test]
async fn the_simulator_keeps_a_file_that_a_model_reads() {
    let (_simulator, client) = simulated();
    let file = client.upload_file(sea().display_name("The sea")).await.unwrap();
    assert_eq!((file.display_name.as_deref(), file.size_bytes.as_deref()), (Some("The sea"), Some("7")));
    let file = client.wait_for_file(&file.name, &Wait::default()).await.unwrap();
    let part = Part::of_file("text/plain", file.uri.clone().unwrap());
    let request = GenerateContentRequest::new(
        "gemini-3.8-flash",
        [Content::user([part, Part::of_text("What is it about?")])],
    );
    assert!(!client.generate_content(&request).await.unwrap().text().is_empty());
    let files = client.list_files(&Page::default()).await.unwrap();
    assert_eq!((files.files, files.next_page_token), (vec![file.clone()], None));
    // What was uploaded can't be had back.
    let error = client.download_file(&file.name).await.unwrap_err();
    assert_eq!(said(&error), (400, Some("INVALID_ARGUMENT")));
    client.delete_file(&file.name).await.unwrap();
    for error in [client.get_file(&file.name).await.err(), client.delete_file(&file.name).await.err()] {
        assert_eq!(said(&error.unwrap()), (404, Some("NOT_FOUND")));
    }
}

#[tokio::test]
async fn the_simulators_film_is_downloaded_over_a_redirect() {
    let (simulator, client) = simulated();
    let uri = film(&client).await;
    simulator.set_timings(Timings { link_redirects: 2, ..Timings::default() });
    let media = client.download_file(&uri).await.unwrap();
    let film: Vec<_> = media.body.into_data_stream().try_collect().await.unwrap();
    assert_eq!(film.concat()[4..8], *b"ftyp");
    // The simulator's store is of its own origin, and may have the key.
    assert!(last_key(&simulator).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_download_is_asked_for_again_but_one_that_is_cut_ends_with_an_error() {
    let (simulator, client) = simulated();
    let uri = film(&client).await;
    simulator.fault("GET /gemini/*", "status=503; times=1").unwrap();
    client.download_file(&uri).await.unwrap();
    simulator.fault("GET /gemini/*", "cut=100").unwrap();
    let media = client.download_file(&uri).await.unwrap();
    let error = media.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Interrupted, Effect::Started));
}

#[tokio::test(start_paused = true)]
async fn a_file_is_waited_for_until_it_can_be_used() {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { task_running: Duration::from_secs(600), ..Timings::default() });
    let name = client.upload_file(sea()).await.unwrap().name;
    match client.wait_for_file(&name, &wait()).await.unwrap_err() {
        WaitError::StillRunning { id } => assert_eq!(id, name),
        other => panic!("{other:?}"),
    }
    simulator.advance(Duration::from_secs(600));
    let file = client.wait_for_file(&name, &wait()).await.unwrap();
    assert_eq!(file.state, Some(FileState::Active));
}

#[tokio::test(start_paused = true)]
async fn a_wait_survives_looks_that_fail_and_ends_with_a_file_that_failed() {
    let failing = (0..4).map(|_| Reply::status(500, &[], ""));
    let server = Server::start([at("PROCESSING"), at("NOVEL")].into_iter().chain(failing)).await;
    let failed = r#"{"name":"files/sea-1","state":"FAILED","error":{"code":3,"message":"No film."}}"#;
    server.push([Reply::ok(failed)]);
    match client_of(&server).wait_for_file("sea-1", &wait()).await.unwrap_err() {
        WaitError::Failed { code, message, .. } => {
            assert_eq!((code.as_deref(), message.as_deref()), (Some("INVALID_ARGUMENT"), Some("No film.")));
        }
        other => panic!("{other:?}"),
    }
}
