//! What went wrong with a call: one look tells what happened, whether paid work may exist, and whether and
//! when to try again.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

/// An error of any type, as bodies and sources carry it.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a call failed. Never prints a body, a credential or a URL with its query.
pub struct ClientError(Box<Parts>);

struct Parts {
    kind: ErrorKind,
    effect: Effect,
    status: Option<StatusCode>,
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    retryable: bool,
    body: Bytes,
    source: Option<BoxError>,
}

/// What happened, for those who act on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The name could not be resolved, or no connection could be made.
    Connect,
    /// A time limit ran out.
    Timeout(TimeoutStage),
    /// The connection ended before the answer was whole.
    Interrupted,
    /// The vendor answered with a status that isn't a success.
    Status,
    /// The answer could not be read as what was expected.
    Decode,
    /// The answer, or one event of it, is larger than the limit.
    TooLarge,
    /// A redirect that can't be followed: no or a wrong location, too many, or a body that can't be sent again.
    Redirect,
    /// The circuit breaker is open; nothing was sent.
    CircuitOpen,
    /// The client's own rate limit would be broken; nothing was sent.
    RateLimited,
    /// The address policy forbids the address; nothing was sent there.
    AddressRefused,
    /// The caller's request body failed while it was read.
    RequestBody,
    /// The client can't be built from its settings.
    InvalidSettings,
    /// The request can't be built from what the caller gave; nothing was sent.
    InvalidRequest,
    /// Every allowed try failed; the last failure is the source.
    RetriesExhausted {
        /// How many times the request was tried.
        tries: u32,
    },
}

/// Which time limit ran out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeoutStage {
    /// Until a connection was there, name look-up and TLS included.
    Connect,
    /// From the request's last byte to the answer's head.
    FirstByte,
    /// Between two pieces of the answer.
    Idle,
    /// The whole try.
    Total,
}

/// Whether paid work may exist at the vendor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Effect {
    /// Nothing was begun: trying again costs nothing.
    NotStarted,
    /// Nobody can tell.
    MayHaveStarted,
    /// The vendor took the work.
    Started,
}

impl ClientError {
    /// An error of this kind; the rest is added by the `with_` methods.
    pub fn new(kind: ErrorKind, effect: Effect) -> Self {
        let retryable = matches!(kind, ErrorKind::Connect | ErrorKind::Timeout(_) | ErrorKind::Interrupted);
        Self(Box::new(Parts {
            kind,
            effect,
            status: None,
            code: None,
            message: None,
            request_id: None,
            retry_after: None,
            retryable,
            body: Bytes::new(),
            source: None,
        }))
    }

    /// What happened.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether paid work may exist at the vendor, over all tries.
    pub fn effect(&self) -> Effect {
        self.0.effect
    }

    /// The vendor's status, where it answered.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The vendor's own code for the failure.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The vendor's own words. They may quote the caller's text, so they are never logged or displayed.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The vendor's id of the request, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the vendor, the breaker or the rate limit asks to wait before another try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the same request may succeed later. Whether it may be *sent* again is for [`effect`](Self::effect) to say.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// The first bytes of the vendor's error answer, at most 64 KiB; empty where there was none.
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// The failure itself: for exhausted retries the last one, for all others the error.
    pub fn last(&self) -> &ClientError {
        match &self.0.source {
            Some(source) if matches!(self.0.kind, ErrorKind::RetriesExhausted { .. }) => {
                source.downcast_ref().unwrap_or(self)
            }
            _ => self,
        }
    }

