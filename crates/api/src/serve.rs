//! Answers connections on the runtime that it is called on, until it is told to stop.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use axum::{BoxError, Router};
use fourfold_service::Spawner;
use http::Version;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tower::Service;

use crate::ServerSettings;
use crate::patience::{Answering, UnderWay, Watch};
use crate::settings::HEADERS_MAX;

/// How long accepting rests after the system refused, for want of file descriptors for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Offers connections.
pub trait Listener: Send + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Send + Unpin + 'static;
    /// What is kept until the connection's end, such as its place among those that there may be. A connection that has
    /// become a WebSocket isn't at its end.
    type Held: Send + Unpin + 'static;

    /// Waits for the next connection. Dropping the future loses none.
    fn accept(&mut self) -> impl Future<Output = (Self::Io, Self::Held)> + Send;

    /// Has the connection end with a reset, so that nobody takes what came of an answer for all of it. By default it ends
    /// as always.
    fn reset(io: &Self::Io) {
        let _ = io;
    }
}

impl Listener for TcpListener {
    type Io = TcpStream;
    type Held = ();

    async fn accept(&mut self) -> (TcpStream, ()) {
        loop {
            match Self::accept(self).await {
                Ok((stream, _address)) => return (stream, ()),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a connection couldn't be accepted"
                    );
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn reset(io: &TcpStream) {
        // A connection that is gone can't end otherwise.
        _ = io.set_zero_linger();
    }
}

/// Answers what the listener accepts until the spawner says stop; then accepts no more and lets what is
/// under way end. Each connection is a task of the spawner, so stopping it waits for them.
pub async fn serve<L: Listener>(
    mut listener: L,
    router: Router,
    settings: &ServerSettings,
    spawner: &Spawner,
) {
    let builder = builder(settings);
    let patience = settings.shutdown_timeout;
    while let Some((io, held)) = spawner.stopping().run_until_cancelled(listener.accept()).await {
        let (builder, stopping) = (builder.clone(), spawner.stopping().clone());
        let watch = Watch::new(settings);
        let service = Watching { router: router.clone(), watch: watch.clone() };
        spawner.start(async move {
            let io = TokioIo::new(watch.over(io, L::reset, held));
            let service = TowerToHyperService::new(service);
            let mut connection = pin!(builder.serve_connection_with_upgrades(io, service));
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = watch.ends() => Ok(()),
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    timeout(patience, connection).await.unwrap_or(Ok(()))
                }
            };
            if let Err(error) = ended {
                tracing::debug!(error = error.as_ref() as &dyn std::error::Error, "a connection broke off");
            }
        });
    }
}

/// Both protocols within the limits that are set. How long they wait is watched from outside.
fn builder(settings: &ServerSettings) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let mut http1 = builder.http1();
    http1.timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(settings.header_bytes_max);
    // To set it costs every request an allocation, so that what holds anyway isn't set.
    if settings.headers_max != HEADERS_MAX {
        http1.max_headers(settings.headers_max);
    }
    let header_bytes_max = u32::try_from(settings.header_bytes_max).unwrap_or(u32::MAX);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).keep_alive_interval(settings.header_timeout);
    http2.max_header_list_size(header_bytes_max);
    builder
}

/// The router, whose requests are seen by the connection's watch.
#[derive(Clone)]
struct Watching {
    router: Router,
    watch: Arc<Watch>,
}

impl<B> Service<Request<B>> for Watching
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Answering>;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<B>>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, request: Request<B>) -> Answered {
        let version = request.version();
        let under_way = self.watch.begin(version);
        Answered { answer: self.router.call(request), version, under_way: Some(under_way) }
    }
}

/// An answer to come, whose request is under way.
struct Answered {
    answer: RouteFuture<Infallible>,
    /// The request's.
    version: Version,
    /// There until it has come.
    under_way: Option<UnderWay>,
}

impl Future for Answered {
    type Output = Result<Response<Answering>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = Pin::new(&mut self.answer).poll(context);
        let (version, under_way) = (self.version, &mut self.under_way);
        answer.map_ok(|answer| answer.map(|body| Answering::new(body, version, under_way.take())))
    }
}
