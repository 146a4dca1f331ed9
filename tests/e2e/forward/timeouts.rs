//! Targets that take too long: each limit has an answer of its own.

use tokio::io::AsyncWriteExt as _;

use super::raw::Target;
use super::server;
use crate::support::Home;

fn target(scheme: &str, url: &str, timeouts: &str) -> String {
    let url = url.replace("http:", scheme);
    format!(
        "    t: {{base_url: \"{url}\", allow: all, retry: {{enabled: false}}, timeouts: {{{timeouts}}}}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_late_is_a_504_that_names_the_limit() {
    // To TLS the target says nothing, so that the connection never stands.
    for (scheme, limit, code) in [
        ("http:", "timeout: 200ms", "request_timeout"),
        ("https:", "connect_timeout: 200ms", "connect_timeout"),
    ] {
        let (upstream, home) = (Target::start().await, Home::new());
        let server = server(&home, &target(scheme, &upstream.url(), limit)).await;
        let answer = server.admin.post("/forward/t/slow", &serde_json::json!({})).send().await;
        answer.refuses(504, code);
        assert_eq!(answer.header("fourfold-error"), "1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stalls_or_goes_on_too_long_never_ends_as_if_it_were_whole() {
    for (limit, code) in [("idle: 200ms", "idle_timeout"), ("stream: 200ms", "stream_timeout")] {
        let (upstream, home) = (Target::start().await, Home::new());
        let server = server(&home, &target("http:", &upstream.url(), limit)).await;
        for media_type in ["text/plain", "text/event-stream"] {
            let begin = server.admin.get("/forward/t/x").begin();
            let answer = async {
                let (mut connection, _head) = upstream.asked().await;
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
                );
                connection.write_all(format!("{head}9\r\ndata: 1\n\n\r\n").as_bytes()).await.unwrap();
                connection
            };
            let (mut coming, _connection) = tokio::join!(begin, answer);
            let is_whole = coming.read_to_end().await;
            let read = String::from_utf8_lossy(&coming.read).into_owned();
            if media_type == "text/event-stream" {
                assert!(
                    read.starts_with("data: 1\n\nevent: error\n") && read.contains(code),
                    "{limit}: {read}"
                );
            } else {
                assert!(!is_whole && read == "data: 1\n\n", "{limit}: {read}");
            }
        }
    }
}
