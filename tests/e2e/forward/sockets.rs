//! WebSockets through the proxy.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::raw::{Target, read_head, request};
use super::server;
use crate::support::{Home, Server, within};

/// A WebSocket's two ends.
pub(super) async fn open(upstream: &Target, server: &Server) -> (TcpStream, TcpStream) {
    let upgrade =
        "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    let bytes = request("GET", "/forward/t/v1/realtime?model=m", upgrade, "");
    let bytes = String::from_utf8(bytes).unwrap().replace("Connection: close", "Connection: Upgrade");
    let mut caller = TcpStream::connect(server.address).await.unwrap();
    caller.write_all(bytes.as_bytes()).await.unwrap();
    let (mut target, head) = upstream.asked().await;
    let lower = head.to_lowercase();
    assert!(lower.starts_with("get /v1/realtime?model=m http/1.1"), "{head}");
    for kept in [
        "upgrade: websocket",
        "connection: upgrade",
        "sec-websocket-key: dghlihnhbxbszsbub25jzq==",
        "bearer sk-1",
    ] {
        assert!(lower.contains(kept), "{kept}: {head}");
    }
    let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    target.write_all(switch.as_bytes()).await.unwrap();
    let answer = read_head(&mut caller).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{answer}");
    (caller, target)
}

/// A target for WebSockets.
pub(super) fn target(url: &str) -> String {
    format!("    t: {{base_url: \"{url}\", auth: {{key: sk-1}}, allow: [\"GET /v1/realtime\"]}}\n")
}

async fn echoes(from: &mut TcpStream, to: &mut TcpStream, bytes: &[u8]) {
    from.write_all(bytes).await.unwrap();
    let mut read = vec![0; bytes.len()];
    within(to.read_exact(&mut read)).await.unwrap();
    assert_eq!(read, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_go_both_ways_until_one_side_ends() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    let (mut caller, mut target) = open(&upstream, &server).await;
    echoes(&mut caller, &mut target, b"\x81\x85\x01\x02\x03\x04hello").await;
    echoes(&mut target, &mut caller, &vec![7; 300_000]).await;
    drop(caller);
    assert_eq!(within(target.read(&mut [0; 16])).await.unwrap_or(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_them() {
    let (upstream, home) = (Target::start().await, Home::new());
    let server = server(&home, &target(&upstream.url())).await;
    let (mut caller, mut target) = open(&upstream, &server).await;
    server.terminate();
    assert_eq!(within(caller.read(&mut [0; 16])).await.unwrap_or(0), 0);
    assert_eq!(within(target.read(&mut [0; 16])).await.unwrap_or(0), 0);
    assert_eq!(server.ended().await.code(), Some(0));
}
