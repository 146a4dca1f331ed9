//! Callers that leave, and callers that are slow.

use std::sync::atomic::Ordering;

use fourfold_forward::Body;
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;

use crate::support::{Reply, Upstream, forwarder, get, post, soon, until};

#[tokio::test]
async fn leaving_before_the_answer_ends_the_connection() {
    let (reply, read) = Reply::hang().telling();
    let upstream = Upstream::start([reply]).await;
    let forwarder = forwarder(&upstream);
    tokio::select! {
        _ = forwarder.forward(post("/", "{}")) => panic!("nothing was answered"),
        read = soon(read) => read.unwrap(),
    }
    until(|| upstream.open_connections() == 0).await;
}

#[tokio::test]
async fn leaving_within_the_answer_ends_the_connection() {
    for media_type in ["text/plain", "text/event-stream"] {
        let (reply, pipe) = Reply::piped(media_type);
        let upstream = Upstream::start([reply.then_hang()]).await;
        let mut body = soon(forwarder(&upstream).forward(get("/"))).await.unwrap().into_body();
        pipe.send("data: 1\n\n");
        assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "data: 1\n\n");
        drop(body);
        drop(pipe);
        until(|| upstream.open_connections() == 0).await;
    }
}

#[tokio::test]
async fn leaving_within_the_request_ends_the_connection() {
    let upstream = Upstream::start([Reply::hang()]).await;
    let forwarder = forwarder(&upstream);
    let (tx, mut rx) = mpsc::unbounded_channel::<Result<_, std::io::Error>>();
    let body = Body::from_stream(futures_util::stream::poll_fn(move |cx| rx.poll_recv(cx)));
    tx.send(Ok("a".into())).unwrap();
    tokio::select! {
        _ = forwarder.forward(post("/", body)) => panic!("nothing was answered"),
        () = until(|| upstream.open_connections() == 1) => {}
    }
    until(|| upstream.open_connections() == 0).await;
    // It never was a whole request.
    upstream.take_script();
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

#[tokio::test]
async fn a_slow_reader_holds_the_target_back() {
    let whole_bytes = 1 << 30;
    let (reply, taken) = Reply::flood(whole_bytes);
    let upstream = Upstream::start([reply]).await;
    let mut body = soon(forwarder(&upstream).forward(get("/"))).await.unwrap().into_body();
    soon(body.frame()).await.unwrap().unwrap();
    // Once nothing more is taken, what was taken is what sockets and buffers hold.
    let mut before = 0;
    soon(async {
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            let now = taken.load(Ordering::Relaxed);
            if now == before {
                break;
            }
            before = now;
        }
    })
    .await;
    assert!(before < 32 << 20, "{before} bytes were taken from the target, and nobody read them");
}
