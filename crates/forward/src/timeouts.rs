//! The time limits of a forwarded request.

use std::time::Duration;

use fourfold_clients::http::Timeouts;
use tokio::time::Instant;

/// The time limits of a forwarded request. Zero means none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ForwardTimeouts {
    /// Until a connection is there. Default 5 s.
    pub connect: Duration,
    /// From the last piece of the request that the target took to the head of its answer. Default 30 s.
    pub request: Duration,
    /// From the answer's head to its end. Default none.
    pub stream: Duration,
    /// Between two pieces of the answer. Default 60 s.
    pub idle: Duration,
}

impl Default for ForwardTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(30),
            stream: Duration::ZERO,
            idle: Duration::from_secs(60),
        }
    }
}

impl ForwardTimeouts {
    /// When an answer has to be over whose head is there now, if ever.
    pub(crate) fn stream_ends_at(&self) -> Option<Instant> {
        if self.stream.is_zero() { None } else { Instant::now().checked_add(self.stream) }
    }

    /// The limits of one try; that of the stream begins with the answer.
    pub(crate) fn of_try(&self) -> Timeouts {
        Timeouts { connect: self.connect, first_byte: self.request, idle: self.idle, total: Duration::ZERO }
    }
}
