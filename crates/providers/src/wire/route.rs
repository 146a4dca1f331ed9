//! Where a vendor has a dialect, and how it is read in passing.

use fourfold_domain::{Dialect, Usage};
use serde_json::{Map, Value};

/// One dialect at a vendor.
#[derive(Clone, Copy)]
pub(crate) struct WireRoute {
    pub(crate) dialect: Dialect,
    /// The path below the vendor's base URL.
    pub(crate) path: &'static str,
    /// The caller's headers that the vendor is sent, in lower case: those that say how the body is to be read.
    pub(crate) headers: &'static [&'static str],
    /// Where the limit of an answer goes.
    pub(crate) limit: LimitField,
    /// What the vendor's object of usage means.
    pub(crate) usage: fn(&Map<String, Value>) -> Option<Usage>,
    /// The fields whose texts are what is said.
    pub(crate) said: &'static [&'static [u8]],
    /// The fields whose texts are what was thought before.
    pub(crate) thought: &'static [&'static [u8]],
    /// The field that says why an answer ends.
    pub(crate) reason: &'static [u8],
    /// What it says where the vendor's filter ended it.
    pub(crate) filtered: &'static str,
    /// How a stream says that it is whole.
    pub(crate) end: StreamEnd,
}

/// The fields that a limit may go into: all of them, the one that counts where nothing else is said first.
pub(crate) type LimitField = &'static [&'static str];

/// How a stream of events says that it is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StreamEnd {
    /// By `[DONE]`, or at least by a reason to finish.
    #[cfg_attr(not(feature = "openai"), expect(dead_code, reason = "only vendors of OpenAI's wire end so"))]
    Done,
    /// By an event of one of these types.
    Types {
        /// The answer is whole.
        last: &'static [&'static str],
        /// It never will be.
        failed: &'static [&'static str],
    },
}
