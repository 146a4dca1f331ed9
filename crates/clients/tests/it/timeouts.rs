//! Each time limit, on both ways through, with its kind and its effect.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use fourfold_clients::http::{
    BaseHttpClient, Body, ClientError, Effect, ErrorKind, Resolver, Resolving, TimeoutStage, Timeouts,
};
use futures_util::{StreamExt, stream};
use http::Request;
use tokio::time::Instant;

use crate::support::{Reply, Server, client, soon, timeless};

const S30: Duration = Duration::from_secs(30);

/// Runs the call on a running clock until `ready`, then lets the clock jump; tells how long the call took.
async fn outlast<F: Future>(call: F, ready: impl Future) -> (F::Output, Duration) {
    let started = Instant::now();
    let mut call = pin!(call);
    let _kept = tokio::select! {
        _ = &mut call => panic!("the call should still wait"),
        kept = soon(ready) => kept,
    };
    tokio::time::pause();
    let output = call.await;
    (output, started.elapsed())
}

fn assert_timeout(error: &ClientError, stage: TimeoutStage, effect: Effect, took: Duration, limit: Duration) {
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Timeout(stage), effect), "{error:?}");
    assert!(took >= limit && took < limit + Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_hanging_answer_ends_at_the_first_byte_limit() {
    let limits = Timeouts { first_byte: S30, ..Timeouts::NONE };
    let (reply, closed) = Reply::hang();
    let (reply, read) = reply.telling();
    let server = Server::start([reply]).await;
    let client = client(&server);
    let call = client.post("/").timeouts(limits).no_retry().send();
    let (outcome, took) = outlast(call, read).await;
    assert_timeout(&outcome.unwrap_err(), TimeoutStage::FirstByte, Effect::MayHaveStarted, took, S30);
    tokio::time::resume();
    soon(closed).await.unwrap();
}

#[tokio::test]
async fn a_hanging_exchange_ends_at_the_first_byte_limit() {
    let limits = Timeouts { first_byte: S30, ..Timeouts::NONE };
    let (reply, closed) = Reply::hang();
    let (reply, read) = reply.telling();
    let server = Server::start([reply]).await;
    let client = client(&server);
    let request = Request::get(server.url()).body(Body::empty()).unwrap();
    let (outcome, took) = outlast(client.exchange_within(request, limits), read).await;
    assert_timeout(&outcome.unwrap_err(), TimeoutStage::FirstByte, Effect::MayHaveStarted, took, S30);
    tokio::time::resume();
    soon(closed).await.unwrap();
}

#[tokio::test]
async fn a_try_ends_at_the_total_limit() {
    let limits = Timeouts { total: S30, first_byte: 2 * S30, ..Timeouts::NONE };
    let (reply, _closed) = Reply::hang();
    let (reply, read) = reply.telling();
    let server = Server::start([reply]).await;
    let client = client(&server);
    let (outcome, took) = outlast(client.post("/").timeouts(limits).no_retry().send(), read).await;
    assert_timeout(&outcome.unwrap_err(), TimeoutStage::Total, Effect::MayHaveStarted, took, S30);
}

#[tokio::test]
async fn a_body_that_stalls_ends_at_the_idle_limit() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    for is_total in [false, true] {
        let limits = match is_total {
            false => Timeouts { idle: S30, ..Timeouts::NONE },
            true => Timeouts { total: S30, idle: 2 * S30, ..Timeouts::NONE },
        };
        let (reply, closed) = Reply::raw(head).then_await_close();
        let server = Server::start([reply]).await;
        let answer = client(&server).get("/").timeouts(limits).stream().await.unwrap();
        let mut body = answer.into_body().into_data_stream();
        assert_eq!(body.next().await.unwrap().unwrap(), "half");
        let (piece, took) = outlast(body.next(), async {}).await;
        let stage = if is_total { TimeoutStage::Total } else { TimeoutStage::Idle };
        let error = piece.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Timeout(stage), Effect::Started));
        assert!(took > S30 - Duration::from_secs(5) && took < S30 + Duration::from_secs(5), "{took:?}");
        assert!(body.next().await.is_none());
        tokio::time::resume();
        soon(closed).await.unwrap();
    }
}

#[tokio::test]
async fn a_whole_answer_that_stalls_is_a_timeout_of_its_call() {
    let (reply, _closed) = Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").then_await_close();
    let (reply, read) = reply.telling();
    let server = Server::start([reply]).await;
    let client = client(&server);
    let limits = Timeouts { idle: S30, ..Timeouts::NONE };
    let (outcome, took) = outlast(client.post("/").timeouts(limits).no_retry().send(), read).await;
    assert_timeout(&outcome.unwrap_err(), TimeoutStage::Idle, Effect::MayHaveStarted, took, S30);
}

