//! What is sent again, on real connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fourfold_forward::{
    Body, FailedTry, ForwardLog, ForwardRequest, ForwardRetry, Forwarder, RetryDecision, RetryStrategy,
};
use http::{Method, Request};
use http_body_util::BodyExt as _;

use crate::support::{Reply, Upstream, builder, get, post};

/// Retries whose waits a paused clock passes at once.
fn retrying(upstream: &Upstream, retry: ForwardRetry) -> Forwarder {
    builder(&upstream.url()).retry(retry).build().unwrap()
}

fn streamed(pieces: &'static [&'static str]) -> Body {
    let pieces =
        pieces.iter().map(|piece| Ok::<_, std::io::Error>(bytes::Bytes::from_static(piece.as_bytes())));
    Body::from_stream(futures_util::stream::iter(pieces))
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_the_last_try_is_the_answer() {
    let replies = [Reply::close(), Reply::status(503, &[], ""), Reply::status(502, &[], "last")];
    let upstream = Upstream::start(replies).await;
    let answer = retrying(&upstream, ForwardRetry::default()).forward(get("/")).await.unwrap();
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "last");
}

#[tokio::test(start_paused = true)]
async fn paid_work_that_may_have_begun_is_not_sent_again() {
    for reply in [Reply::close(), Reply::status(500, &[], ""), Reply::status(503, &[], "busy")] {
        let upstream = Upstream::start([reply]).await;
        // Either the failure or the answer, but of the first try.
        _ = retrying(&upstream, ForwardRetry::default()).forward(post("/", "{}")).await;
        assert_eq!(upstream.received().len(), 1);
    }
    for reply in [Reply::status(429, &[], ""), Reply::status(503, &[], "{\"error\": \"Overloaded\"}")] {
        let upstream = Upstream::start([reply, Reply::ok("")]).await;
        let answer = retrying(&upstream, ForwardRetry::default()).forward(post("/", "{}")).await.unwrap();
        assert_eq!((answer.status().as_u16(), upstream.received()[1].text()), (200, "{}"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_of_an_error_that_was_looked_into_arrives_whole() {
    let long = "x".repeat(100 << 10);
    for body in ["busy", &long] {
        let upstream = Upstream::start([Reply::status(503, &[("x-a", "1")], body)]).await;
        let answer = retrying(&upstream, ForwardRetry::default()).forward(post("/", "{}")).await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["x-a"]), (503, &"1".parse().unwrap()));
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_may_have_its_paid_work_repeated() {
    let upstream = Upstream::start([Reply::status(500, &[], ""), Reply::close(), Reply::ok("")]).await;
    let careless = ForwardRetry { unsafe_methods: true, ..ForwardRetry::default() };
    let answer = retrying(&upstream, careless).forward(post("/", "{}")).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_streamed_body_is_sent_again_as_long_as_it_is_kept() {
    let pieces = &["one ", "two ", "three"];
    for (replay_bytes_max, tries) in [(13, 2), (12, 1), (0, 1)] {
        let replies = [Reply::status(503, &[], ""), Reply::ok("")];
        let upstream = Upstream::start(replies).await;
        let retry = ForwardRetry { replay_bytes_max, ..ForwardRetry::default() };
        let request = Request::put("/").body(streamed(pieces)).unwrap();
        let answer = retrying(&upstream, retry).forward(request).await.unwrap();
        assert_eq!(answer.status(), if tries == 2 { 200 } else { 503 });
        let bodies: Vec<_> = upstream.received().iter().map(|got| got.text().to_owned()).collect();
        assert_eq!(bodies, vec!["one two three"; tries]);
        upstream.take_script();
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_body_that_never_went_out_is_sent_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let forwarder = builder(&format!("http://{address}")).retry(ForwardRetry::default()).build().unwrap();
    let body = Body::from_stream_with_length(
        futures_util::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b'x'; 1 << 20]))]),
        1 << 20,
    );
    let started = tokio::time::Instant::now();
    let error = forwarder.forward(post("/", body)).await.unwrap_err();
    assert_eq!(error.kind(), "unreachable");
    assert!(started.elapsed() >= Duration::from_secs(3), "it was tried three times");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_says_when_is_asked_then() {
    let upstream = Upstream::start([Reply::status(429, &[("Retry-After", "7")], ""), Reply::ok("")]).await;
    let started = tokio::time::Instant::now();
    retrying(&upstream, ForwardRetry::default()).forward(get("/")).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 7);

    let upstream = Upstream::start([Reply::status(429, &[("Retry-After", "3600")], "")]).await;
    let started = tokio::time::Instant::now();
    let answer = retrying(&upstream, ForwardRetry::default()).forward(get("/")).await.unwrap();
    assert_eq!((answer.status().as_u16(), started.elapsed().as_secs()), (429, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_again_once_the_answer_has_begun() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    let upstream = Upstream::start([Reply::raw(cut).then_close()]).await;
    let answer = retrying(&upstream, ForwardRetry::default()).forward(get("/")).await.unwrap();
    answer.into_body().collect().await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_request_may_be_sent_once_only() {
    let upstream = Upstream::start([Reply::status(503, &[], "")]).await;
    let request = ForwardRequest::new(Method::GET, "/").no_retry();
    assert_eq!(retrying(&upstream, ForwardRetry::default()).forward(request).await.unwrap().status(), 503);
}

/// Tries a teapot again at once.
#[derive(Debug)]
struct Tea(Arc<AtomicU32>);

impl RetryStrategy for Tea {
    fn decide(&self, failed: &FailedTry<'_>) -> RetryDecision {
        self.0.fetch_add(1, Ordering::Relaxed);
        match failed.error.status() {
            Some(status) if status.as_u16() == 418 => RetryDecision::After(Duration::ZERO),
            _ => RetryDecision::Stop,
        }
    }
}

#[tokio::test]
async fn a_strategy_of_ones_own_decides() {
    let replies = [Reply::status(418, &[], ""), Reply::status(503, &[], "")];
    let upstream = Upstream::start(replies).await;
    let asked = Arc::new(AtomicU32::new(0));
    let strategy = Arc::new(Tea(Arc::clone(&asked)));
    let forwarder =
        builder(&upstream.url()).retry(ForwardRetry::default()).retry_strategy(strategy).build().unwrap();
    assert_eq!(forwarder.forward(get("/")).await.unwrap().status(), 503);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_logged_is_sent_again_all_the_same() {
    let large = "x".repeat(200 << 10);
    let upstream = Upstream::start([Reply::status(429, &[], ""), Reply::ok("")]).await;
    let log = ForwardLog { body_bytes_max: 4, ..ForwardLog::default() };
    let forwarder = builder(&upstream.url()).retry(ForwardRetry::default()).log(log).build().unwrap();
    let answer = forwarder.forward(post("/", large.clone())).await.unwrap();
    assert_eq!((answer.status().as_u16(), upstream.received()[1].text()), (200, &*large));
}
