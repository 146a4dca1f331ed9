//! Callers that leave, and targets that die.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::raw::{Target, request};
use super::{chat, ready, server, sockets};
use crate::support::{Home, within};

/// How soon a target sees that its caller has left.
const AT_ONCE: Duration = Duration::from_millis(100);
/// How often each way of leaving is tried. The rule holds each time.
const TRIES: usize = 5;

fn target(url: &str) -> String {
    format!(
        "    t: {{base_url: \"{url}\", allow: all, retry: {{enabled: false}}, circuit_breaker: {{enabled: false}}}}\n"
    )
}

/// Leaves, and measures how long it takes until the target's connection has ended.
async fn leaves(caller: impl Sized, mut target: TcpStream) {
    let left = Instant::now();
    drop(caller);
    while !matches!(within(target.read(&mut [0; 64])).await, Ok(0) | Err(_)) {}
    let took = left.elapsed();
    assert!(took < AT_ONCE, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_a_stream_ends_the_targets_connection_at_once() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    for media_type in ["text/plain", "text/event-stream"] {
        for _ in 0..TRIES {
            let begin = server.admin.get("/forward/t/stream").begin();
            let answer = async {
                let (mut connection, _head) = upstream.asked().await;
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
                );
                connection.write_all(format!("{head}9\r\ndata: 1\n\n\r\n").as_bytes()).await.unwrap();
                connection
            };
            let (mut coming, connection) = tokio::join!(begin, answer);
            coming.read_until(|read| read == b"data: 1\n\n").await;
            leaves(coming, connection).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_before_the_answer_ends_it_too() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    for (method, headers, body) in [
        ("GET", "", ""),
        ("POST", "Content-Length: 3\r\n", "abc"),
        // These are still sending.
        ("POST", "Content-Length: 300\r\n", "abc"),
        ("POST", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"),
    ] {
        for _ in 0..TRIES {
            let mut caller = TcpStream::connect(server.address).await.unwrap();
            caller.write_all(&request(method, "/forward/t/slow", headers, body)).await.unwrap();
            let (connection, _head) = upstream.asked().await;
            leaves(caller, connection).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_a_websocket_ends_it_too() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &sockets::target(&upstream.url())).await;
    for _ in 0..TRIES {
        let (caller, connection) = sockets::open(&upstream, &server).await;
        leaves(caller, connection).await;
    }
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
async fn a_stream_whose_vendor_dies_within_an_event_breaks_off() {
    let (simulator, _home, server) = ready().await;
    simulator.fault("POST /openai/v1/chat/completions", "cut=300; times=1").unwrap();
    let mut body = chat();
    body["stream"] = true.into();
    let mut coming = server.admin.post("/forward/openai/v1/chat/completions", &body).begin().await;
    assert_eq!(coming.status, 200);
    assert!(!coming.read_to_end().await, "a fragment is no event");
    let read = String::from_utf8_lossy(&coming.read).into_owned();
    assert!(!read.ends_with("\n\n") && !read.contains("event: error") && !read.contains("[DONE]"), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_whose_vendor_dies_between_events_ends_with_an_error_and_without_done() {
    let (upstream, home) = (Target::start().await, Home::new());
    let targets = format!("    t: {{base_url: \"{}\", allow: all}}\n", upstream.url());
    let server = server(&home, &targets).await;
    let dies = async {
        let (mut connection, _) = upstream.asked().await;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        connection.write_all(format!("{head}9\r\ndata: 1\n\n\r\n").as_bytes()).await.unwrap();
        connection.shutdown().await.unwrap();
        connection
    };
    let body = chat();
    let asking = server.admin.post("/forward/t/v1/chat/completions", &body);
    let (mut coming, _connection) = tokio::join!(asking.begin(), dies);
    assert!(coming.read_to_end().await, "the error is its end");
    let read = String::from_utf8_lossy(&coming.read).into_owned();
    assert!(read.starts_with("data: 1\n\nevent: error\ndata: {") && !read.contains("[DONE]"), "{read}");
}
