//! One HTTP client with every policy, which knows no vendor.
//!
//! ```text
//! Call ──► send ──► hops ──► transport (reqwest)  ──► connector, resolver, TLS
//!          retries  redirects                          ▲
//! exchange ────────────────► transport (hyper-util) ───┘
//! ```

mod address;
mod answer_body;
mod auth;
mod body;
mod breaker;
mod builder;
mod cache;
mod call;
mod client;
mod collect;
mod decode;
pub mod duration;
mod error;
mod event;
mod event_stream;
mod exchange;
mod exchange_paid;
mod failure;
mod hops;
mod multipart;
mod observe;
mod path;
mod pools;
mod proxy;
mod rate_limit;
mod redact;
mod redirect;
mod resolve;
mod response;
mod retry;
mod send;
mod sent_body;
mod settings;
mod sse;
mod timeout;
mod tls;
mod transport;
mod upgrade;

pub use address::{AddressPolicy, is_public};
pub use auth::AuthScheme;
pub use body::{Body, DataStream};
pub use breaker::{BreakerSettings, BreakerState};
pub use builder::ClientBuilder;
pub use cache::CacheSettings;
pub use call::Call;
pub use client::BaseHttpClient;
#[cfg(any(feature = "stability", feature = "vendor-lines"))]
pub(crate) use decode::json as read_json;
pub use error::{BoxError, ClientError, Effect, ErrorKind, TimeoutStage, with_causes};
pub use event::Event;
pub use event_stream::EventStream;
pub use failure::{CommonFailures, FailedAnswer, Failure, FailureReader};
pub use multipart::Multipart;
pub use observe::{CallReport, Outcome, Recorder};
pub use path::segment;
pub use proxy::ProxyUrl;
pub use rate_limit::{
    Permits, PermitsOnTheirWay, RateLimitSettings, SharedRateLimit, TakenPermits, WantedPermits,
};
pub use resolve::{Resolver, Resolving, SystemResolver};
pub use response::{Response, StreamResponse};
pub use retry::{
    ExponentialRetry, FailedTry, HashRandom, NoRetry, RETRYABLE_STATUSES, RandomSource, RetryDecision,
    RetryPolicy, RetrySettings, StatusRetry,
};
pub use settings::{HttpSettings, InvalidSetting, PoolSettings};
pub use sse::EventReader;
pub use timeout::{Progress, StreamTimeoutSettings, TimeoutSettings, Timeouts};
pub use tls::TlsSettings;
pub use transport::{ANSWER_HEAD_BYTES_MAX, ANSWER_HEADERS_MAX};
pub use upgrade::{Upgraded, upgrade};
