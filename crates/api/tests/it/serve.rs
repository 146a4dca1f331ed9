//! Connections, on real sockets.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::routing::get;
use fourfold_api::{Listener, ServerSettings};
use fourfold_service::Spawner;
use futures_util::stream;
use http::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
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

/// Fails unless a connection on which this comes, is answered and is followed by this is closed in this span:
/// one timeout after it, and at most one look at the connection more.
async fn check_closed_after(followed_by: &str, least: Duration, most: Duration) {
    let server = Server::start().await;
    let mut connection = server.connect().await;
    connection.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    until(&mut connection, "\"missing\":[]}").await;
    let began = Instant::now();
    connection.write_all(followed_by.as_bytes()).await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(60 * 60), rest(&mut connection)).await;
    assert_eq!(closed.as_deref(), Ok(""), "{followed_by:?}");
    assert!((least..=most).contains(&began.elapsed()), "{followed_by:?}: {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_connection_may_be_idle_for_longer_than_a_head_may_take() {
    let ServerSettings { header_timeout, idle_timeout, .. } = ServerSettings::default();
    check_closed_after("", idle_timeout, idle_timeout + header_timeout).await;
    check_closed_after("GET /health", header_timeout, header_timeout * 2).await;
}

/// A server for this route alone, and its address.
async fn serve_alone(settings: ServerSettings, router: Router) -> (std::net::SocketAddr, Spawner) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let spawner = Spawner::new(Handle::current());
    let serving = spawner.clone();
    spawner.start(async move { fourfold_api::serve(listener, router, &settings, &serving).await });
    (address, spawner)
}

#[tokio::test]
async fn an_answer_that_breaks_off_never_ends_as_if_it_were_whole() {
    let broken = async || {
        let pieces = [Ok(Bytes::from_static(b"half")), Err(std::io::Error::other("gone"))];
        Body::from_stream(stream::iter(pieces))
    };
    let whole = async || Body::from_stream(stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"all"))]));
    let router = Router::new().route("/broken", get(broken)).route("/whole", get(whole));
    let (address, _spawner) = serve_alone(ServerSettings::default(), router).await;
    for (path, version, is_reset) in
        [("/broken", "1.0", true), ("/broken", "1.1", false), ("/whole", "1.0", false)]
    {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = format!("GET {path} HTTP/{version}\r\nhost: x\r\nconnection: close\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        let end = connection.read_to_end(&mut read).await;
        assert_eq!(end.is_err(), is_reset, "{path} {version}: {end:?} after {read:?}");
        // In chunks the end that is missing says it.
        assert!(!(path == "/broken" && read.ends_with(b"0\r\n\r\n")), "{read:?}");
    }
}

/// An answer without an end, which tells when it is dropped.
fn endless(dropped: mpsc::UnboundedSender<()>) -> Router {
    let answer = async move || {
        let held = Dropped(dropped);
        let parts = stream::repeat_with(move || {
            let _held = &held;
            Ok::<_, Infallible>(Bytes::from_static(&[b' '; 16 * 1024]))
        });
        Body::from_stream(parts)
    };
    Router::new().route("/", get(answer))
}

/// Tells when it is dropped.
struct Dropped(mpsc::UnboundedSender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
    }
}

/// Accepts connections that tell when their place is free.
struct Placed(TcpListener, mpsc::UnboundedSender<()>);

impl Listener for Placed {
    type Io = TcpStream;
    type Held = Dropped;

    async fn accept(&mut self) -> (TcpStream, Dropped) {
        let (stream, ()) = Listener::accept(&mut self.0).await;
        (stream, Dropped(self.1.clone()))
    }
}

