//! A streaming HTTP forward proxy: requests go on to configured targets, byte for byte, and to nothing else.
//!
//! Speaks `http` types and byte streams; knows no web framework, no vendor and no credits. A [`Target`] says where
//! requests may go: a base URL, a credential, and which methods and paths its callers may use. A [`Forwarder`] passes
//! them on; [`Forwarders`] are several, by the names of their targets.
//!
//! ```text
//! ForwardRequest
//!    │  path and allow list ─ our callers' headers out ─ limits ─ health
//!    │  transformers (path, header, body) ─ path again ─ Meter::before_send
//!    │  the target's credential in
//!    ▼
//! tries: breaker ─ connect ─ send ─ head of the answer ─ again?      (BaseHttpClient::exchange)
//!    │  headers of one connection out ─ transformers
//!    ▼
//! Response<Body>: pieces as they come; beside them usage ─ Meter::on_usage … on_end ─ the last bytes
//! ```
//!
//! - Bodies of any size stream both ways; nothing is collected but what a transformer or a meter asks for, up to a limit.
//!   Dropping the answer, or the future, ends the connection to the target.
//! - Any method, conditional and range requests, compressed bodies, `Expect` and redirects pass untouched; WebSockets
//!   through [`tunnel`]. Trailers are dropped: they belong to a connection, and hardly a server passes them on.
//! - An answer that breaks off ends with an error, an event stream with an `error` event: never as if it were whole.
//! - What isn't asked for costs nothing: without transformers, meter, recorder and log, a request is neither copied nor
//!   formatted on its way.
//!
//! Passing a request on (`examples/plain.rs`):
//!
//! ```
#![doc = include_str!("../examples/plain.rs")]
//! ```
//!
//! A transformer of one's own (`examples/transformer.rs`):
//!
//! ```
#![doc = include_str!("../examples/transformer.rs")]
//! ```
//!
//! Following an event stream as it passes (`examples/events.rs`):
//!
//! ```
#![doc = include_str!("../examples/events.rs")]
//! ```

mod answer;
mod budget;
mod builder;
mod chain;
mod collect;
mod credential;
mod draft;
mod error;
mod forwarder;
mod forwarders;
mod headers;
mod health;
mod in_flight;
mod limits;
mod log;
mod meter;
mod passing;
mod path;
mod record;
mod replay;
mod request;
mod retry;
mod send;
pub mod settings;
mod stream;
mod target;
mod timeouts;
mod transform;
mod upgrade;
mod usage;
mod usage_scan;

pub use budget::CollectBudget;
pub use builder::ForwarderBuilder;
pub use error::{ForwardError, TargetError};
pub use forwarder::Forwarder;
pub use forwarders::Forwarders;
pub use fourfold_clients::http::{
    AuthScheme, Body, BoxError, BreakerSettings, BreakerState, ClientError, Effect, ErrorKind, Event,
    EventStream, ExponentialRetry, FailedTry, NoRetry, PoolSettings, ProxyUrl, RetryDecision,
    RetryPolicy as RetryStrategy, StatusRetry, TimeoutStage, TlsSettings,
};
pub use headers::OUR_ERROR;
pub use health::HealthCheck;
pub use limits::{Limit, RateLimit, TargetLimits};
pub use log::ForwardLog;
pub use meter::{Ended, ForwardEnd, ForwardOutcome, Meter, MeterRequest, Refusal, Ticket};
pub use record::{ForwardRecorder, ForwardReport};
pub use request::ForwardRequest;
pub use retry::ForwardRetry;
pub use target::{Allow, Target};
pub use timeouts::ForwardTimeouts;
pub use transform::{
    AUTH_PRIORITY, AuthTransformer, BODY_PRIORITY, BodyTransformer, CallContext, HEADER_PRIORITY,
    HeaderTransformer, InvalidTransformer, OnlyFor, PATH_PRIORITY, PathTransformer, RequestDraft,
    RequestTransformer, ResponseDraft, ResponseTransformer, TransformError,
};
pub use upgrade::{Tunnel, tunnel};
pub use usage::Usage;
