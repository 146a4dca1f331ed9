//! TLS: the same trust and the same protocols on both ways through.

use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fourfold_clients::http::{BaseHttpClient, Body, Effect, ErrorKind, HttpSettings, TimeoutStage, Timeouts};
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::support::{run, soon, timeless};

/// A server for `https://localhost` that answers with the version that it was asked in.
struct TlsServer {
    port: u16,
    ca_file: NamedTempFile,
    /// Tells when the body of an endless answer was let go, and when a request came that is never answered.
    let_go: mpsc::UnboundedReceiver<()>,
}

impl TlsServer {
    async fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let mut ca_file = NamedTempFile::new().unwrap();
        ca_file.write_all(made.cert.pem().as_bytes()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let acceptor = acceptor(made.cert.der().clone(), key);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tx, let_go) = mpsc::unbounded_channel();
        run(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                run(serve(acceptor.clone(), connection, tx.clone()));
            }
        });
        Self { port, ca_file, let_go }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Settings that trust the server.
    fn settings(&self) -> HttpSettings {
        let mut settings = timeless();
        settings.tls.ca_files = vec![self.ca_file.path().to_owned()];
        settings
    }

    fn client(&self, settings: HttpSettings) -> BaseHttpClient {
        BaseHttpClient::builder(self.url()).settings(settings).build().unwrap()
    }
}

fn acceptor(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.unwrap().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(acceptor: TlsAcceptor, connection: tokio::net::TcpStream, let_go: mpsc::UnboundedSender<()>) {
    // A client that doesn't trust us ends the handshake.
    let Ok(connection) = acceptor.accept(connection).await else { return };
    let service = service_fn(move |request| answer(request, let_go.clone()));
    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    _ = server.serve_connection(TokioIo::new(connection), service).await;
}

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

async fn answer(request: Request<Incoming>, let_go: mpsc::UnboundedSender<()>) -> Result<Answer, Infallible> {
    if request.uri().path() == "/hang" {
        // The test is there, since it waits for this.
        _ = let_go.send(());
        std::future::pending::<()>().await;
    }
    let version = Bytes::from(format!("{:?}", request.version()));
    if request.uri().path() != "/endless" {
        return Ok(Response::new(StreamBody::new(stream::iter([Ok(Frame::data(version))])).boxed_unsync()));
    }
    let guard = TellsDrop(let_go);
    let endless = stream::iter([Ok(Frame::data(version))]).chain(stream::poll_fn(move |_| {
        _ = &guard;
        std::task::Poll::Pending
    }));
    Ok(Response::new(StreamBody::new(endless).boxed_unsync()))
}

struct TellsDrop(mpsc::UnboundedSender<()>);

impl Drop for TellsDrop {
    fn drop(&mut self) {
        // The test may be over.
        _ = self.0.send(());
    }
}

async fn versions(client: &BaseHttpClient, url: &str) -> [String; 2] {
    let called = client.get("/").send().await.unwrap();
    let request = Request::get(url).body(Body::empty()).unwrap();
    let passed = client.exchange(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    [called.text().unwrap().to_owned(), String::from_utf8(passed.to_vec()).unwrap()]
}

#[tokio::test]
async fn both_ways_speak_http2_where_it_is_offered_and_allowed() {
    let server = TlsServer::start().await;
    let mut settings = server.settings();
    assert_eq!(versions(&server.client(settings.clone()), &server.url()).await, ["HTTP/2.0", "HTTP/2.0"]);
    settings.pool.http2 = false;
    assert_eq!(versions(&server.client(settings), &server.url()).await, ["HTTP/1.1", "HTTP/1.1"]);
}

#[tokio::test]
async fn an_authority_that_nobody_named_is_not_trusted() {
    let server = TlsServer::start().await;
    let client = server.client(timeless());
    let error = client.post("/").paid().no_retry().send().await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Connect, Effect::NotStarted));
    let request = Request::get(server.url()).body(Body::empty()).unwrap();
    let error = client.exchange(request).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Connect, Effect::NotStarted));
}

#[tokio::test]
async fn who_proves_nothing_is_trusted_only_on_demand() {
    let server = TlsServer::start().await;
    let mut settings = timeless();
    settings.tls.verify = false;
    assert_eq!(versions(&server.client(settings), &server.url()).await, ["HTTP/2.0", "HTTP/2.0"]);
    let written = serde_json::to_value(timeless().tls).unwrap();
    assert_eq!(written, serde_json::json!({"ca_files": []}), "no setting reaches it");
}

#[tokio::test]
async fn a_request_for_an_upgrade_goes_by_http1() {
    let server = TlsServer::start().await;
    let client = server.client(server.settings());
    let request = Request::get(server.url()).header("connection", "upgrade").header("upgrade", "websocket");
    let answer = client.exchange(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "HTTP/1.1");
}

#[tokio::test]
async fn dropping_a_stream_ends_it_at_the_server_on_http2_too() {
    let mut server = TlsServer::start().await;
    let client = server.client(server.settings());
    let mut body = client.get("/endless").stream().await.unwrap().into_body();
    assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "HTTP/2.0");
    drop(body);
    soon(server.let_go.recv()).await.unwrap();
    let request = Request::get(format!("{}/endless", server.url())).body(Body::empty()).unwrap();
    let mut body = client.exchange(request).await.unwrap().into_body();
    soon(body.frame()).await.unwrap().unwrap();
    drop(body);
    soon(server.let_go.recv()).await.unwrap();
}

#[tokio::test]
async fn a_file_without_a_certificate_is_a_mistake() {
    let empty = NamedTempFile::new().unwrap();
    let mut settings = timeless();
    settings.tls.ca_files = vec![empty.path().to_owned()];
    let error = BaseHttpClient::builder("https://vendor.test").settings(settings).build().unwrap_err();
    assert!(std::error::Error::source(&error).unwrap().to_string().ends_with("no certificate in it"));
}

#[tokio::test]
async fn what_was_written_on_http2_may_have_started() {
    let mut server = TlsServer::start().await;
    let client = server.client(server.settings());
    let limits = Timeouts { first_byte: Duration::from_secs(30), ..Timeouts::NONE };
    let called = client.post("hang").timeouts(limits).no_retry().send();
    let request = Request::get(format!("{}/hang", server.url())).body(Body::empty()).unwrap();
    let passed = client.exchange_within(request, limits);
    let mut both = std::pin::pin!(async { tokio::join!(called, passed) });
    tokio::select! {
        _ = &mut both => panic!("nothing was answered"),
        _ = soon(async { (server.let_go.recv().await, server.let_go.recv().await) }) => {}
    }
    tokio::time::pause();
    let (called, passed) = both.await;
    for error in [called.unwrap_err(), passed.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutStage::FirstByte));
        assert_eq!(error.effect(), Effect::MayHaveStarted);
    }
}
