//! Bodies that are streamed, both ways, and what dropping one does.

use std::convert::Infallible;

use bytes::Bytes;
use fourfold_clients::http::{Body, ErrorKind};
use futures_util::{StreamExt, stream};
use http::Request;

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
    let (reply, _closed) = Reply::hang();
    let server = Server::start([]).await;
    drop(reply);
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
