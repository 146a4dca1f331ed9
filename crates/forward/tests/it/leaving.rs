//! Callers that leave: the target sees it at once, whatever was going on.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fourfold_forward::{Allow, Body, ForwardRecorder, Forwarder, Target, tunnel};
use http::Request;
use http_body_util::BodyExt as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::support::{
    Reply, TIMELESS, TRIES, Upstream, at_once, builder, forwarder, get, post, run, soon, until,
};

/// One who is there.
struct Watcher;

impl ForwardRecorder for Watcher {}

/// Runs a call until that has happened, and gives what is left of the call.
async fn until_then<'a, F: Future + 'a>(call: F, event: impl Future<Output = ()>) -> Pin<Box<F>> {
    let mut call = Box::pin(call);
    tokio::select! {
        _ = &mut call => panic!("nothing was answered"),
        () = event => {}
    }
    call
}

/// A body that never ends, and never has more than its beginning.
fn endless() -> (mpsc::UnboundedSender<Result<bytes::Bytes, std::io::Error>>, Body) {
    let (tx, mut rx) = mpsc::unbounded_channel();
    tx.send(Ok("a".into())).unwrap();
    (tx, Body::from_stream(futures_util::stream::poll_fn(move |cx| rx.poll_recv(cx))))
}

#[tokio::test]
async fn leaving_before_the_answer_ends_the_connection() {
    for _ in 0..TRIES {
        let (reply, read) = Reply::hang().telling();
        let upstream = Upstream::start([reply]).await;
        let forwarder = forwarder(&upstream);
        let call = until_then(forwarder.forward(post("/", "{}")), async { soon(read).await.unwrap() }).await;
        at_once(|| drop(call), || upstream.open_connections() == 0).await;
    }
}

#[tokio::test]
async fn leaving_within_the_answer_ends_the_connection() {
    for media_type in ["text/plain", "text/event-stream"] {
        for is_watched in [false, true] {
            for _ in 0..TRIES {
                let (reply, pipe) = Reply::piped(media_type);
                let upstream = Upstream::start([reply.then_hang()]).await;
                let mut forwarder = builder(&upstream.url());
                if is_watched {
                    forwarder = forwarder.recorder(Arc::new(Watcher));
                }
                let forwarder = forwarder.build().unwrap();
                let mut body = soon(forwarder.forward(get("/"))).await.unwrap().into_body();
                pipe.send("data: 1\n\n");
                assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "data: 1\n\n");
                drop(pipe);
                at_once(|| drop(body), || upstream.open_connections() == 0).await;
            }
        }
    }
}

#[tokio::test]
async fn leaving_within_the_request_ends_the_connection() {
    for _ in 0..TRIES {
        let upstream = Upstream::start([Reply::hang()]).await;
        let forwarder = forwarder(&upstream);
        let (_more, body) = endless();
        let connected = until(|| upstream.open_connections() == 1);
        let call = until_then(forwarder.forward(post("/", body)), connected).await;
        at_once(|| drop(call), || upstream.open_connections() == 0).await;
        // It never was a whole request.
        upstream.take_script();
    }
}

#[tokio::test]
async fn leaving_while_connecting_ends_the_connection() {
    for _ in 0..TRIES {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let target = Target::new("vendor", &url).unwrap().allow(Allow::everything());
        let forwarder = Forwarder::builder(target).timeouts(TIMELESS).build().unwrap();
        let (tx, mut greeted) = mpsc::unbounded_channel();
        let is_closed = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&is_closed);
        // A server that reads the greeting and says nothing to it.
        run(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            while let Ok(1..) = connection.read(&mut [0; 4096]).await {
                tx.send(()).unwrap();
            }
            seen.store(true, Ordering::SeqCst);
        });
        let greeting = async { soon(greeted.recv()).await.unwrap() };
        let call = until_then(forwarder.forward(get("/")), greeting).await;
        at_once(|| drop(call), || is_closed.load(Ordering::SeqCst)).await;
    }
}

#[tokio::test]
async fn leaving_a_websocket_ends_the_connection() {
    let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    for _ in 0..TRIES {
        let upstream = Upstream::start([Reply::raw(switch).then_hang()]).await;
        let asked = Request::get("/").header("connection", "upgrade").header("upgrade", "websocket");
        let forwarder = forwarder(&upstream);
        let mut answer = soon(forwarder.forward(asked.body(Body::empty()).unwrap())).await.unwrap();
        let tunnel = soon(tunnel(&mut answer)).await.unwrap();
        let (caller, ours) = tokio::io::duplex(64);
        let joined = run(tunnel.join(ours));
        at_once(|| drop(caller), || upstream.open_connections() == 0).await;
        _ = soon(joined).await.unwrap();
    }
}

#[tokio::test]
async fn a_callers_body_that_fails_is_the_callers_failure() {
    let upstream = Upstream::start([]).await;
    let pieces = [Ok(bytes::Bytes::from("a")), Err(std::io::Error::other("gone"))];
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let error = soon(forwarder(&upstream).forward(post("/", body))).await.unwrap_err();
    assert_eq!(error.kind(), "request_body", "{error:?}");
    until(|| upstream.open_connections() == 0).await;
}
