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
mod builder;
mod call;
mod client;
mod collect;
mod duration;
mod error;
mod exchange;
mod failure;
mod hops;
mod multipart;
mod observe;
mod proxy;
mod redact;
mod redirect;
mod resolve;
mod response;
mod retry;
mod send;
mod settings;
mod timeout;
mod tls;
mod transport;
mod upgrade;

pub use address::{AddressPolicy, is_public};
pub use auth::AuthScheme;
pub use body::{Body, DataStream};
pub use builder::ClientBuilder;
pub use call::Call;
pub use client::BaseHttpClient;
pub use error::{BoxError, ClientError, Effect, ErrorKind, TimeoutStage};
pub use failure::{CommonFailures, FailedAnswer, Failure, FailureReader};
pub use multipart::Multipart;
pub use observe::{CallReport, Outcome, Recorder};
pub use proxy::ProxyUrl;
pub use resolve::{Resolver, Resolving, SystemResolver};
pub use response::{Response, StreamResponse};
pub use retry::{
    ExponentialRetry, FailedTry, HashRandom, NoRetry, RETRYABLE_STATUSES, RandomSource, RetryDecision,
    RetryPolicy, RetrySettings, StatusRetry,
};
pub use settings::{HttpSettings, InvalidSetting, PoolSettings};
pub use timeout::{StreamTimeoutSettings, TimeoutSettings, Timeouts};
pub use tls::TlsSettings;
pub use upgrade::{Upgraded, upgrade};
