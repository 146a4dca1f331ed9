//! Each time limit has an end of its own.

use std::sync::Arc;
use std::time::Duration;

use fourfold_forward::{
    Allow, BodyTransformer, Effect, ErrorKind, ForwardError, ForwardTimeouts, Forwarder, Target, TimeoutStage,
};
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;

use crate::support::{Reply, TIMELESS, Upstream, builder, get, post, soon, until};

#[tokio::test]
async fn a_target_that_never_finishes_its_handshake_times_out_as_connecting() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let target = Target::new("vendor", &url).unwrap().allow(Allow::everything());
    let connect = Duration::from_millis(50);
    let timeouts = ForwardTimeouts { connect, ..TIMELESS };
    let forwarder =
        Forwarder::builder(target).timeouts(timeouts).retry(fourfold_forward::ForwardRetry::never());
    let error = soon(forwarder.build().unwrap().forward(post("/", "{}"))).await.unwrap_err();
    assert!(matches!(error, ForwardError::Timeout { stage: TimeoutStage::Connect, .. }), "{error:?}");
    assert_eq!((error.kind(), error.effect()), ("connect_timeout", Effect::NotStarted));
}

#[tokio::test]
async fn a_target_that_never_answers_times_out_by_the_requests_limit() {
    let (reply, read) = Reply::hang().telling();
    let upstream = Upstream::start([reply]).await;
    let timeouts = ForwardTimeouts { request: Duration::from_secs(30), ..TIMELESS };
    let forwarder = builder(&upstream.url()).timeouts(timeouts).build().unwrap();
    let mut call = std::pin::pin!(forwarder.forward(post("/", "{}")));
    tokio::select! {
        _ = &mut call => panic!("it should still wait"),
        read = soon(read) => read.unwrap(),
    }
    tokio::time::pause();
    let error = call.await.unwrap_err();
    assert!(matches!(error, ForwardError::Timeout { stage: TimeoutStage::FirstByte, .. }), "{error:?}");
    assert_eq!((error.kind(), error.effect()), ("request_timeout", Effect::MayHaveStarted));
}

#[tokio::test]
async fn an_answer_that_stalls_times_out_as_idle() {
    let (reply, pipe) = Reply::piped("text/plain");
    let upstream = Upstream::start([reply]).await;
    // The limit of the request ends with the answer's head.
    let timeouts =
        ForwardTimeouts { request: Duration::from_secs(1), idle: Duration::from_secs(60), ..TIMELESS };
    let forwarder = builder(&upstream.url()).timeouts(timeouts).build().unwrap();
    let mut body = soon(forwarder.forward(get("/"))).await.unwrap().into_body();
    pipe.send("x");
    soon(body.frame()).await.unwrap().unwrap();
    tokio::time::pause();
    let started = tokio::time::Instant::now();
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutStage::Idle));
    assert_eq!(started.elapsed().as_secs(), 60);
}

#[tokio::test]
async fn a_stream_that_takes_too_long_ends_by_its_limit() {
    let (reply, pipe) = Reply::piped("text/plain");
    let upstream = Upstream::start([reply]).await;
    let timeouts = ForwardTimeouts { stream: Duration::from_secs(90), ..TIMELESS };
    let forwarder = builder(&upstream.url()).timeouts(timeouts).build().unwrap();
    let mut body = soon(forwarder.forward(get("/"))).await.unwrap().into_body();
    pipe.send("x");
    soon(body.frame()).await.unwrap().unwrap();
    tokio::time::pause();
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutStage::Total));
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn a_target_that_never_pauses_runs_into_the_streams_limit() {
    let (reply, _taken) = Reply::flood("text/plain", 1 << 40);
    let upstream = Upstream::start([reply]).await;
    let timeouts = ForwardTimeouts { stream: Duration::from_millis(50), ..TIMELESS };
    let forwarder = builder(&upstream.url()).timeouts(timeouts).build().unwrap();
    let mut body = soon(forwarder.forward(get("/"))).await.unwrap().into_body();
    let error = soon(async {
        loop {
            if let Err(error) = body.frame().await.unwrap() {
                break error;
            }
        }
    });
    assert_eq!(error.await.kind(), ErrorKind::Timeout(TimeoutStage::Total));
}

#[tokio::test]
async fn an_answer_that_is_collected_has_the_streams_limit_too() {
    let (reply, pipe) = Reply::piped("application/json");
    let upstream = Upstream::start([reply]).await;
    let timeouts = ForwardTimeouts { stream: Duration::from_secs(600), ..TIMELESS };
    let transformer = BodyTransformer::new().drop("a").unwrap();
    let forwarder = builder(&upstream.url()).timeouts(timeouts).response_transformer(Arc::new(transformer));
    let forwarder = forwarder.build().unwrap();
    let mut call = std::pin::pin!(forwarder.forward(get("/")));
    pipe.send("{");
    tokio::select! {
        _ = &mut call => panic!("it should still wait"),
        () = until(|| upstream.received().len() == 1) => {}
    }
    tokio::time::pause();
    let error = call.await.unwrap_err();
    assert!(matches!(error, ForwardError::Timeout { stage: TimeoutStage::Total, .. }), "{error:?}");
    drop(pipe);
}