#[tokio::test]
async fn a_connection_that_was_taken_over_keeps_its_place_until_it_ends() {
    let (told, mut freed) = mpsc::unbounded_channel();
    let (hand_over, mut taken) = mpsc::unbounded_channel();
    let switch = async move |request: Request| {
        hand_over.send(hyper::upgrade::on(request)).unwrap();
        (StatusCode::SWITCHING_PROTOCOLS, [("connection", "upgrade"), ("upgrade", "websocket")])
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (settings, spawner) = (ServerSettings::default(), Spawner::new(Handle::current()));
    let (router, serving) = (Router::new().route("/", get(switch)), spawner.clone());
    let listener = Placed(listener, told);
    spawner.start(async move { fourfold_api::serve(listener, router, &settings, &serving).await });
    let mut connection = TcpStream::connect(address).await.unwrap();
    let asked = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    connection.write_all(asked).await.unwrap();
    until(&mut connection, "\r\n\r\n").await;
    let upgraded = taken.recv().await.unwrap().await.unwrap();
    // Nobody serves it any longer.
    assert!(spawner.stop(Duration::from_secs(30)).await);
    freed.try_recv().unwrap_err();
    drop(upgraded);
    freed.recv().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_stops_reading_is_left() {
    let settings = ServerSettings::default();
    let (send_timeout, header_timeout) = (settings.send_timeout, settings.header_timeout);
    let (told, mut dropped) = mpsc::unbounded_channel();
    let (address, _spawner) = serve_alone(settings, endless(told)).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    let began = Instant::now();
    connection.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    tokio::time::timeout(Duration::from_secs(60 * 60), dropped.recv()).await.unwrap().unwrap();
    assert!(
        (send_timeout..=send_timeout + header_timeout).contains(&began.elapsed()),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_reads_slowly_is_not() {
    let settings = ServerSettings::default();
    let (told, mut dropped) = mpsc::unbounded_channel();
    let (address, _spawner) = serve_alone(settings.clone(), endless(told)).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    for _ in 0..10 {
        // As much as lies between them, so that the server can send on.
        let mut read = vec![0; 8 * 1024 * 1024];
        connection.read_exact(&mut read).await.unwrap();
        tokio::time::sleep(settings.send_timeout / 2).await;
    }
    dropped.try_recv().unwrap_err();
    drop(connection);
    tokio::time::timeout(Duration::from_secs(60), dropped.recv()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let settings =
        ServerSettings { header_bytes_max: 8 * 1024, headers_max: 10, ..ServerSettings::default() };
    let (address, _spawner) = serve_alone(settings, Router::new().route("/", get(async || "ok"))).await;
    let long = format!("x: {}\r\n", "y".repeat(9 * 1024));
    let many: String = (0..11).map(|number| format!("x{number}: y\r\n")).collect();
    for (headers, status) in [(String::new(), "200"), (long, "431"), (many, "431")] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nconnection: close\r\n{headers}\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        let answer = until(&mut connection, "\r\n\r\n").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_pauses_is_not_waited_for() {
    let server = Server::start().await;
    let mut connection = server.connect().await;
    let head = format!(
        "POST /api/v1/quotes HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nfourfold-user: u1\r\n\
         content-length: 100\r\n\r\n{{",
        server.house.service
    );
    let began = Instant::now();
    connection.write_all(head.as_bytes()).await.unwrap();
    let answer = until(&mut connection, "body_timeout").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(began.elapsed().as_secs(), server.house.settings.body_idle_timeout.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_waited_for_as_long_as_a_body_may_take() {
    let server = Server::start().await;
    let mut connection = server.connect().await;
    let head = format!(
        "POST /api/v1/quotes HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nfourfold-user: u1\r\n\
         content-length: 100\r\n\r\n{{",
        server.house.service
    );
    let began = Instant::now();
    connection.write_all(head.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = connection.into_split();
    let trickling = async {
        while writing.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let mut read = [0; 12];
    tokio::select! {
        answer = reading.read_exact(&mut read) => { answer.unwrap(); }
        () = trickling => panic!("nobody answered"),
    }
    assert_eq!(&read, b"HTTP/1.1 408");
    assert_eq!(began.elapsed().as_secs(), server.house.settings.body_timeout.as_secs());
}
