use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fourfold_clients::http::{Body, ErrorKind};
use fourfold_clients::runway::{ImageUpscaleRequest, RunwayApi, RunwayClient, Upload};
use futures_util::{StreamExt, stream};

use super::support::{WIRE, check_followed, client_of, simulated};
use crate::support::{Reply, Server, check_form};

fn upload(body: impl Into<Body>) -> Upload {
    Upload::new("sea.png", "image/png", body)
}

/// A stream of these bytes that says how many there are.
fn streamed(bytes: &'static [u8]) -> Body {
    let pieces = stream::iter(bytes.chunks(2)).map(|piece| Ok::<_, std::io::Error>(piece.into()));
    Body::from_stream_with_length(pieces, bytes.len() as u64)
}

/// As much of a picture as the simulator looks at.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x40\0\0\0\x30";

/// The recorded answer, with another place to send the file to.
fn answer(upload_url: &str) -> Reply {
    Reply::ok(include_str!("wire/upload.response.json").replace("https://uploads.example", upload_url))
}

#[tokio::test]
async fn a_file_is_announced_and_then_sent_without_the_key_as_recorded() {
    for body in [Body::from("PNG"), streamed(b"PNG")] {
        let server = Server::start([]).await;
        server.push([answer(&server.url()), Reply::status(204, &[], "")]);
        assert_eq!(client_of(&server).upload(upload(body)).await.unwrap(), "runway://1");
        let received = server.received();
        WIRE.check_sent(&received[0], "POST /v1/uploads", include_str!("wire/upload.request.json"));
        check_followed(&received[1], "POST /bucket?part=1");
        check_form(&received[1], include_str!("wire/upload.form.txt"));
        assert!(received[1].header("content-length").is_some());
    }
}

#[tokio::test]
async fn the_simulator_takes_a_file_and_works_on_it() {
    let (simulator, client) = simulated();
    for body in [Body::from(PNG), streamed(PNG)] {
        let uri = client.upload(upload(body)).await.unwrap();
        let request = ImageUpscaleRequest::new("magnific_precision_upscaler_v2", uri);
        client.create_generation(&request.into()).await.unwrap();
    }
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn a_file_is_never_held() {
    let (_simulator, client) = simulated();
    let held = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (pieces, piece_bytes) = (64, 256 * 1024);
    let (holding, peak) = (Arc::clone(&held), Arc::clone(&most));
    let pieces_read = stream::iter(0..pieces).map(move |_| {
        let now = holding.fetch_add(1, Ordering::SeqCst) + 1;
        peak.fetch_max(now, Ordering::SeqCst);
        Ok::<_, std::io::Error>(Bytes::from_owner(Piece(vec![0; piece_bytes], Arc::clone(&holding))))
    });
    let body = Body::from_stream_with_length(pieces_read, (pieces * piece_bytes) as u64);
    client.upload(upload(body)).await.unwrap();
    assert_eq!(held.load(Ordering::SeqCst), 0);
    assert!(most.load(Ordering::SeqCst) <= 16, "{most:?} of {pieces} pieces at once");
}

/// A piece of a file that tells when it is let go.
struct Piece(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_file_may_take_longer_than_other_calls() {
    let server = Server::start([]).await;
    server.push([answer(&server.url()), Reply::ok("")]);
    let pieces = stream::iter(0..5).then(|number| async move {
        if number == 0 {
            tokio::time::pause();
        }
        tokio::time::sleep(Duration::from_secs(20)).await;
        if number == 4 {
            // From here on the clock must not jump over the answer.
            tokio::time::resume();
        }
        Ok::<_, std::io::Error>(Bytes::from_static(&[0; 100_000]))
    });
    let builder = RunwayClient::builder(&server.url(), "key_test".to_owned().into());
    let client = RunwayClient::new(builder.build().unwrap());
    client.upload(upload(Body::from_stream_with_length(pieces, 500_000))).await.unwrap();
}

#[tokio::test]
async fn a_file_of_unknown_length_is_not_announced() {
    let server = Server::start([]).await;
    let pieces = stream::iter([Ok::<_, std::io::Error>(Bytes::from("PNG"))]);
    let error = client_of(&server).upload(upload(Body::from_stream(pieces))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[tokio::test(start_paused = true)]
async fn a_file_in_memory_is_sent_again_and_a_stream_is_not() {
    let (simulator, client) = simulated();
    simulator.fault("POST /_uploads/*", "status=503; times=1").unwrap();
    client.upload(upload(PNG)).await.unwrap();
    assert_eq!(simulator.received().len(), 3);
    simulator.fault("POST /_uploads/*", "status=503; times=1").unwrap();
    let error = client.upload(upload(streamed(PNG))).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.is_retryable()), (503, true));
    assert_eq!(simulator.received().len(), 5);
}

#[tokio::test]
async fn a_name_that_the_vendor_refuses_is_an_error_and_nothing_is_sent() {
    let (simulator, client) = simulated();
    let error = client.upload(Upload::new("", "image/png", PNG)).await.unwrap_err();
    assert!(error.message().unwrap().contains("filename"), "{:?}", error.message());
    assert_eq!(simulator.received().len(), 1);
}

#[tokio::test]
async fn a_file_is_not_sent_inside() {
    let other = Server::start([]).await;
    for (upload_url, kind) in
        [(other.url(), ErrorKind::AddressRefused), ("/v1".to_owned(), ErrorKind::InvalidRequest)]
    {
        let server = Server::start([answer(&upload_url)]).await;
        let error = client_of(&server).upload(upload("PNG")).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
    assert_eq!(other.connections(), 0);
}
