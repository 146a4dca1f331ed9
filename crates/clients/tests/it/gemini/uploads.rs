//! Files that go up in pieces.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use fourfold_clients::gemini::{FileUpload, GeminiApi};
use fourfold_clients::http::{Body, ErrorKind};

use super::support::{WIRE, client, client_of, said, simulated};
use crate::support::{Received, Reply, Server, check_kept};

const PIECE_BYTES: usize = 8 << 20;

fn sea() -> FileUpload {
    FileUpload::new("video/mp4", "the ocean").name("files/sea-1").display_name("The sea")
}

/// Where the pieces go.
fn started(server: &Server) -> Reply {
    let url = format!("{}/upload/v1beta/files?upload_id=1&upload_protocol=resumable", server.url());
    Reply::status(200, &[("x-goog-upload-status", "active"), ("x-goog-upload-url", &url)], "")
}

/// What the vendor has so far.
fn standing(received_bytes: &str) -> Reply {
    let headers = [("x-goog-upload-status", "active"), ("x-goog-upload-size-received", received_bytes)];
    Reply::status(200, &headers, "")
}

fn ended() -> Reply {
    let file = include_str!("wire/get_file.response.json");
    Reply::status(200, &[("x-goog-upload-status", "final")], format!(r#"{{"file":{file}}}"#))
}

/// What was commanded, at which offset, with how many bytes.
fn commands(received: &[Received]) -> Vec<(&str, Option<&str>, usize)> {
    let command = |received| Received::header(received, "x-goog-upload-command").unwrap();
    let offset = |received| Received::header(received, "x-goog-upload-offset");
    received.iter().map(|received| (command(received), offset(received), received.body.len())).collect()
}

#[tokio::test]
async fn a_file_is_uploaded_as_recorded() {
    let server = Server::start([]).await;
    server.push([started(&server), ended()]);
    let file = client_of(&server).upload_file(sea()).await.unwrap();
    check_kept(&file, include_str!("wire/get_file.response.json"));
    let received = server.received();
    let line = "POST /upload/v1beta/files";
    WIRE.check_sent(&received[0], line, include_str!("wire/upload_file.request.json"));
    for (name, value) in [
        ("x-goog-upload-protocol", "resumable"),
        ("x-goog-upload-header-content-type", "video/mp4"),
        ("x-goog-upload-header-content-length", "9"),
    ] {
        assert_eq!(received[0].header(name), Some(value));
    }
    WIRE.check_asked(&received[1], &format!("{line}?upload_id=1&upload_protocol=resumable"));
    assert_eq!(received[1].text(), "the ocean");
    assert_eq!(commands(&received)[1], ("upload, finalize", Some("0"), 9));
}

#[tokio::test]
async fn an_upload_has_the_version_of_the_base_url_and_what_is_before_it() {
    let server = Server::start([]).await;
    server.push([started(&server), ended()]);
    client(&format!("{}/proxy/v1", server.url())).upload_file(sea()).await.unwrap();
    assert_eq!(server.received()[0].target, "/proxy/upload/v1/files");
}

#[tokio::test]
async fn a_large_file_goes_up_in_pieces_without_being_held() {
    let server = Server::start([]).await;
    server.push([started(&server), standing("any"), standing("any"), ended()]);
    // In two pieces, and an end that one can't see coming.
    let sea = (0..64).map(|_| Ok::<_, Infallible>(Bytes::from(vec![7; PIECE_BYTES / 32])));
    let stream = Body::from_stream(futures_util::stream::iter(sea.chain([Ok("!".into())])));
    client_of(&server).upload_file(FileUpload::new("video/mp4", stream)).await.unwrap();
    let received = server.received();
    assert_eq!(received[0].header("x-goog-upload-header-content-length"), None);
    assert_eq!(
        commands(&received)[1..],
        [
            ("upload", Some("0"), PIECE_BYTES),
            ("upload", Some("8388608"), PIECE_BYTES),
            ("upload, finalize", Some("16777216"), 1),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_piece_that_got_lost_goes_on_where_the_vendor_has_it() {
    let server = Server::start([]).await;
    server.push([
        started(&server),
        Reply::close(),
        standing("4"),
        Reply::status(503, &[], ""),
        standing("4"),
        ended(),
    ]);
    client_of(&server).upload_file(sea()).await.unwrap();
    let received = server.received();
    assert_eq!(
        commands(&received)[1..],
        [
            ("upload, finalize", Some("0"), 9),
            ("query", None, 0),
            ("upload, finalize", Some("4"), 5),
            ("query", None, 0),
            ("upload, finalize", Some("4"), 5),
        ]
    );
    assert_eq!(received[5].text(), "ocean");
}

#[tokio::test(start_paused = true)]
async fn a_piece_whose_answer_got_lost_is_not_sent_again() {
    let server = Server::start([]).await;
    server.push([started(&server), Reply::close(), standing("8388608"), ended()]);
    let upload = FileUpload::new("video/mp4", vec![7; PIECE_BYTES + 1]);
    client_of(&server).upload_file(upload).await.unwrap();
    let received = server.received();
    assert_eq!(commands(&received)[3], ("upload, finalize", Some("8388608"), 1));
    // The same where it was the last one: the vendor tells what has become of it.
    server.push([started(&server), Reply::close(), ended()]);
    client_of(&server).upload_file(sea()).await.unwrap();
    assert_eq!(commands(&server.received()[4..])[2], ("query", None, 0));
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_does_not_get_on_is_an_error() {
    let server = Server::start([]).await;
    let tries = (0..3).flat_map(|_| [Reply::status(503, &[], ""), standing("0")]);
    server.push([started(&server)].into_iter().chain(tries).chain([Reply::status(503, &[], "")]));
    let error = client_of(&server).upload_file(sea()).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 503);
    // What the vendor can't have, or what no try would help with, ends it at once.
    server.push([started(&server), Reply::close(), standing("99")]);
    let error = client_of(&server).upload_file(sea()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    server.push([started(&server), Reply::status(400, &[], "")]);
    client_of(&server).upload_file(sea()).await.unwrap_err();
}

#[tokio::test]
async fn an_upload_that_has_nowhere_to_go_is_an_error() {
    let server =
        Server::start([Reply::ok("{}"), Reply::status(200, &[("x-goog-upload-url", "nowhere")], "")]).await;
    for _ in 0..2 {
        let error = client_of(&server).upload_file(sea()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
    }
}

#[tokio::test]
async fn a_body_that_fails_ends_the_upload() {
    let server = Server::start([]).await;
    server.push([started(&server)]);
    let pieces = [Ok(Bytes::from("the ")), Err("the tide went out")];
    let upload = FileUpload::new("video/mp4", Body::from_stream(futures_util::stream::iter(pieces)));
    let error = client_of(&server).upload_file(upload).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RequestBody);
}

#[tokio::test]
async fn no_name_of_a_user_is_shown() {
    let shown = format!("{:?}", sea());
    assert!(shown.contains("video/mp4") && !shown.contains("sea"), "{shown}");
}

#[tokio::test]
async fn the_simulator_takes_a_file_in_pieces() {
    let (simulator, client) = simulated();
    let upload = FileUpload::new("video/mp4", vec![7; PIECE_BYTES + 1]).name("sea-1");
    let file = client.upload_file(upload).await.unwrap();
    assert_eq!((file.name.as_str(), file.size_bytes.as_deref()), ("files/sea-1", Some("8388609")));
    assert_eq!(simulator.received().len(), 3);
    let error = client.upload_file(sea()).await.unwrap_err();
    assert_eq!(said(&error), (409, Some("ALREADY_EXISTS")));
}

#[tokio::test(start_paused = true)]
async fn the_simulator_lets_an_upload_go_on() {
    for fault in ["lose; skip=1; times=1", "status=503; skip=1; times=1"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /gemini/upload/*", fault).unwrap();
        let begun = tokio::time::Instant::now();
        let upload = FileUpload::new("video/mp4", vec![7; PIECE_BYTES + 1]);
        let file = client.upload_file(upload).await.unwrap();
        assert_eq!(file.size_bytes.as_deref(), Some("8388609"), "{fault}");
        assert!(begun.elapsed() >= Duration::from_secs(1));
    }
}
