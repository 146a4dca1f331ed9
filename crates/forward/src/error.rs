//! Why a request wasn't passed on, or its answer didn't come.

use std::time::Duration;

use fourfold_clients::http::{
    ANSWER_HEAD_BYTES_MAX, ANSWER_HEADERS_MAX, ClientError, Effect, ErrorKind, TimeoutStage,
};

use crate::limits::Limit;
use crate::meter::{ForwardOutcome, Refusal};
use crate::transform::{InvalidTransformer, TransformError};

/// Why a request wasn't passed on, or its answer didn't come. Never prints a secret or the target's address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardError {
    /// The request can't be sent as it is. Nothing was sent.
    #[error("the request has {0}, which isn't passed on")]
    InvalidRequest(&'static str),
    /// There is no target of this name. Nothing was sent.
    #[error("there is no target {0:?}")]
    UnknownTarget(String),
    /// The target's list doesn't allow this method and path. Nothing was sent.
    #[error("the target {target} doesn't allow {method} {path}")]
    NotAllowed {
        /// The target's name.
        target: String,
        /// The method that was asked for.
        method: String,
        /// The path that was asked for.
        path: String,
    },
    /// The path could climb out of the target's base URL, or be read in two ways. Nothing was sent.
    #[error("the path has {0}, which isn't passed on")]
    UnsafePath(&'static str),
    /// The target takes no more requests now. Nothing was sent.
    #[error("the target's limit of {limit} is reached")]
    TooManyRequests {
        /// Which limit.
        limit: Limit,
        /// When another try may succeed.
        retry_after: Duration,
    },
    /// The meter refused the request. Nothing was sent.
    #[error("the request was refused before it was sent")]
    Refused(#[source] Refusal),
    /// The target's health checks fail. Nothing was sent.
    #[error("the target fails its health checks")]
    Unhealthy {
        /// When the next check is due.
        retry_after: Duration,
    },
    /// The target failed so often that it is left alone for a while. Nothing was sent.
    #[error("the target's circuit breaker is open")]
    BreakerOpen {
        /// When the breaker lets a request through.
        retry_after: Duration,
    },
    /// A transformer couldn't change the request. Nothing was sent.
    #[error("the transformer {transformer} can't change the request")]
    RequestTransform {
        /// What the transformer calls itself.
        transformer: String,
        /// What it says.
        #[source]
        source: TransformError,
    },
    /// A transformer couldn't change the answer, which the target gave.
    #[error("the transformer {transformer} can't change the answer")]
    AnswerTransform {
        /// What the transformer calls itself.
        transformer: String,
        /// What it says.
        #[source]
        source: TransformError,
    },
    /// The bodies that are collected take all the memory that they may. Nothing was sent.
    #[error("too many large requests come in at once")]
    NoRoom,
    /// The caller's body, which had to be whole before it could go on, took too long. Nothing was sent.
    #[error("the request's body took too long")]
    SlowBody,
    /// The caller's body failed while it was read.
    #[error("the request's body failed")]
    RequestBody {
        /// Whether the target may have begun.
        effect: Effect,
        /// What the body says.
        #[source]
        source: Box<ClientError>,
    },
    /// A time limit ran out.
    #[error("{}", timeout_text(*stage))]
    Timeout {
        /// Which limit: `Connect`, `FirstByte` for the request's, `Idle` or `Total` for the stream's.
        stage: TimeoutStage,
        /// Whether the target may have begun.
        effect: Effect,
        /// What the client says.
        #[source]
        source: Box<ClientError>,
    },
    /// There is no connection to the target. Nothing was sent.
    #[error("the target can't be reached")]
    Unreachable {
        /// What the client says.
        #[source]
        source: Box<ClientError>,
    },
    /// The head of the target's answer is no HTTP, or is larger than is read.
    #[error(
        "the head of the target's answer can't be read: it must be HTTP of at most {ANSWER_HEADERS_MAX} headers and {} KiB",
        ANSWER_HEAD_BYTES_MAX / 1024
    )]
    MalformedAnswer {
        /// Whether the target may have begun.
        effect: Effect,
        /// What the client says.
        #[source]
        source: Box<ClientError>,
    },
    /// The connection ended before the answer came.
    #[error("the target broke off before its answer came")]
    Interrupted {
        /// Whether the target may have begun.
        effect: Effect,
        /// What the client says.
        #[source]
        source: Box<ClientError>,
    },
}

impl ForwardError {
    /// Whether the target may have begun with what it was asked for.
    pub fn effect(&self) -> Effect {
        match self {
            Self::RequestBody { effect, .. }
            | Self::Timeout { effect, .. }
            | Self::MalformedAnswer { effect, .. }
            | Self::Interrupted { effect, .. } => *effect,
            Self::AnswerTransform { .. } => Effect::Started,
            _ => Effect::NotStarted,
        }
    }

