//! What could climb out of a target, be read in two ways, or carry a second request along: over real sockets, byte for
//! byte.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::raw::{Target, request, send};
use super::server;
use crate::support::{Home, run, within};

fn target(url: &str) -> String {
    format!(
        "    t: {{base_url: \"{url}/base\", auth: {{key: sk-1}}, allow: all, retry: {{enabled: false}}}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_climbs_or_is_ambiguous_reaches_the_target() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    for path in [
        "/forward/t/..",
        "/forward/t/../secret",
        "/forward/t/a/../../secret",
        "/forward/t/./a",
        "/forward/t/%2e%2e/secret",
        "/forward/t/%2E./secret",
        "/forward/t/..%2fsecret",
        "/forward/t/a%2Fb",
        "/forward/t/a%5cb",
        "/forward/t/a\\b",
        "/forward/t//a",
        "/forward/t/a//b",
        "/forward/t//elsewhere.test/a",
        "/forward/t/a%00",
        "/forward/t/a%0d%0aX:1",
        "/forward/t/%252e%252e/a",
        "/forward/t/..;/a",
        "/forward/t/http://elsewhere.test/",
        "/forward/../forward/t/a",
        "/forward/t/%2e%2e%2f%2e%2e/a",
        "http://elsewhere.test/forward/t/../a",
    ] {
        let answer = send(server.address, &request("GET", path, "", "")).await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(matches!(status, "400" | "404"), "{path}: {answer}");
        assert!(upstream.is_unasked(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_is_framed_in_two_ways() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    for headers in [
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: 4, 5\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "X-A: 1\r\n Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
    ] {
        let bytes = request("POST", "/forward/t/a", headers, "0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n");
        let answer = send(server.address, &bytes).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{headers:?}: {answer}");
        assert!(upstream.is_unasked(), "{headers:?}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_beside_a_length_go_on_as_chunks_and_nothing_else() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    for headers in [
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let body = "3\r\nabc\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n";
        let (address, bytes) = (server.address, request("POST", "/forward/t/a", headers, body));
        let asking = run(async move { send(address, &bytes).await });
        let (mut connection, head) = upstream.asked().await;
        assert!(head.to_lowercase().contains("transfer-encoding: chunked"), "{head}");
        assert!(!head.to_lowercase().contains("content-length"), "{head}");
        let mut read = Vec::new();
        while !read.ends_with(b"0\r\n\r\n") {
            within(connection.read_buf(&mut read)).await.unwrap();
        }
        assert_eq!(read, b"3\r\nabc\r\n0\r\n\r\n");
        connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
        let answer = within(asking).await.unwrap();
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(upstream.is_unasked(), "what came behind the body is no request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connections_own_headers_and_the_callers_host_stay_here() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    let headers = "X-Private: 1\r\nTE: trailers\r\nKeep-Alive: 5\r\nX-Kept: 1\r\nUpgrade: h2c\r\nProxy-Authorization: Basic eA==\r\n";
    let bytes = request("GET", "http://elsewhere.test/forward/t/a?b=%2f", headers, "");
    let bytes = String::from_utf8(bytes)
        .unwrap()
        .replace("Connection: close", "Connection: close, X-Private, upgrade");
    let address = server.address;
    let asking = run(async move { send(address, bytes.as_bytes()).await });
    let (mut connection, head) = upstream.asked().await;
    connection
        .write_all(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.test/x\r\nSet-Cookie: a=b\r\nKeep-Alive: 7\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    let answer = within(asking).await.unwrap();
    assert!(head.starts_with("GET /base/a?b=%2f HTTP/1.1\r\n"), "{head}");
    let lower = head.to_lowercase();
    for gone in [
        "x-private",
        "keep-alive",
        "\r\nte:",
        "upgrade",
        "elsewhere",
        "proxy-",
        "ff_e2e",
        "\r\nconnection: close",
    ] {
        assert!(!lower.contains(gone), "{gone}: {head}");
    }
    assert!(lower.contains("x-kept: 1") && lower.contains("authorization: bearer sk-1"), "{head}");
    // It is the caller's to follow.
    assert!(answer.starts_with("HTTP/1.1 302") && answer.contains("http://elsewhere.test/x"), "{answer}");
    assert!(!answer.to_lowercase().contains("set-cookie") && !answer.contains("Keep-Alive: 7"), "{answer}");
}
