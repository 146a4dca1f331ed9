//! Connections: accepted or refused, and left when the client leaves.

mod connection;
mod refusals;
mod stream;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::SimulatorSettings;
use crate::router::router;
use crate::world::World;

pub(crate) use refusals::Refusals;
pub use refusals::Refuse;

/// Plays the vendors to whoever connects, until the future is dropped; then all connections are closed.
///
/// Fails only if the listener can't tell its address.
pub async fn serve(listener: TcpListener, settings: SimulatorSettings) -> io::Result<()> {
    listener.local_addr()?;
    let world = Arc::new(World::new(settings));
    accept(listener, world).await
}

/// Accepts for ever. The connections end with the future.
pub(crate) async fn accept(listener: TcpListener, world: Arc<World>) -> io::Result<()> {
    let router: Router = router(&world);
    let mut connections = JoinSet::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Out of descriptors, or the client is gone already: neither ends the others.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        if world.refusals.takes_next() {
            world.counts.change(|counts| counts.connections_refused += 1);
            continue;
        }
        connections.spawn(connection::serve(stream, router.clone(), Arc::clone(&world)));
    }
}
