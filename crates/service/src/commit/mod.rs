//! Durable steps, and how many of them share one commit.
//!
//! A [`Step`] is one atomic change named for its intent: it says which rows it [`Needs`], and decides over
//! those rows, in memory, what becomes of them. A backend takes whatever steps are waiting, loads what they
//! need, lets each decide in the order of arrival, writes what changed and commits once; only then is
//! anyone answered. The fake that tests use runs the very same steps over a [`World`] that is never
//! written anywhere, so both decide alike.
//!
//! ```text
//! waiting steps ─► load rows ─► decide, one after the other ─► write changed rows ─► commit ─► answer each
//! ```

mod losses;
mod queue;
mod step;
mod table;
mod world;

pub(crate) use losses::{Losses, lost};
#[cfg(feature = "sqlite")]
pub(crate) use queue::Alone;
pub(crate) use queue::{BATCH_MAX, CommitQueue, Work};
pub(crate) use step::{Commit, PendingStep, Step, pending};
pub(crate) use table::Table;
#[cfg(feature = "sqlite")]
pub(crate) use world::AdmissionNeeds;
pub(crate) use world::{Needs, World};