#[tokio::test]
async fn a_reader_that_takes_its_time_is_not_a_stalled_answer() {
    let (reply, pipe) = Reply::piped();
    let server = Server::start([reply]).await;
    let limits = Timeouts { idle: S30, ..Timeouts::NONE };
    let answer = client(&server).get("/").timeouts(limits).stream().await.unwrap();
    let mut body = answer.into_body().into_data_stream();
    for _ in 0..3 {
        pipe.send("piece");
        assert_eq!(soon(body.next()).await.unwrap().unwrap(), "piece");
        tokio::time::pause();
        tokio::time::advance(2 * S30).await;
        tokio::time::resume();
    }
    drop(pipe);
    assert!(soon(body.next()).await.is_none());
}

struct NeverResolves;

impl Resolver for NeverResolves {
    fn resolve(&self, _: &str) -> Resolving {
        Box::pin(pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_come_ends_at_the_connect_limit() {
    let limits = Timeouts { connect: S30, ..Timeouts::NONE };
    let client = BaseHttpClient::builder("http://vendor.test").settings(timeless()).resolver(NeverResolves);
    let client = client.build().unwrap();
    let started = Instant::now();
    let error = client.post("/").timeouts(limits).no_retry().send().await.unwrap_err();
    assert_timeout(&error, TimeoutStage::Connect, Effect::NotStarted, started.elapsed(), S30);

    let started = Instant::now();
    let request = Request::get("http://vendor.test/").body(Body::empty()).unwrap();
    let error = client.exchange_within(request, limits).await.unwrap_err();
    assert_timeout(&error, TimeoutStage::Connect, Effect::NotStarted, started.elapsed(), S30);

    let total = Timeouts { total: S30, ..Timeouts::NONE };
    let started = Instant::now();
    let error = client.post("/").timeouts(total).no_retry().send().await.unwrap_err();
    assert_timeout(&error, TimeoutStage::Total, Effect::NotStarted, started.elapsed(), S30);
}

#[tokio::test]
async fn a_tls_handshake_that_hangs_is_a_connection_that_does_not_come() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let client = BaseHttpClient::builder(url).settings(timeless()).build().unwrap();
    let limits = Timeouts { connect: S30, ..Timeouts::NONE };
    let (outcome, took) =
        outlast(client.post("/").timeouts(limits).no_retry().send(), listener.accept()).await;
    assert_timeout(&outcome.unwrap_err(), TimeoutStage::Connect, Effect::NotStarted, took, S30);
}

#[tokio::test]
async fn a_long_upload_does_not_count_as_waiting_for_the_first_byte() {
    let server = Server::start([Reply::ok("")]).await;
    let client = client(&server);
    let pieces = stream::iter(0..5).then(|number| async move {
        if number == 0 {
            tokio::time::pause();
        }
        tokio::time::sleep(Duration::from_secs(20)).await;
        if number == 4 {
            // From here on the clock must not jump over the answer.
            tokio::time::resume();
        }
        Ok::<_, Infallible>(Bytes::from_static(b"piece"))
    });
    let limits = Timeouts { first_byte: S30, ..Timeouts::NONE };
    client.post("/").body(Body::from_stream(pieces)).timeouts(limits).send().await.unwrap();
    assert_eq!(server.only_received().text(), "piecepiecepiecepiecepiece");
}

#[tokio::test]
async fn a_call_that_generates_waits_for_its_first_byte_as_long_as_for_the_whole() {
    let mut settings = timeless();
    settings.timeouts.first_byte = S30;
    settings.timeouts.total = 10 * S30;
    for (is_paid, limit) in [(false, S30), (true, 10 * S30)] {
        let (reply, _closed) = Reply::hang();
        let (reply, read) = reply.telling();
        let server = Server::start([reply]).await;
        let client = BaseHttpClient::builder(server.url()).settings(settings.clone()).build().unwrap();
        let call = client.post("/").no_retry();
        let call = if is_paid { call.paid() } else { call };
        let (outcome, took) = outlast(call.send(), read).await;
        assert!(matches!(outcome.unwrap_err().kind(), ErrorKind::Timeout(_)));
        assert!(took >= limit && took < limit + Duration::from_secs(5), "{took:?}");
        tokio::time::resume();
    }
}
