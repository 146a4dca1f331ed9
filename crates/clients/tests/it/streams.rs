//! Bodies that are streamed, both ways, and what dropping one does.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use fourfold_clients::http::{BaseHttpClient, Body, ErrorKind};
use futures_util::{StreamExt, stream};
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Reply, Server, builder, client, soon, timeless};

#[tokio::test]
async fn pieces_reach_the_reader_as_they_come() {
    let (reply, pipe) = Reply::piped();
    let server = Server::start([reply]).await;
    let answer = client(&server).get("/").stream().await.unwrap();
    let mut body = answer.into_body().into_data_stream();
    for piece in ["one", "two", "three"] {
        pipe.send(piece);
        assert_eq!(soon(body.next()).await.unwrap().unwrap(), piece);
    }
    drop(pipe);
    assert!(soon(body.next()).await.is_none());
}

#[tokio::test]
async fn dropping_a_stream_closes_the_connection_at_once() {
    let (reply, closed) = Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").then_await_close();
    let server = Server::start([reply]).await;
    let answer = client(&server).get("/").stream().await.unwrap();
    drop(answer);
    soon(closed).await.unwrap();
}

#[tokio::test]
async fn dropping_the_body_of_an_exchange_closes_the_connection_at_once() {
    let (reply, closed) = Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").then_await_close();
    let server = Server::start([reply]).await;
    let request = Request::get(server.url()).body(Body::empty()).unwrap();
    drop(client(&server).exchange(request).await.unwrap());
    soon(closed).await.unwrap();
}

#[tokio::test]
async fn dropping_a_call_closes_the_connection_at_once() {
    let (reply, closed) = Reply::hang();
    let (reply, read) = reply.telling();
    let server = Server::start([reply]).await;
    let client = client(&server);
    tokio::select! {
        _ = client.post("/").json("work").paid().send() => panic!("nothing was answered"),
        _ = soon(read) => {}
    }
    soon(closed).await.unwrap();
}

#[tokio::test]
async fn an_upload_of_known_length_says_so() {
    let pieces = || stream::iter(["one", "two"]).map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
    let server = Server::start([Reply::ok(""), Reply::ok("")]).await;
    let client = client(&server);
    client.post("/").body(Body::from_stream(pieces())).send().await.unwrap();
    client.post("/").body(Body::from_stream_with_length(pieces(), 6)).send().await.unwrap();
    let received = server.received();
    assert_eq!(received[0].header("transfer-encoding"), Some("chunked"));
    assert_eq!(
        (received[1].header("content-length"), received[1].header("transfer-encoding")),
        (Some("6"), None)
    );
    assert!(received.iter().all(|received| received.text() == "onetwo"));
}

#[tokio::test]
async fn a_large_body_in_memory_goes_out_whole() {
    let body = Bytes::from((0..3_000_000_u32).map(|n| n as u8).collect::<Vec<_>>());
    let server = Server::start([Reply::ok(""), Reply::ok("")]).await;
    let client = client(&server);
    client.put("/").body(body.clone()).send().await.unwrap();
    let request = Request::put(server.url()).body(Body::from(body.clone())).unwrap();
    client.exchange(request).await.unwrap();
    for received in server.received() {
        assert_eq!(received.header("content-length"), Some("3000000"));
        assert!(received.body == body);
    }
}

#[tokio::test]
async fn a_caller_whose_stream_fails_is_told_so() {
    let pieces = stream::iter([Ok(Bytes::from("one")), Err(std::io::Error::other("the disk is gone"))]);
    let server = Server::start([]).await;
    let error = client(&server).post("/").body(Body::from_stream(pieces)).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RequestBody);
}

#[tokio::test]
async fn an_answer_over_the_limit_is_an_error_and_not_memory() {
    let mut settings = timeless();
    settings.answer_bytes_max = 1024;
    let body = "x".repeat(2000);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n".to_owned()
        + &body[..1000]
        + "\r\n3e8\r\n"
        + &body[..1000]
        + "\r\n0\r\n\r\n";
    let server = Server::start([Reply::ok(&body), Reply::raw(chunked), Reply::ok(&body[..1024])]).await;
    let client = builder(&server).settings(settings).build().unwrap();
    for _ in 0..2 {
        assert_eq!(client.get("/").send().await.unwrap_err().kind(), ErrorKind::TooLarge);
    }
    assert_eq!(client.get("/").send().await.unwrap().bytes().len(), 1024);
}

const LARGE_BYTES: u64 = 100 << 20;
/// What may lie in sockets and buffers between a fast writer and a slow reader.
const BETWEEN_BYTES: u64 = 16 << 20;

fn large_body(made: Arc<AtomicU64>) -> Body {
    let piece = Bytes::from(vec![7; 64 * 1024]);
    let pieces = stream::iter(0..LARGE_BYTES / piece.len() as u64).map(move |_| {
        made.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Ok::<_, Infallible>(piece.clone())
    });
    Body::from_stream_with_length(pieces, LARGE_BYTES)
}

#[tokio::test]
async fn a_large_upload_is_never_held() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client =
        BaseHttpClient::builder(format!("http://{}", listener.local_addr().unwrap())).settings(timeless());
    let client = client.build().unwrap();
    let made = Arc::new(AtomicU64::new(0));
    let call = client.put("/").body(large_body(Arc::clone(&made))).send();
    let server = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        let (mut read_bytes, mut buffer) = (0, vec![0; 64 * 1024]);
        while read_bytes < LARGE_BYTES {
            read_bytes += connection.read(&mut buffer).await.unwrap() as u64;
            assert!(made.load(Ordering::Relaxed) < read_bytes + BETWEEN_BYTES);
        }
        connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    };
    let (outcome, ()) = soon(Box::pin(async { tokio::join!(call, server) })).await;
    outcome.unwrap();
}

#[tokio::test]
async fn a_large_download_is_never_held() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client =
        BaseHttpClient::builder(format!("http://{}", listener.local_addr().unwrap())).settings(timeless());
    let client = client.build().unwrap();
    let written = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&written);
    let server = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        _ = connection.read(&mut [0; 4096]).await.unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE_BYTES}\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        let piece = vec![7; 64 * 1024];
        for _ in 0..LARGE_BYTES / piece.len() as u64 {
            connection.write_all(&piece).await.unwrap();
            counter.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
    };
    let download = async {
        let mut body = client.get("/").stream().await.unwrap().into_body().into_data_stream();
        let mut read_bytes = 0;
        while let Some(piece) = body.next().await {
            read_bytes += piece.unwrap().len() as u64;
            assert!(written.load(Ordering::Relaxed) < read_bytes + BETWEEN_BYTES);
        }
        assert_eq!(read_bytes, LARGE_BYTES);
    };
    soon(Box::pin(async { tokio::join!(server, download) })).await;
}
