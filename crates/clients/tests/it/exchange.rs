//! The way through: what is passed on and what isn't touched.

use std::time::Duration;

use bytes::Bytes;
use fourfold_clients::http::{
    AuthScheme, Body, BreakerSettings, BreakerState, Effect, ErrorKind, HttpSettings, Timeouts, upgrade,
};
use futures_util::{StreamExt, stream};
use http::{Request, Version};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Reply, Server, builder, client, soon, timeless};

#[tokio::test]
async fn path_and_headers_go_through_as_they_are() {
    let server = Server::start([Reply::status(418, &[("x-answer", "Kept")], "tea")]).await;
    let client = builder(&server)
        .auth(AuthScheme::Bearer("key".to_owned().into()))
        .default_header("x-org", "ours")
        .build()
        .unwrap();
    let request = Request::put(format!("{}/a%2Fb//c/../d;e?x=1&&y=%20&z=[]", server.url()))
        .header("x-own", "As It Is")
        .body(Body::from("coffee"))
        .unwrap();
    let answer = client.exchange(request).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["x-answer"]), (418, &"Kept".parse().unwrap()));
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "tea");
    let received = server.only_received();
    assert_eq!(received.target, "/a%2Fb//c/../d;e?x=1&&y=%20&z=[]");
    let mut names: Vec<_> = received.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    assert_eq!(names, ["content-length", "host", "x-own"]);
    assert_eq!((received.method.as_str(), received.text()), ("PUT", "coffee"));
}

#[tokio::test]
async fn an_answers_head_has_64_kib_at_most() {
    for (bytes, is_taken) in [(60 * 1024, true), (200 * 1024, false)] {
        let long = "x".repeat(bytes);
        let server = Server::start([Reply::status(200, &[("x-long", &long)], "").then_close()]).await;
        let request = Request::get(server.url()).body(Body::empty()).unwrap();
        let answer = client(&server).exchange(request).await;
        match is_taken {
            true => assert_eq!(answer.unwrap().headers()["x-long"].len(), bytes),
            false => assert_eq!(answer.unwrap_err().effect(), Effect::MayHaveStarted),
        }
    }
}

#[tokio::test]
async fn redirects_and_failures_are_passed_back() {
    for status in [302, 429, 503] {
        let server =
            Server::start([Reply::status(status, &[("Location", "/b"), ("Retry-After", "1")], "")]).await;
        let request = Request::get(server.url()).body(Body::empty()).unwrap();
        assert_eq!(client(&server).exchange(request).await.unwrap().status().as_u16(), status);
    }
}

#[tokio::test]
async fn the_callers_version_does_not_bind_the_server() {
    let server = Server::start([Reply::ok("")]).await;
    let request = Request::get(server.url()).version(Version::HTTP_2).body(Body::empty()).unwrap();
    client(&server).exchange(request).await.unwrap();
}

#[tokio::test]
async fn an_upgraded_connection_carries_bytes_both_ways() {
    let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
    let server = Server::start([Reply::raw(switch).then_echo()]).await;
    let request = Request::get(server.url())
        .header("connection", "upgrade")
        .header("upgrade", "echo")
        .body(Body::empty())
        .unwrap();
    let mut answer = client(&server).exchange(request).await.unwrap();
    assert_eq!(answer.status().as_u16(), 101);
    let mut connection = upgrade(&mut answer).await.unwrap();
    connection.write_all(b"ping").await.unwrap();
    let mut back = [0; 4];
    soon(connection.read_exact(&mut back)).await.unwrap();
    assert_eq!(&back, b"ping");
    upgrade(&mut answer).await.unwrap_err();
}

#[tokio::test]
async fn trailers_are_passed_on() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-sum: 7\r\n\r\n";
    let server = Server::start([Reply::raw(chunked)]).await;
    let request = Request::get(server.url()).header("te", "trailers").body(Body::empty()).unwrap();
    let answer = client(&server).exchange(request).await.unwrap();
    let collected = answer.into_body().collect().await.unwrap();
    assert_eq!(collected.trailers().unwrap()["x-sum"], "7");
}

#[tokio::test]
async fn trailers_are_left_out_where_they_are_not_wanted() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-sum: 7\r\n\r\n";
    let server = Server::start([Reply::raw(chunked), Reply::raw(chunked)]).await;
    let client = client(&server);
    for is_wrapped in [false, true] {
        let request = Request::get(server.url()).body(Body::empty()).unwrap();
        let body = client.exchange(request).await.unwrap().into_body();
        let body = if is_wrapped { Body::wrap(body) } else { body };
        let collected = body.without_trailers().collect().await.unwrap();
        assert!(collected.trailers().is_none());
        assert_eq!(collected.to_bytes(), "a");
    }
    assert_eq!(server.connections(), 1, "it was read to its end");
}

#[tokio::test]
async fn a_wrapped_answer_fails_as_it_does_by_itself() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na";
    let server = Server::start([Reply::raw(cut).then_close()]).await;
    let request = Request::get(server.url()).body(Body::empty()).unwrap();
    let body = Body::wrap(client(&server).exchange(request).await.unwrap().into_body());
    assert_eq!(body.collect().await.unwrap_err().kind(), ErrorKind::Interrupted);
}

#[tokio::test]
async fn a_caller_whose_body_stalls_is_not_taken_for_an_ill_server() {
    let server = Server::start([]).await;
    let breaker = BreakerSettings { failures_max: 1, ..BreakerSettings::default() };
    let client = builder(&server).settings(HttpSettings { breaker, ..timeless() }).build().unwrap();
    let limits = Timeouts { first_byte: Duration::from_millis(50), ..Timeouts::NONE };
    for length_bytes in [None, Some(2)] {
        let stalled = stream::iter([Ok::<_, std::io::Error>(Bytes::from("a"))]).chain(stream::pending());
        let body = match length_bytes {
            Some(length_bytes) => Body::from_stream_with_length(stalled, length_bytes),
            None => Body::from_stream(stalled),
        };
        let request = Request::post(server.url()).body(body).unwrap();
        let error = soon(client.exchange_within(request, limits)).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::RequestBody, Effect::MayHaveStarted));
        assert_eq!(client.breaker_state(), BreakerState::Closed);
    }
}

#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let server = Server::start((0..4).map(|_| Reply::ok("x"))).await;
    let client = client(&server);
    for _ in 0..2 {
        let request = Request::get(server.url()).body(Body::empty()).unwrap();
        client.exchange(request).await.unwrap().into_body().collect().await.unwrap();
        client.get("/").send().await.unwrap();
    }
    assert_eq!(server.connections(), 2, "one for each way through");
}

#[tokio::test]
async fn each_runtime_has_connections_of_its_own() {
    let server = Server::start((0..3).map(|_| Reply::ok("x"))).await;
    let client = client(&server);
    client.get("/").send().await.unwrap();
    let elsewhere = {
        let client = client.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(client.get("/").send()).unwrap();
        })
    };
    tokio::task::spawn_blocking(|| elsewhere.join().unwrap()).await.unwrap();
    assert_eq!(server.connections(), 2);
    client.get("/").send().await.unwrap();
    assert_eq!(server.connections(), 2, "its own is kept");
}
