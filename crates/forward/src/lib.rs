//! A streaming HTTP forward proxy: requests go on to configured targets, byte for byte, and to nothing else.
//!
//! Speaks `http` types and byte streams, knows no web framework and no credits. A [`Target`] says where a
//! request may go: a base URL, a credential, and which methods and paths its callers may use. A
//! [`Forwarder`] checks a request against its target, takes out what belongs to our side (hop-by-hop
//! headers, the caller's key), puts the target's credential in, and streams both ways.
//!
//! ```no_run
//! use fourfold_clients::http::{AuthScheme, Body};
//! use fourfold_forward::{Allow, Forwarder, Target};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let target = Target::new("openai", "https://api.openai.com/v1")?
//!     .auth(AuthScheme::Bearer("sk-…".into()))
//!     .allow(Allow::only(["POST /chat/completions", "GET /models"])?);
//! let forwarder = Forwarder::new(target)?;
//! let request = http::Request::post("/chat/completions").body(Body::from("{}"))?;
//! let answer = forwarder.forward(request).await?;
//! println!("{}", answer.status());
//! # Ok(())
//! # }
//! ```

mod builder;
mod chain;
mod collect;
mod credential;
mod error;
mod forwarder;
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
mod stream;
mod target;
mod timeouts;
mod transform;
mod upgrade;
mod usage;

pub use builder::ForwarderBuilder;
pub use error::{ForwardError, TargetError};
pub use forwarder::Forwarder;
pub use fourfold_clients::http::{
    AuthScheme, Body, BoxError, BreakerSettings, BreakerState, ClientError, Effect, ErrorKind,
    ExponentialRetry, FailedTry, NoRetry, PoolSettings, ProxyUrl, RetryDecision,
    RetryPolicy as RetryStrategy, StatusRetry, TimeoutStage, TlsSettings,
};
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
    AUTH_PRIORITY, BODY_PRIORITY, CallContext, HEADER_PRIORITY, PATH_PRIORITY, RequestDraft,
    RequestTransformer, ResponseDraft, ResponseTransformer, TransformError,
};
pub use upgrade::{Tunnel, tunnel};
pub use usage::Usage;
