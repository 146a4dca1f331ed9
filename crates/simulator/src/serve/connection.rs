//! One connection.

use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::stream::SharedStream;
use crate::play::Lost;
use crate::world::World;

/// Answers one connection until either side ends it.
pub(super) async fn serve(stream: TcpStream, router: Router, world: Arc<World>) {
    let mut refusing = world.refusals.begun();
    let _open = Open::new(world);
    let stream = SharedStream::new(stream);
    let service = service_fn(|request| answer(router.clone(), request));
    // No timer: an idle client may stay, and a test's paused clock has nothing to jump to.
    let http = http1::Builder::new();
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream.clone()), service));
    let mut left = pin!(stream.left());
    loop {
        tokio::select! {
            biased;
            // How it ended is the client's business: it has seen it.
            _ended = connection.as_mut() => return,
            Ok(()) = refusing.changed() => connection.as_mut().graceful_shutdown(),
            // What is under way is dropped with the connection, and counted there.
            () = left.as_mut() => return,
        }
    }
}

/// The answer was lost on purpose.
#[derive(Debug, thiserror::Error)]
#[error("lost, as a fault asked")]
struct LostAnswer;

async fn answer(router: Router, request: Request<Incoming>) -> Result<Response<Body>, LostAnswer> {
    let Ok(response) = router.oneshot(request.map(Body::new)).await;
    match response.extensions().get::<Lost>() {
        Some(Lost) => Err(LostAnswer),
        None => Ok(response),
    }
}

/// Counts a connection for as long as it is open.
struct Open(Arc<World>);

impl Open {
    fn new(world: Arc<World>) -> Self {
        world.counts.change(|counts| {
            counts.connections += 1;
            counts.connections_open += 1;
        });
        Self(world)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.counts.change(|counts| counts.connections_open = counts.connections_open.saturating_sub(1));
    }
}
