//! Why a request wasn't passed on.

use fourfold_clients::http::ClientError;

/// Why a request wasn't passed on, or its answer didn't come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardError {
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
    /// The target couldn't be reached or didn't answer; says whether it may have got the request.
    #[error("the target {target} didn't answer")]
    Upstream {
        /// The target's name.
        target: String,
        /// What the client says, with the effect.
        #[source]
        source: Box<ClientError>,
    },
}

/// A target that can't be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The name isn't fit for a path.
    #[error("a target's name must be 1 to 64 characters of a-z 0-9 _ -")]
    Name,
    /// The base URL isn't one.
    #[error("a target's base URL must be http:// or https:// with a host and without query or fragment")]
    BaseUrl,
    /// An entry of the allow list isn't `METHOD /path`.
    #[error("{0:?} must be METHOD /path, with * for one segment and ** at the end for any rest")]
    Allow(String),
    /// The credential can't be sent in a header.
    #[error(
        "a target's credential must be a bearer token or a header, of characters that a header can carry"
    )]
    Credential,
    /// The client to the target can't be built.
    #[error("the client to the target can't be built")]
    Client(#[source] Box<ClientError>),
}
