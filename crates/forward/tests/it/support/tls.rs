//! A target that speaks TLS, and HTTP/2 to those who can.

use std::convert::Infallible;
use std::future::Future;
use std::io::Write as _;
use std::sync::Arc;

use fourfold_forward::{Allow, Body, Forwarder, ForwarderBuilder, Target, TlsSettings};
use http::{Request, Response, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

use super::{TIMELESS, run};

/// A target for `https://localhost`.
pub(crate) struct TlsUpstream {
    port: u16,
    ca_file: NamedTempFile,
}

impl TlsUpstream {
    /// One that says how it was asked, and sends the body back.
    pub(crate) async fn start() -> Self {
        Self::answering(echo).await
    }

    /// One that answers so.
    pub(crate) async fn answering<A, F>(answer: A) -> Self
    where
        A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        Self::serving(&[b"h2", b"http/1.1"], move |connection| {
            let answer = answer.clone();
            let service = service_fn(move |request| {
                let answer = answer(request);
                async { Ok::<_, Infallible>(answer.await) }
            });
            async move {
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                _ = server.serve_connection_with_upgrades(TokioIo::new(connection), service).await;
            }
        })
        .await
    }

    /// One that speaks these protocols, and does so with each connection.
    pub(crate) async fn serving<S, F>(protocols: &[&[u8]], serve: S) -> Self
    where
        S: Fn(TlsStream<TcpStream>) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let mut ca_file = NamedTempFile::new().unwrap();
        ca_file.write_all(made.cert.pem().as_bytes()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let mut config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        run(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                connection.set_nodelay(true).unwrap();
                // A client that doesn't trust us ends the handshake.
                let Ok(connection) = acceptor.accept(connection).await else { continue };
                run(serve(connection));
            }
        });
        Self { port, ca_file }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn ca_file(&self) -> &std::path::Path {
        self.ca_file.path()
    }

    pub(crate) fn builder(&self) -> ForwarderBuilder {
        let target = Target::new("vendor", &format!("https://localhost:{}", self.port)).unwrap();
        Forwarder::builder(target.allow(Allow::everything())).timeouts(TIMELESS)
    }

    /// What makes the target one that is trusted.
    pub(crate) fn trusted(&self) -> TlsSettings {
        TlsSettings { ca_files: vec![self.ca_file.path().to_owned()], ..TlsSettings::default() }
    }
}

async fn echo(mut request: Request<Incoming>) -> Response<Body> {
    let version = format!("{:?}", request.version());
    if request.headers().contains_key(header::UPGRADE) {
        let upgrade = hyper::upgrade::on(&mut request);
        run(async move {
            let mut connection = TokioIo::new(upgrade.await.unwrap());
            let (mut read, mut write) = tokio::io::split(&mut connection);
            _ = tokio::io::copy(&mut read, &mut write).await;
            _ = write.shutdown().await;
        });
        let answer = Response::builder().status(101).header("connection", "upgrade");
        let answer = answer.header("upgrade", "websocket").header("x-version", version);
        return answer.body(Body::empty()).unwrap();
    }
    let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    let names: Vec<_> = request.headers().keys().map(http::HeaderName::as_str).collect();
    let answer = Response::builder()
        .header("x-version", version)
        .header("x-authority", host)
        .header("x-target", request.uri().path_and_query().unwrap().as_str())
        .header("x-names", names.join(" "));
    answer.body(Body::wrap(request.into_body())).unwrap()
}
