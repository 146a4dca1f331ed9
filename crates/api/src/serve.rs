//! Answers connections on the runtime that it is called on, until it is told to stop.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use fourfold_service::Spawner;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::ServerSettings;

/// Answers what the listener accepts until the spawner says stop; then accepts no more and lets what is
/// under way end. Each connection is a task of the spawner, so stopping it waits for them.
pub async fn serve<L>(mut listener: L, router: Router, settings: &ServerSettings, spawner: &Spawner)
where
    L: Listener,
    L::Io: 'static,
{
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(settings.header_timeout);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(settings.header_timeout);
    let (header_timeout, patience) = (settings.header_timeout, settings.shutdown_timeout);
    while let Some((io, _address)) = spawner.stopping().run_until_cancelled(listener.accept()).await {
        let (builder, stopping) = (builder.clone(), spawner.stopping().clone());
        let asked = Arc::new(AtomicBool::new(false));
        let told = asked.clone();
        let service = router.clone().map_request(move |request| {
            told.store(true, Ordering::Relaxed);
            request
        });
        let service = TowerToHyperService::new(service);
        spawner.start(async move {
            let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(io), service));
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = silence(&asked, header_timeout) => Ok(()),
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

/// Ends when no request has come in time. The protocols' own timeouts begin only once the connection's
/// first bytes have told which protocol it speaks, so they never end one that says nothing.
async fn silence(asked: &AtomicBool, header_timeout: Duration) {
    tokio::time::sleep(header_timeout).await;
    if asked.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}
