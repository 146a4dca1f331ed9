//! Where a vendor has a dialect, and how it is read in passing.

use fourfold_domain::{Dialect, Usage};
use serde_json::Value;

/// One dialect at a vendor.
#[derive(Clone, Copy)]
pub(crate) struct WireRoute {
    pub(crate) dialect: Dialect,
    /// The path below the vendor's base URL.
    pub(crate) path: &'static str,
    /// The caller's headers that the vendor is sent, in lower case: those that say how the body is to be read.
    pub(crate) headers: &'static [&'static str],
    /// What the vendor's object of usage means.
    pub(crate) usage: fn(Value) -> Option<Usage>,
    /// How a stream says that it is whole.
    pub(crate) end: StreamEnd,
}

/// How a stream of events says that it is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StreamEnd {
    /// By `[DONE]`, or at least by a reason to finish.
    #[cfg(feature = "openai")]
    Done,
    /// By an event of one of these types.
    Types(&'static [&'static str]),
}
