//! Connections that become a WebSocket.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use fourfold_clients::http::{Body, Effect, Upgraded, upgrade};
use http::Response;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::ForwardError;
use crate::in_flight::InFlight;
use crate::meter::ForwardOutcome;

/// How long a side may go on once the other has said that it is done.
const HALF_OPEN: Duration = Duration::from_secs(10);

/// The connection to a target after a 101, to be joined with the caller's.
pub struct Tunnel {
    upgraded: Upgraded,
    in_flight: Option<Box<InFlight>>,
    ends_at: Option<Instant>,
}

/// Takes the connection of a 101 that [`Forwarder::forward`](crate::Forwarder::forward) gave. Each answer gives it once.
///
/// Send the answer's head to the caller, take over its connection, and [`join`](Tunnel::join) both in a task of yours.
pub async fn tunnel(answer: &mut Response<Body>) -> Result<Tunnel, ForwardError> {
    let upgraded = upgrade(answer).await;
    let upgraded = upgraded.map_err(|error| ForwardError::of_client(error, Effect::Started))?;
    let switched = answer.extensions_mut().remove::<Switched>();
    let (in_flight, ends_at) = switched.map_or((None, None), Switched::take);
    Ok(Tunnel { upgraded, in_flight, ends_at })
}

impl Tunnel {
    /// Passes bytes both ways until both sides have ended, one has failed, or the stream's limit has run out; a side that
    /// goes on for 10 s after the other has ended is ended too. Gives the bytes that went to the target and those that
    /// came. Dropping it ends both connections.
    pub async fn join(self, caller: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<(u64, u64)> {
        self.join_until(caller, std::future::pending()).await
    }

    /// As [`join`](Self::join), but ends both connections once `stopped` is ready. Then it wasn't the caller who left.
    pub async fn join_until(
        self,
        caller: impl AsyncRead + AsyncWrite + Unpin,
        stopped: impl Future<Output = ()>,
    ) -> io::Result<(u64, u64)> {
        let Self { upgraded, mut in_flight, ends_at } = self;
        let (mut sent_bytes, mut received_bytes) = (0, 0);
        let ends = Notify::new();
        let joined = {
            let send = |bytes| sent_bytes += bytes;
            let receive = |bytes| {
                received_bytes += bytes;
                if let Some(in_flight) = &mut in_flight {
                    in_flight.received_bytes(bytes);
                }
            };
            let mut caller = Side { io: caller, read: send, ends: &ends };
            let mut target = Side { io: upgraded, read: receive, ends: &ends };
            tokio::select! {
                joined = copy_bidirectional(&mut caller, &mut target) => joined.map(drop),
                () = limit(ends_at) => Err(io::Error::new(io::ErrorKind::TimedOut, "the stream's limit ran out")),
                () = half_open(&ends) => Ok(()),
                () = stopped => Err(io::Error::new(io::ErrorKind::Interrupted, "it was stopped here")),
            }
        };
        if let Some(in_flight) = &mut in_flight {
            let (outcome, error) = match joined.as_ref().map_err(io::Error::kind) {
                // Many end TLS without a word, and a WebSocket says by itself whether it was whole.
                Ok(()) | Err(io::ErrorKind::UnexpectedEof) => (ForwardOutcome::Answered, None),
                Err(io::ErrorKind::TimedOut) => (ForwardOutcome::Failed, Some("stream_timeout")),
                Err(io::ErrorKind::Interrupted) => (ForwardOutcome::Failed, Some("stopped")),
                Err(_) => (ForwardOutcome::Failed, Some("interrupted")),
            };
            // Nothing waits behind this connection.
            drop(in_flight.end(outcome, error, Effect::Started));
        }
        joined.map(|()| (sent_bytes, received_bytes))
    }
}

async fn limit(ends_at: Option<Instant>) {
    match ends_at {
        Some(ends_at) => sleep_until(ends_at).await,
        None => std::future::pending().await,
    }
}

/// Ends some time after a side has.
async fn half_open(ends: &Notify) {
    ends.notified().await;
    sleep(HALF_OPEN).await;
}

/// A side of a tunnel, whose bytes are counted as they are read, and whose end is told.
struct Side<'a, Io, Read> {
    io: Io,
    read: Read,
    ends: &'a Notify,
}

impl<Io: AsyncRead + Unpin, Read: FnMut(u64) + Unpin> AsyncRead for Side<'_, Io, Read> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        match buffer.filled().len() - before {
            0 => self.ends.notify_one(),
            bytes => (self.read)(bytes as u64),
        }
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncWrite + Unpin, Read: Unpin> AsyncWrite for Side<'_, Io, Read> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl std::fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tunnel").finish_non_exhaustive()
    }
}

/// A request under way whose answer switched protocols, in the answer until somebody takes the connection, and when it
/// has to be over.
#[derive(Clone)]
pub(crate) struct Switched(Arc<Mutex<Option<Box<InFlight>>>>, Option<Instant>);

impl Switched {
    pub(crate) fn new(in_flight: Option<Box<InFlight>>, ends_at: Option<Instant>) -> Self {
        Self(Arc::new(Mutex::new(in_flight)), ends_at)
    }

    fn take(self) -> (Option<Box<InFlight>>, Option<Instant>) {
        (self.0.lock().unwrap_or_else(PoisonError::into_inner).take(), self.1)
    }
}
