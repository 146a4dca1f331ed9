//! Callers that leave, and targets that die.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::raw::Target;
use super::{chat, ready, server};
use crate::support::{Home, within};

/// How soon the target is let go. The machine that tests run on may be busy, so that the best of some tries counts.
const SOON: Duration = Duration::from_millis(100);
const TRIES: usize = 10;

fn target(url: &str) -> String {
    format!(
        "    t: {{base_url: \"{url}\", allow: all, retry: {{enabled: false}}, circuit_breaker: {{enabled: false}}}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_a_stream_ends_the_targets_connection_at_once() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        let begin = server.admin.get("/forward/t/stream").begin();
        let answer = async {
            let (mut connection, _head) = upstream.asked().await;
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
            connection.write_all(format!("{head}9\r\ndata: 1\n\n\r\n").as_bytes()).await.unwrap();
            connection
        };
        let (mut coming, mut connection) = tokio::join!(begin, answer);
        coming.read_until(|read| read == b"data: 1\n\n").await;
        drop(coming);
        let left = Instant::now();
        assert_eq!(within(connection.read(&mut [0; 64])).await.unwrap_or(0), 0);
        best = best.min(left.elapsed());
        if best < SOON {
            return;
        }
    }
    panic!("it took {best:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_before_the_answer_ends_it_too() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    let waiting = crate::support::run(server.admin.get("/forward/t/slow").try_send());
    let (mut connection, _head) = upstream.asked().await;
    waiting.abort();
    assert_eq!(within(connection.read(&mut [0; 64])).await.unwrap_or(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_whose_target_dies_never_ends_as_if_it_were_whole() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    for head in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
        let begin = server.admin.get("/forward/t/x").begin();
        let answer = async {
            let (mut connection, _head) = upstream.asked().await;
            let bytes = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{head}\r\n5\r\nab");
            connection.write_all(bytes.as_bytes()).await.unwrap();
        };
        let (mut coming, ()) = tokio::join!(begin, answer);
        assert!(!coming.read_to_end().await, "{head}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_whose_vendor_dies_ends_with_an_error_and_without_done() {
    let (simulator, _home, server) = ready().await;
    simulator.fault("POST /openai/v1/chat/completions", "cut=300; times=1").unwrap();
    let mut body = chat();
    body["stream"] = true.into();
    let mut coming = server.admin.post("/forward/openai/v1/chat/completions", &body).begin().await;
    assert_eq!(coming.status, 200);
    assert!(coming.read_to_end().await, "the error is its end");
    let read = String::from_utf8_lossy(&coming.read).into_owned();
    assert!(read.contains("event: error\ndata: {") && !read.contains("[DONE]"), "{read}");
}
