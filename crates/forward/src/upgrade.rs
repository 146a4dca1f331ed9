//! Connections that become a WebSocket.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use fourfold_clients::http::{Body, Effect, Upgraded, upgrade};
use http::Response;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};

use crate::ForwardError;
use crate::in_flight::InFlight;
use crate::meter::ForwardOutcome;

/// The connection to a target after a 101, to be joined with the caller's.
pub struct Tunnel {
    upgraded: Upgraded,
    in_flight: Option<Box<InFlight>>,
}

/// Takes the connection of a 101 that [`Forwarder::forward`](crate::Forwarder::forward) gave. Each answer gives it once.
///
/// Send the answer's head to the caller, take over its connection, and [`join`](Tunnel::join) both in a task of yours.
pub async fn tunnel(answer: &mut Response<Body>) -> Result<Tunnel, ForwardError> {
    let upgraded = upgrade(answer).await;
    let upgraded = upgraded.map_err(|error| ForwardError::of_client(error, Effect::Started))?;
    let in_flight = answer.extensions_mut().remove::<Switched>().and_then(|switched| switched.take());
    Ok(Tunnel { upgraded, in_flight })
}

impl Tunnel {
    /// Passes bytes both ways until both sides have ended, or one fails. Gives the bytes that went to the target and
    /// those that came. Dropping it ends both connections.
    pub async fn join(mut self, mut caller: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<(u64, u64)> {
        let joined = copy_bidirectional(&mut caller, &mut self.upgraded).await;
        if let Some(in_flight) = &mut self.in_flight {
            let (outcome, error) = match &joined {
                Ok((_sent, received)) => {
                    in_flight.received_bytes(*received);
                    (ForwardOutcome::Answered, None)
                }
                // Many end TLS without a word, and a WebSocket says by itself whether it was whole.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    (ForwardOutcome::Answered, None)
                }
                Err(_) => (ForwardOutcome::Failed, Some("interrupted")),
            };
            // Nothing waits behind this connection.
            drop(in_flight.end(outcome, error, Effect::Started));
        }
        joined
    }
}

impl std::fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tunnel").finish_non_exhaustive()
    }
}

/// A request under way whose answer switched protocols, in the answer until somebody takes the connection.
#[derive(Clone)]
pub(crate) struct Switched(Arc<Mutex<Option<Box<InFlight>>>>);

impl Switched {
    pub(crate) fn new(in_flight: Option<Box<InFlight>>) -> Self {
        Self(Arc::new(Mutex::new(in_flight)))
    }

    fn take(&self) -> Option<Box<InFlight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
