//! Passing a caller's own bytes on to a vendor of the same wire, and the answer's bytes back.
//!
//! ```text
//! body ─► edits ─► exchange ─► answer's bytes ──────────► caller
//!                                   └─► seen in passing ─► UsageWatch
//! ```
//!
//! A vendor has it by a field of type [`Wire`], made of its client and of the [`WireRoute`]s that it has.

mod json;
mod route;
mod send;
mod sse;
mod usage;
mod watch;

pub(crate) use route::{StreamEnd, WireRoute};
pub(crate) use send::Wire;
