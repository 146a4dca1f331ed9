//! What logs, spans and recorders see of a call, and what they never see.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use fourfold_clients::http::{AuthScheme, BaseHttpClient, Body, CallReport, ClientError, Outcome, Recorder};
use http::Request;
use http_body_util::BodyExt;
use tracing::Level;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::{Reply, Server, builder, timeless};

thread_local! {
    static LOGGED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// The lines that were logged on this thread since its start. One subscriber serves the process, because scoped
/// ones disturb each other's caches; a test and its runtime have a thread to themselves.
pub(crate) struct Lines;

struct ToThread;

impl io::Write for ToThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| {
            if let Some(logged) = logged {
                logged.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    pub(crate) fn start() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            tracing_subscriber::fmt()
                .with_max_level(Level::TRACE)
                .with_span_events(FmtSpan::CLOSE)
                .with_ansi(false)
                .with_writer(|| ToThread)
                .init();
        });
        LOGGED.set(Some(Vec::new()));
        Self
    }

    /// The lines of this crate that have this in them.
    pub(crate) fn with(&self, wanted: &str) -> Vec<String> {
        let text = LOGGED.with_borrow(|logged| String::from_utf8(logged.clone().unwrap()).unwrap());
        let ours = text.lines().filter(|line| line.contains("fourfold_clients"));
        ours.filter(|line| line.contains(wanted)).map(str::to_owned).collect()
    }
}

fn secretive(server: &Server) -> BaseHttpClient {
    builder(server).auth(AuthScheme::Bearer("sk-secret".to_owned().into())).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_retry_is_one_line() {
    let lines = Lines::start();
    let server = Server::start([
        Reply::status(503, &[], ""),
        Reply::status(429, &[("Retry-After", "9")], ""),
        Reply::ok(""),
    ])
    .await;
    secretive(&server).post("/v1/a?sig=signed").operation("make").json("words").send().await.unwrap();
    let retries = lines.with("will be tried again");
    assert_eq!(retries.len(), 2);
    for (line, expected) in retries.iter().zip([
        ["WARN", "retry=1", "wait_ms=1000", "status=503", "operation=\"make\"", "method=POST", "/v1/a?…"],
        ["WARN", "retry=2", "wait_ms=9000", "status=429", "operation=\"make\"", "method=POST", "/v1/a?…"],
    ]) {
        for part in expected {
            assert!(line.contains(part), "{part} is not in {line}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_a_span_without_secrets() {
    let lines = Lines::start();
    let server = Server::start([Reply::status(500, &[], ""), Reply::ok("6 cats")]).await;
    let client = secretive(&server);
    assert_eq!(lines.with("built an HTTP client").len(), 1);
    assert!(lines.with("built an HTTP client")[0].contains(&format!("base_url={}", server.url())));
    client.post("/v1/a?sig=signed").json("a user's words").operation("make").send().await.unwrap();
    let closed = lines.with("close");
    assert_eq!(closed.len(), 1, "{closed:?}");
    for part in [
        "operation=\"make\"",
        "method=POST",
        "/v1/a?…",
        "sent_type=\"application/json\"",
        "sent_bytes=16",
        "status=200",
        "received_bytes=6",
        "tries=2",
        "duration_ms=1000",
    ] {
        assert!(closed[0].contains(part), "{part} is not in {}", closed[0]);
    }
    for secret in ["sk-secret", "signed", "user's words", "6 cats"] {
        assert_eq!(lines.with(secret), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_exchange_is_a_span_that_ends_with_its_body() {
    let lines = Lines::start();
    let server = Server::start([Reply::ok("answer")]).await;
    let request = Request::get(format!("{}/a?sig=signed", server.url())).body(Body::empty()).unwrap();
    let answer = secretive(&server).exchange(request).await.unwrap();
    assert_eq!(lines.with("close").len(), 0);
    answer.into_body().collect().await.unwrap();
    let closed = lines.with("close");
    assert!(closed[0].contains("status=200") && closed[0].contains("received_bytes=6"), "{closed:?}");
    assert_eq!(lines.with("signed"), Vec::<String>::new());
}

#[tokio::test]
async fn bodies_are_logged_only_if_asked() {
    for log_bodies in [false, true] {
        let lines = Lines::start();
        let server = Server::start([Reply::ok("the answer")]).await;
        let mut settings = timeless();
        settings.log_bodies = log_bodies;
        let client = builder(&server).settings(settings).build().unwrap();
        client.post("/").json("the question").send().await.unwrap();
        for words in ["the question", "the answer"] {
            assert_eq!(lines.with(words).len(), usize::from(log_bodies), "{words}");
        }
    }
}

#[derive(Default)]
struct Book(Mutex<Vec<String>>);

impl Recorder for Book {
    fn call_ended(&self, call: &CallReport<'_>) {
        let outcome = match call.outcome {
            Outcome::Answered => "answered".to_owned(),
            Outcome::Left => "left".to_owned(),
            Outcome::Failed(error) => error.to_string(),
        };
        let status = call.status.map(|status| status.as_u16());
        let line = format!(
            "{} {} {status:?} {outcome} tries={} bytes={}",
            call.operation, call.method, call.tries, call.received_bytes
        );
        self.0.lock().unwrap().push(line);
    }

    fn retried(&self, error: &ClientError, wait: Duration) {
        self.0.lock().unwrap().push(format!("retry after {wait:?}: {error}"));
    }
}

impl Book {
    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn a_recorder_sees_the_end_of_every_call() {
    let book = Arc::new(Book::default());
    let partial = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    let server = Server::start([
        Reply::status(500, &[], ""),
        Reply::ok("whole"),
        Reply::status(404, &[], "no"),
        Reply::raw(partial),
        Reply::raw(partial).then_close(),
        Reply::ok("streamed"),
    ])
    .await;
    let client = builder(&server).recorder(Arc::clone(&book) as _).build().unwrap();
    client.post("/").operation("make").send().await.unwrap();
    let retry = "retry after 1s: the vendor answered with an error: status 500";
    assert_eq!(book.lines(), [retry, "make POST Some(200) answered tries=2 bytes=5"]);

    client.get("/").send().await.unwrap_err();
    assert_eq!(
        book.lines(),
        [" GET Some(404) the vendor answered with an error: status 404 tries=1 bytes=0"]
    );

    let mut body = client.get("/").stream().await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    assert!(book.lines().is_empty());
    drop(body);
    assert_eq!(book.lines(), [" GET Some(200) left tries=1 bytes=4"]);

    client.get("/").stream().await.unwrap().into_body().collect().await.unwrap_err();
    let cut = " GET Some(200) the connection ended before the answer was whole tries=1 bytes=4";
    assert_eq!(book.lines(), [cut]);

    let request = Request::get(server.url()).body(Body::empty()).unwrap();
    client.exchange(request).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(book.lines(), ["exchange GET Some(200) answered tries=1 bytes=8"]);
}

#[tokio::test]
async fn a_call_that_is_dropped_is_recorded_as_left() {
    let book = Arc::new(Book::default());
    let (reply, _closed) = Reply::hang();
    let (reply, read) = reply.telling();
    let server = Server::start([reply]).await;
    let client = builder(&server).recorder(Arc::clone(&book) as _).build().unwrap();
    tokio::select! {
        _ = client.get("/").operation("wait").send() => panic!("nothing was answered"),
        _ = read => {}
    }
    assert_eq!(book.lines(), ["wait GET None left tries=1 bytes=0"]);
}
