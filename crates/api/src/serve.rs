//! Answers connections on the runtime that it is called on, until it is told to stop.

use std::pin::pin;

use axum::Router;
use axum::serve::Listener;
use fourfold_service::Spawner;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::time::timeout;

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
    let patience = settings.shutdown_timeout;
    while let Some((io, _address)) = spawner.stopping().run_until_cancelled(listener.accept()).await {
        let (builder, service) = (builder.clone(), TowerToHyperService::new(router.clone()));
        let stopping = spawner.stopping().clone();
        spawner.start(async move {
            let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(io), service));
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
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
