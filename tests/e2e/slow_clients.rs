//! Callers who keep connections and send nothing, or take nothing.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Home, within};

const SHORT: Duration = Duration::from_millis(500);

fn home() -> Home {
    Home::new()
        .with("FOURFOLD__SERVER__HEADER_TIMEOUT", "500ms")
        .with("FOURFOLD__SERVER__IDLE_TIMEOUT", "500ms")
        .with("FOURFOLD__SERVER__BODY_IDLE_TIMEOUT", "500ms")
        .with("FOURFOLD__SERVER__CONNECTIONS_MAX", "2")
}

/// All that comes until the server closes the connection.
async fn rest(connection: &mut TcpStream) -> String {
    let mut read = Vec::new();
    within(connection.read_to_end(&mut read)).await.unwrap();
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn who_comes_while_there_is_no_room_waits_until_a_silent_one_is_sent_away() {
    let server = home().start().await;
    let began = Instant::now();
    let mut silent = [
        TcpStream::connect(server.address).await.unwrap(),
        TcpStream::connect(server.address).await.unwrap(),
    ];
    let mut third = TcpStream::connect(server.address).await.unwrap();
    third.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let answer = rest(&mut third).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(began.elapsed() >= SHORT, "{:?}", began.elapsed());
    let open = answer.lines().find_map(|line| line.strip_prefix("fourfold_connections_open ")).unwrap();
    assert!(["1", "2"].contains(&open), "{open}");
    for connection in &mut silent {
        assert_eq!(rest(connection).await, "");
    }
}

#[tokio::test]
async fn who_is_silent_between_two_requests_or_within_one_is_sent_away() {
    let server = home().start().await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let answer = rest(&mut idle).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");

    let key = server.admin.key(&serde_json::json!({"kind": "user", "account": "u1"})).await;
    let mut pausing = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /api/v1/jobs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: 100\r\n\r\n{{"
    );
    pausing.write_all(head.as_bytes()).await.unwrap();
    let answer = rest(&mut pausing).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("body_timeout"), "{answer}");
}

#[tokio::test]
async fn limits_that_cannot_be_are_named() {
    for (name, setting) in [("CONNECTIONS_MAX", "connections_max"), ("SEND_TIMEOUT", "send_timeout")] {
        let said = Home::new().with(&format!("FOURFOLD__SERVER__{name}"), "0").refusal().await;
        assert!(said.contains(&format!("server.{setting}")), "{said}");
    }
}
