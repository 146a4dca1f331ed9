//! The runtimes: one single-threaded runtime per core answers HTTP, one multi-threaded runtime works.
//!
//! ```text
//! work runtime:  accept ──┬──► http runtime 0: its connections, from first byte to last
//!  workers, sweeps, …     ├──► http runtime 1
//!                         └──► …
//! ```
//!
//! A connection stays on the runtime that it was handed to, and so does the work of a call that is only passed on, with
//! its connection to the vendor: nothing that serves it crosses threads.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use fourfold_api::{AppState, Listener, ServerSettings, Services};
use fourfold_service::Spawner;
use metrics::Gauge;
use rustix::net::sockopt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::role::Role;

/// How many threads of each runtime may block on the database, files and drawing.
const BLOCKING_THREADS: usize = 32;

/// How long the ends of calls that were cut off with their connections may take to be written.
pub(crate) const ENDS_PATIENCE: Duration = Duration::from_secs(1);

/// How many accepted connections may wait for a runtime.
const WAITING_MAX: usize = 1024;

/// How long accepting rests after the system refused, for want of file descriptors for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// After so long without a byte the system asks whether the other side is still there, then every so often, and after so
/// many questions without an answer the connection is at its end.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_QUESTIONS: u32 = 4;

/// The runtime for everything that isn't HTTP.
pub(crate) fn work() -> Result<Runtime> {
    Builder::new_multi_thread()
        .thread_name("work")
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .context("the work runtime can't be started")
}

/// The HTTP runtimes, each on a thread of its own.
pub(crate) struct HttpRuntimes {
    threads: Vec<(Spawner, JoinHandle<()>)>,
}

impl HttpRuntimes {
    /// Starts a runtime per core and hands out what the listener accepts, one after the other.
    pub(crate) fn start(
        listener: TcpListener,
        state: &AppState,
        role: Role,
        settings: &ServerSettings,
        accepting: &Spawner,
    ) -> Result<Self> {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let mut threads = Vec::with_capacity(cores);
        let mut senders = Vec::with_capacity(cores);
        for core in 0..cores {
            let runtime = Builder::new_current_thread()
                .max_blocking_threads(BLOCKING_THREADS)
                .enable_all()
                .build()
                .context("an HTTP runtime can't be started")?;
            let spawner = Spawner::new(runtime.handle().clone());
            let calls = state.calls.on(spawner.clone());
            let state = AppState::new(Services { calls, ..Services::clone(state) });
            // Describing the routes takes megabytes for a moment. The allocator gives what a thread leaves behind to all
            // others, and what one that stays has freed to none.
            let router = thread::scope(|scope| {
                let built = scope.spawn(|| match role.answers() {
                    true => fourfold_api::router(state, settings),
                    false => fourfold_api::operations_router(state),
                });
                built.join().map_err(|_panic| anyhow!("the routes can't be described"))
            })?;
            let (sender, connections) = mpsc::channel(WAITING_MAX);
            let (settings, thread_spawner) = (settings.clone(), spawner.clone());
            let thread = thread::Builder::new().name(format!("http-{core}")).spawn(move || {
                runtime.block_on(async {
                    fourfold_api::serve(HandedOut(connections), router, &settings, &thread_spawner).await;
                    if !thread_spawner.stop(settings.shutdown_timeout + ENDS_PATIENCE).await {
                        tracing::warn!("some requests were cut off, since they took too long to end");
                    }
                });
            });
            threads.push((spawner, thread.context("an HTTP thread can't be started")?));
            senders.push(sender);
        }
        let (stopping, connections_max) = (accepting.stopping().clone(), settings.connections_max);
        accepting.start(async move {
            stopping.run_until_cancelled(accept(listener, senders, connections_max)).await
        });
        Ok(Self { threads })
    }

    /// Lets requests under way end and waits for it.
    pub(crate) fn stop(self) {
        for (spawner, _thread) in &self.threads {
            spawner.stopping().cancel();
        }
        for (_spawner, thread) in self.threads {
            if thread.join().is_err() {
                tracing::error!("an HTTP thread panicked");
            }
        }
    }
}

/// Accepts a connection where there is room for one more; the others wait with the system.
async fn accept(listener: TcpListener, runtimes: Vec<mpsc::Sender<TcpConnection>>, connections_max: usize) {
    let runtimes = Arc::<[_]>::from(runtimes);
    let room = Arc::new(Semaphore::new(connections_max));
    let open = metrics::gauge!("fourfold_connections_open");
    open.set(0);
    for runtime in runtimes.iter().cycle() {
        if room.available_permits() == 0 {
            tracing::warn!(
                connections_max,
                "there is no room for more connections; see server.connections_max"
            );
        }
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let connection = loop {
            match listener.accept().await {
                Ok(connection) => break connection,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a connection couldn't be accepted"
                    );
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        };
        let (stream, _address) = connection;
        let watched = keep_alive(&stream).and_then(|()| stream.set_nodelay(true));
        let handed = watched.and_then(|()| stream.into_std());
        match handed {
            Ok(stream) => {
                let place = Place::new(open.clone(), permit);
                if runtime.send((stream, place)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "a connection was gone at once");
            }
        }
    }
}

/// Has the system ask whether the other side is still there. A caller who vanished would keep a WebSocket for ever.
fn keep_alive(stream: &TcpStream) -> std::io::Result<()> {
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_QUESTIONS)?;
    Ok(sockopt::set_socket_keepalive(stream, true)?)
}

type TcpConnection = (std::net::TcpStream, Place);

/// One of the connections that there may be; whoever holds it keeps it open.
struct Place {
    open: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    fn new(open: Gauge, permit: OwnedSemaphorePermit) -> Self {
        open.increment(1);
        Self { open, _permit: permit }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.decrement(1);
    }
}

/// The connections that were handed to one runtime.
struct HandedOut(mpsc::Receiver<TcpConnection>);

impl Listener for HandedOut {
    type Io = TcpStream;
    type Held = Place;

    async fn accept(&mut self) -> (TcpStream, Place) {
        loop {
            match self.0.recv().await {
                Some((stream, place)) => match TcpStream::from_std(stream) {
                    Ok(stream) => return (stream, place),
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "a connection couldn't be taken over"
                        );
                    }
                },
                // Nobody accepts any more: the server is stopping.
                None => std::future::pending().await,
            }
        }
    }

    fn reset(io: &TcpStream) {
        // A connection that is gone can't end otherwise.
        _ = io.set_zero_linger();
    }
}
