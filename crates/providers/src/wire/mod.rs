//! Passing a caller's own bytes on to a vendor of the same wire, and the answer's bytes back.
//!
//! ```text
//! body ─► edits ─► exchange ─► answer's bytes ─► cut at the ends of events ─► caller
//!                                                  └─► looked at in passing: usage, how it ends, how much it is
//! ```
//!
//! A vendor has it by a field of type [`Wire`], made of its client and of the [`WireRoute`]s that it has.

mod events;
mod keys;
mod look;
mod reply;
mod route;
mod send;
mod words;

pub(crate) use route::{StreamEnd, WireRoute};
pub(crate) use send::Wire;
pub(crate) use words::Words;
