//! Who pays: what the forwarder tells a meter, which alone knows what it costs.
//!
//! ```text
//! before_send ─► ticket ─► (sent) ─► on_usage … ─► on_end ─► the last bytes go out
//!      └──────► refusal: nothing is sent
//! ```

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_clients::http::{BoxError, Effect};
use http::{Extensions, HeaderMap, Method, StatusCode};

use crate::usage::Usage;

/// Measures what requests use, and may refuse them.
#[async_trait]
pub trait Meter: Send + Sync {
    /// Up to how many bytes a JSON body is shown to [`before_send`](Self::before_send). None, and so the default, is not at
    /// all: bodies then go by uncollected.
    fn body_bytes_max(&self) -> Option<usize> {
        None
    }

    /// Whether the last bytes of an answer wait until [`on_end`](Self::on_end) has done its work. All before them go out
    /// at once.
    fn holds_last_bytes(&self) -> bool {
        false
    }

    /// Is asked once, before anything is sent. What it returns comes back with every later word about this request; where
    /// that is nothing, no more is said of it. The answer to a request with a ticket is asked for uncompressed, so that
    /// its usage can be read.
    async fn before_send(&self, request: &MeterRequest<'_>) -> Result<Option<Ticket>, Refusal>;

    /// The answer says what it used, in all so far. It may come often, and it comes on the way of the answer.
    fn on_usage(&self, ticket: &Ticket, usage: &Usage) {
        let _ = (ticket, usage);
    }

    /// The request is over: exactly once for each ticket, also where the caller left and nobody waits.
    ///
    /// The work begins with the call, in a task of its own, and goes on if the future is dropped: the future only tells
    /// when it is done.
    fn on_end(&self, ticket: Ticket, end: ForwardEnd) -> Ended;
}

/// Is ready when a meter has done its work. Says whether that went well: else an answer whose last bytes wait breaks off
/// without them.
pub type Ended = Pin<Box<dyn Future<Output = bool> + Send>>;

/// A request as a meter sees it: as it is about to be sent, but for the target's own credential, which goes in
/// afterwards.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MeterRequest<'a> {
    /// The target's name.
    pub target: &'a str,
    /// The request's id; empty where it has none.
    pub request_id: &'a str,
    /// The method.
    pub method: &'a Method,
    /// The path below the target's base URL, without the query and without escapes of what needs none.
    pub path: &'a str,
    /// The headers, without those that stay on our side.
    pub headers: &'a HeaderMap,
    /// The body, where the meter asks for it and it is JSON, not compressed and not too large.
    pub body: Option<&'a Bytes>,
    /// What the embedding program knows of the call.
    pub extensions: &'a Extensions,
}

/// What a meter wants to know again at the request's end.
pub struct Ticket(Box<dyn Any + Send + Sync>);

impl Ticket {
    /// A ticket that carries this.
    pub fn new<T: Send + Sync + 'static>(value: T) -> Self {
        Self(Box::new(value))
    }

    /// What it carries, if it is of this type.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }

    /// Takes out what it carries, if it is of this type.
    pub fn into_inner<T: 'static>(self) -> Option<T> {
        self.0.downcast().ok().map(|value| *value)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ticket").finish_non_exhaustive()
    }
}

/// Why a meter refuses a request, in its own words and types.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Refusal(pub BoxError);

/// How a request ended.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ForwardEnd {
    /// How.
    pub outcome: ForwardOutcome,
    /// Whether the target may have begun with the work.
    pub effect: Effect,
    /// The answer's status, if there was an answer.
    pub status: Option<StatusCode>,
    /// The bytes of the answer's body that came.
    pub received_bytes: u64,
    /// The events that came with some of the answer, where it is a stream of them.
    pub events: Option<u64>,
    /// What the answer said that it used. Where a stream ended too early, and more of it came after that was said, it is
    /// without what came out.
    pub usage: Option<Usage>,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForwardOutcome {
    /// The target's answer came whole, whatever its status.
    Answered,
    /// There was no answer, or it broke off, or it says of itself that it failed, whatever its status.
    Failed,
    /// It wasn't sent, for what its caller asked or how often: it isn't the target's failure, nor ours.
    Refused,
    /// The caller left before the end.
    Left,
}
