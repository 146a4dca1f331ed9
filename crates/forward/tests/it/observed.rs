//! Metrics and logs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fourfold_forward::{
    Allow, AuthScheme, ForwardLog, ForwardOutcome, ForwardRecorder, ForwardReport, ForwardRequest,
    ForwardRetry, Forwarder, Target,
};
use http::{Method, StatusCode};

use crate::support::{Reply, TlsUpstream, Upstream, body_of, builder, get, soon};

#[derive(Default)]
struct Counts {
    began: Mutex<u32>,
    answered: Mutex<Vec<StatusCode>>,
    ended: Mutex<Vec<ForwardReport>>,
}

impl ForwardRecorder for Counts {
    fn began(&self) {
        *self.began.lock().unwrap() += 1;
    }

    fn answered(&self, status: StatusCode, _first_byte: Duration) {
        self.answered.lock().unwrap().push(status);
    }

    fn ended(&self, report: &ForwardReport) {
        self.ended.lock().unwrap().push(*report);
    }
}

#[tokio::test]
async fn every_request_that_began_ends_once_with_its_outcome() {
    let (reply, pipe) = Reply::piped("text/plain");
    let replies = [Reply::ok("four"), Reply::close(), reply];
    let upstream = Upstream::start(replies).await;
    let counts = Arc::new(Counts::default());
    let forwarder = builder(&upstream.url()).recorder(counts.clone()).build().unwrap();
    body_of(soon(forwarder.forward(get("/"))).await.unwrap()).await;
    soon(forwarder.forward(get("/"))).await.unwrap_err();
    pipe.send("x");
    drop(soon(forwarder.forward(get("/"))).await.unwrap());
    soon(forwarder.forward(get("/.."))).await.unwrap_err();
    assert_eq!(*counts.began.lock().unwrap(), 4);
    assert_eq!(*counts.answered.lock().unwrap(), [StatusCode::OK, StatusCode::OK]);
    let ended = counts.ended.lock().unwrap();
    let ended: Vec<_> =
        ended.iter().map(|report| (report.outcome, report.error, report.received_bytes)).collect();
    assert_eq!(
        ended,
        [
            (ForwardOutcome::Answered, None, 4),
            (ForwardOutcome::Failed, Some("interrupted"), 0),
            (ForwardOutcome::Left, None, 0),
            (ForwardOutcome::Refused, Some("unsafe_path"), 0),
        ]
    );
}

#[tokio::test]
async fn a_logged_request_has_an_id_that_the_target_learns() {
    let upstream = Upstream::start([Reply::ok("hello"), Reply::ok("")]).await;
    let log = ForwardLog { body_bytes_max: 3, ..ForwardLog::default() };
    let forwarder = builder(&upstream.url()).log(log).build().unwrap();
    let request = ForwardRequest::new(Method::POST, "/").body("question");
    assert_eq!(body_of(soon(forwarder.forward(request)).await.unwrap()).await, "hello");
    soon(forwarder.forward(ForwardRequest::new(Method::GET, "/").header("x-request-id", "r1")))
        .await
        .unwrap();
    let received = upstream.received();
    assert_eq!(received[0].text(), "question");
    assert_eq!(received[0].header("x-request-id").unwrap().len(), 36);
    assert_eq!(received[1].header("x-request-id"), Some("r1"));
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_says_why_a_target_cannot_be_reached() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logs = tracing::subscriber::set_default(subscriber);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let tls = TlsUpstream::start().await;
    let untrusted = format!("https://localhost:{}", tls.port());
    for (url, expected) in [
        (&refused, "refused"),
        (&untrusted, "UnknownIssuer"),
        (&"http://nope.invalid".to_owned(), "dns error"),
    ] {
        let target = Target::new("vendor", url).unwrap().allow(Allow::everything());
        let credential = AuthScheme::Query("key".into(), "secret".into());
        for (retry, times) in [
            (ForwardRetry::never(), 1),
            (ForwardRetry { attempts_max: 2, base: Duration::from_millis(1), ..ForwardRetry::default() }, 2),
        ] {
            let builder = Forwarder::builder(target.clone().auth(credential.clone())).retry(retry);
            let forwarder = builder.log(ForwardLog::default()).build().unwrap();
            let error = soon(forwarder.forward(get("/a?key=secret"))).await.unwrap_err();
            assert!(!error.to_string().contains(expected), "it's no caller's business: {error}");
            let logged = String::from_utf8(std::mem::take(&mut *lines.0.lock().unwrap())).unwrap();
            assert_eq!(logged.matches(expected).count(), times, "{logged}");
            assert!(!logged.contains("secret"), "{logged}");
        }
    }
}

#[tokio::test]
async fn the_log_has_no_secret_and_no_more_of_a_body_than_was_asked_for() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logs = tracing::subscriber::set_default(subscriber);
    for (body_bytes_max, shown) in [(0, &[][..]), (4, &["ques", "repl"])] {
        let replies =
            [Reply::status(201, &[("Set-Cookie", "secret"), ("X-Own", "kept")], "replied"), Reply::close()];
        let upstream = Upstream::start(replies).await;
        let target = Target::new("vendor", &upstream.url()).unwrap().allow(Allow::everything());
        let log = ForwardLog { body_bytes_max, ..ForwardLog::default() };
        let forwarder = Forwarder::builder(target.auth(AuthScheme::Bearer("secret".into())))
            .retry(ForwardRetry::never())
            .log(log)
            .build()
            .unwrap();
        let request = |id: &'static str| {
            let request = ForwardRequest::new(Method::POST, "/a?key=secret").request_id(id).body("question");
            request.header("api-key", "secret").header("authorization", "secret")
        };
        body_of(soon(forwarder.forward(request("r1"))).await.unwrap()).await;
        soon(forwarder.forward(request("r2"))).await.unwrap_err();
        let logged = String::from_utf8(std::mem::take(&mut *lines.0.lock().unwrap())).unwrap();
        for expected in
            ["r1", "r2", "vendor", "path=\"/a\"", "status=201", "received_bytes=7", "interrupted", "kept"]
        {
            assert!(logged.contains(expected), "{expected} {logged}");
        }
        for hidden in ["secret", "question", "replied", &upstream.url()] {
            assert!(!logged.contains(hidden), "{hidden} {logged}");
        }
        for start in ["ques", "repl"] {
            assert_eq!(logged.contains(&format!("body=\"{start}\"")), shown.contains(&start), "{logged}");
        }
    }
}
