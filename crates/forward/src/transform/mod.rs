//! What is changed on the way: transformers, in order of their priority, lower first.
//!
//! ```text
//! caller ─► path (50) ─► header (100) ─► auth (200) ─► body (300) ─► the target's credential ─► target
//! caller ◄────────────── header (100) ◄─────────────── body (300) ◄─────────────────────────── target
//! ```
//!
//! A target's own credential goes in after all of them; `auth` is for whoever wants another, or to see it earlier.

mod auth;
mod body;
mod fields;
mod header;
mod invalid;
mod object;
mod only_for;
mod path;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_clients::http::BoxError;
use http::{HeaderMap, Method, StatusCode};

pub use auth::AuthTransformer;
pub use body::BodyTransformer;
pub use header::HeaderTransformer;
pub use invalid::InvalidTransformer;
pub(crate) use invalid::{header_name, header_value};
pub use only_for::OnlyFor;
pub use path::PathTransformer;

/// The priority of path transformers. The path is checked again after the last transformer.
pub const PATH_PRIORITY: i32 = 50;
/// The priority of header transformers.
pub const HEADER_PRIORITY: i32 = 100;
/// The priority of auth transformers.
pub const AUTH_PRIORITY: i32 = 200;
/// The priority of body transformers.
pub const BODY_PRIORITY: i32 = 300;

/// The call that a transformer works for.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// The target's name.
    pub target: Arc<str>,
    /// The call's id, as it is logged and carried in `x-request-id`.
    pub request_id: Arc<str>,
    /// The method, as the caller gave it.
    pub method: Method,
    /// The path, as the caller gave it.
    pub path: Arc<str>,
    /// What the embedding program knows of the call, such as who makes it.
    pub extensions: http::Extensions,
}

/// A request on its way out. What isn't here can't be changed.
#[derive(Debug)]
pub struct RequestDraft {
    /// The method.
    pub method: Method,
    /// The path below the target's base URL, with its leading slash, without the query.
    pub path: String,
    /// The query without its question mark; none if there is none.
    pub query: Option<String>,
    /// The headers, without those that stay on our side.
    pub headers: HeaderMap,
    /// The body, where it was collected: JSON, not compressed, and not above the target's limit, and a
    /// transformer of the target reads bodies. None if it streams by untouched.
    pub body: Option<Bytes>,
}

/// An answer on its way back.
#[derive(Debug)]
pub struct ResponseDraft {
    /// The status.
    pub status: StatusCode,
    /// The headers, without those that are for one connection only.
    pub headers: HeaderMap,
    /// The body, where it was collected: JSON, not compressed, no event stream, and not above the target's limit,
    /// and a transformer of the target reads bodies. None if it streams by untouched.
    pub body: Option<Bytes>,
}

/// Changes requests before they are sent. If it fails, nothing is sent and the caller is told.
#[async_trait]
pub trait RequestTransformer: Send + Sync + fmt::Debug {
    /// What it calls itself in errors and logs, such as `header`.
    fn name(&self) -> &str;

    /// Lower goes first; equal ones in the order of the list.
    fn priority(&self) -> i32;

    /// Whether it looks at bodies, so that JSON ones are collected before it is asked.
    fn reads_body(&self) -> bool {
        false
    }

    /// Changes the request.
    async fn transform(&self, request: &mut RequestDraft, call: &CallContext) -> Result<(), TransformError>;
}

/// Changes answers before the caller sees them. If it fails, the caller is told that the target's answer
/// can't be given.
#[async_trait]
pub trait ResponseTransformer: Send + Sync + fmt::Debug {
    /// What it calls itself in errors and logs, such as `header`.
    fn name(&self) -> &str;

    /// Lower goes first; equal ones in the order of the list.
    fn priority(&self) -> i32;

    /// Whether it looks at bodies, so that JSON ones are collected before it is asked.
    fn reads_body(&self) -> bool {
        false
    }

    /// Changes the answer.
    async fn transform(&self, response: &mut ResponseDraft, call: &CallContext)
    -> Result<(), TransformError>;
}

/// Why a transformer can't do its work.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct TransformError {
    /// Says what is wrong, for the caller: no secret, no address.
    pub message: String,
    /// What lies behind it, for the operator.
    #[source]
    pub source: Option<BoxError>,
}
