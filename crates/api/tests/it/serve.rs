//! Connections, on real sockets.

use std::time::Duration;

use fourfold_service::Spawner;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::support::House;

/// A server on a port of its own.
struct Server {
    house: House,
    address: std::net::SocketAddr,
    spawner: Spawner,
}

impl Server {
    async fn start() -> Self {
        let house = House::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let spawner = Spawner::new(Handle::current());
        let (router, settings, serving) = (house.router(), house.settings.clone(), spawner.clone());
        spawner.start(async move { fourfold_api::serve(listener, router, &settings, &serving).await });
        Self { house, address, spawner }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// All that comes until the server closes the connection.
async fn rest(connection: &mut TcpStream) -> String {
    let mut read = Vec::new();
    connection.read_to_end(&mut read).await.unwrap();
    String::from_utf8(read).unwrap()
}

/// All that comes until this text has come.
async fn until(connection: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        assert_ne!(connection.read_buf(&mut read).await.unwrap(), 0, "{}", String::from_utf8_lossy(&read));
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn a_connection_takes_one_request_after_another() {
    let server = Server::start().await;
    let mut connection = server.connect().await;
    for _ in 0..2 {
        connection.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let answer = until(&mut connection, "\"missing\":[]}").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
}

/// Fails unless a connection on which only this comes is closed when the time for a head is over.
async fn check_closed(written: &str) {
    let server = Server::start().await;
    let began = Instant::now();
    let mut connection = server.connect().await;
    connection.write_all(written.as_bytes()).await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(60 * 60), rest(&mut connection)).await;
    assert_eq!(closed.as_deref(), Ok(""), "{written:?}");
    assert_eq!(began.elapsed().as_secs(), server.house.settings.header_timeout.as_secs(), "{written:?}");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_is_not_waited_for() {
    check_closed("").await;
    check_closed("G").await;
    check_closed("GET /health/live HTTP/1.1\r\nhost: x\r\n").await;
    // What a connection of HTTP/2 begins with.
    check_closed("PRI * HTTP/2.0\r\n").await;
}

#[tokio::test]
async fn a_server_that_stops_answers_what_it_has_begun() {
    let server = Server::start().await;
    let body = r#"{"model":"picture","input":{"prompt":"a fox"}}"#;
    let key = &server.house.service;
    let head = format!(
        "POST /api/v1/quotes HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nfourfold-user: u1\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut connection = server.connect().await;
    connection.write_all(head.as_bytes()).await.unwrap();
    until(&mut connection, "100 Continue\r\n\r\n").await;

    let stopping = server.spawner.stopping().clone();
    let finish = async {
        stopping.cancelled().await;
        connection.write_all(body.as_bytes()).await.unwrap();
        rest(&mut connection).await
    };
    let (all_ended, answer) = tokio::join!(server.spawner.stop(Duration::from_secs(30)), finish);
    assert!(all_ended);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(TcpStream::connect(server.address).await.is_err());
}