    /// Sets the vendor's status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Sets the vendor's code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Option<String>>) -> Self {
        self.0.code = code.into();
        self
    }

    /// Sets the vendor's message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Option<String>>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Sets the vendor's request id.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<Option<String>>) -> Self {
        self.0.request_id = request_id.into();
        self
    }

    /// Sets how long to wait before another try.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: impl Into<Option<Duration>>) -> Self {
        self.0.retry_after = retry_after.into();
        self
    }

    /// Sets whether the same request may succeed later.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Sets the bytes of the vendor's error answer.
    #[must_use]
    pub fn with_body(mut self, body: Bytes) -> Self {
        self.0.body = body;
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Raises the effect to at least this one.
    #[must_use]
    pub(crate) fn at_least(mut self, effect: Effect) -> Self {
        self.0.effect = self.0.effect.max(effect);
        self
    }

    /// There is no client, because its settings are wrong in this way.
    pub(crate) fn misconfigured(source: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::InvalidSettings, Effect::NotStarted).with_source(source)
    }

    /// Nothing was sent, because the caller's request is wrong in this way.
    pub(crate) fn invalid(source: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::InvalidRequest, Effect::NotStarted).with_source(source)
    }

    /// A limit ran out before the answer's head was there.
    pub(crate) fn timed_out(stage: TimeoutStage, is_written: bool) -> Self {
        let effect = if is_written { Effect::MayHaveStarted } else { Effect::NotStarted };
        Self::new(ErrorKind::Timeout(stage), effect)
    }

    /// What the caller gets when no try is left: the last failure's facts, and the failure as source.
    pub(crate) fn exhausted(last: ClientError, tries: u32) -> Self {
        let mut error = Self::new(ErrorKind::RetriesExhausted { tries }, last.effect()).with_retryable(true);
        error.0.status = last.0.status;
        error.0.code.clone_from(&last.0.code);
        error.0.message.clone_from(&last.0.message);
        error.0.request_id.clone_from(&last.0.request_id);
        error.0.retry_after = last.0.retry_after;
        error.0.body = last.0.body.clone();
        error.with_source(last)
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind {
            ErrorKind::Connect => f.write_str("could not connect"),
            ErrorKind::Timeout(TimeoutStage::Connect) => f.write_str("connecting timed out"),
            ErrorKind::Timeout(TimeoutStage::FirstByte) => f.write_str("waiting for the answer timed out"),
            ErrorKind::Timeout(TimeoutStage::Idle) => f.write_str("the answer stalled"),
            ErrorKind::Timeout(TimeoutStage::Total) => f.write_str("the call timed out"),
            ErrorKind::Interrupted => f.write_str("the connection ended before the answer was whole"),
            ErrorKind::Status => self.fmt_status(f),
            ErrorKind::Decode => f.write_str("the answer could not be read"),
            ErrorKind::TooLarge => f.write_str("the answer is larger than the limit"),
            ErrorKind::Redirect => f.write_str("the redirect can't be followed"),
            ErrorKind::CircuitOpen => f.write_str("the circuit breaker is open"),
            ErrorKind::RateLimited => f.write_str("the client's own rate limit is reached"),
            ErrorKind::AddressRefused => f.write_str("the address is not allowed"),
            ErrorKind::RequestBody => f.write_str("the request body failed"),
            ErrorKind::InvalidSettings => f.write_str("the client's settings are not valid"),
            ErrorKind::InvalidRequest => f.write_str("the request is not valid"),
            ErrorKind::RetriesExhausted { tries: 1 } => f.write_str("gave up after 1 try"),
            ErrorKind::RetriesExhausted { tries } => write!(f, "gave up after {tries} tries"),
        }
    }
}

impl ClientError {
    fn fmt_status(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the vendor answered with an error")?;
        if let Some(status) = self.0.status {
            write!(f, ": status {}", status.as_u16())?;
        }
        match &self.0.code {
            Some(code) => write!(f, ", code {code}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.0;
        let mut out = f.debug_struct("ClientError");
        out.field("kind", &parts.kind).field("effect", &parts.effect);
        if let Some(status) = parts.status {
            out.field("status", &status.as_u16());
        }
        if let Some(code) = &parts.code {
            out.field("code", code);
        }
        if let Some(request_id) = &parts.request_id {
            out.field("request_id", request_id);
        }
        if let Some(retry_after) = &parts.retry_after {
            out.field("retry_after", retry_after);
        }
        if let Some(source) = &parts.source {
            out.field("source", source);
        }
        out.finish_non_exhaustive()
    }
}

impl StdError for ClientError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// An error with all its causes, for logs.
pub fn with_causes<'a>(error: &'a (dyn StdError + 'static)) -> impl fmt::Display + use<'a> {
    fmt::from_fn(move |f| {
        write!(f, "{error}")?;
        let mut cause = error.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    })
}