    /// When another try may succeed, where somebody knows.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { retry_after, .. }
            | Self::Unhealthy { retry_after }
            | Self::BreakerOpen { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// A word for the condition, for metrics and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::UnknownTarget(_) => "unknown_target",
            Self::NotAllowed { .. } => "not_allowed",
            Self::UnsafePath(_) => "unsafe_path",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::Refused(_) => "refused",
            Self::Unhealthy { .. } => "unhealthy",
            Self::BreakerOpen { .. } => "breaker_open",
            Self::RequestTransform { .. } => "request_transform",
            Self::AnswerTransform { .. } => "answer_transform",
            Self::NoRoom => "no_room",
            Self::SlowBody => "slow_body",
            Self::RequestBody { .. } => "request_body",
            Self::Timeout { stage, .. } => timeout_kind(*stage),
            Self::Unreachable { .. } => "unreachable",
            Self::MalformedAnswer { .. } => "malformed_answer",
            Self::Interrupted { .. } => "interrupted",
        }
    }

    /// What the client says, for the log.
    pub(crate) fn client_error(&self) -> Option<&ClientError> {
        match self {
            Self::RequestBody { source, .. }
            | Self::Timeout { source, .. }
            | Self::Unreachable { source }
            | Self::MalformedAnswer { source, .. }
            | Self::Interrupted { source, .. } => Some(source),
            _ => None,
        }
    }

    /// How a request ended that has this error.
    pub(crate) fn outcome(&self) -> ForwardOutcome {
        match self {
            Self::InvalidRequest(_)
            | Self::UnknownTarget(_)
            | Self::NotAllowed { .. }
            | Self::UnsafePath(_)
            | Self::TooManyRequests { .. }
            | Self::Refused(_)
            | Self::NoRoom
            | Self::SlowBody
            | Self::RequestTransform { .. } => ForwardOutcome::Refused,
            // Its caller stopped giving it.
            Self::RequestBody { .. } => ForwardOutcome::Left,
            _ => ForwardOutcome::Failed,
        }
    }

    /// What a client's failure means. `effect` is what earlier tries may have done.
    pub(crate) fn of_client(source: ClientError, effect: Effect) -> Self {
        let effect = effect.max(source.effect());
        let retry_after = source.retry_after();
        let (kind, source) = (source.kind(), Box::new(source));
        match kind {
            ErrorKind::Timeout(stage) => Self::Timeout { stage, effect, source },
            ErrorKind::CircuitOpen if effect == Effect::NotStarted => {
                Self::BreakerOpen { retry_after: retry_after.unwrap_or(Duration::from_secs(1)) }
            }
            ErrorKind::RequestBody => Self::RequestBody { effect, source },
            ErrorKind::InvalidRequest => Self::InvalidRequest("parts that can't be sent"),
            ErrorKind::Decode => Self::MalformedAnswer { effect, source },
            _ if effect == Effect::NotStarted => Self::Unreachable { source },
            _ => Self::Interrupted { effect, source },
        }
    }
}

/// A word for what broke an answer off that had begun.
pub(crate) fn break_kind(error: &ClientError) -> &'static str {
    match error.kind() {
        ErrorKind::Timeout(stage) => timeout_kind(stage),
        _ => "interrupted",
    }
}

/// The same in words for the caller.
pub(crate) fn break_text(error: &ClientError) -> &'static str {
    match error.kind() {
        ErrorKind::Timeout(stage) => timeout_text(stage),
        _ => "the target broke off before the end of its answer",
    }
}

fn timeout_kind(stage: TimeoutStage) -> &'static str {
    match stage {
        TimeoutStage::Connect => "connect_timeout",
        TimeoutStage::FirstByte => "request_timeout",
        TimeoutStage::Idle => "idle_timeout",
        TimeoutStage::Total => "stream_timeout",
    }
}

fn timeout_text(stage: TimeoutStage) -> &'static str {
    match stage {
        TimeoutStage::Connect => "connecting to the target timed out",
        TimeoutStage::FirstByte => "the target didn't begin its answer in time",
        TimeoutStage::Idle => "the target's answer stalled for longer than its idle limit",
        TimeoutStage::Total => "the target's answer took longer than its stream limit",
    }
}

/// A target that can't be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The name isn't fit for a path.
    #[error("a target's name must be 1 to 64 characters of a-z 0-9 _ -")]
    Name,
    /// Another target has the name.
    #[error("there are two targets {0:?}")]
    Duplicate(String),
    /// The base URL isn't one.
    #[error(
        "a target's base URL must be http:// or https:// with a host, without user, query, fragment, dot segments or //"
    )]
    BaseUrl,
    /// An entry of the allow list isn't `METHOD /path`.
    #[error(
        "{0:?} must be METHOD /path, the method in capitals and no CONNECT or TRACE, with * for one whole segment and ** \
         at the end for any rest"
    )]
    Allow(String),
    /// The credential can't be sent.
    #[error("a target's credential can't be sent")]
    Credential(#[source] InvalidTransformer),
    /// A setting is out of its bounds.
    #[error("{0}")]
    Setting(&'static str),
    /// The client to the target can't be built.
    #[error("the client to the target can't be built")]
    Client(#[source] Box<ClientError>),
}
