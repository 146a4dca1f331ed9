//! The durable steps of a job, one file each, over the rules that they share.
//!
//! ```text
//! Submit → Claim → BeginAttempt → RecordUpstream → Finish
//!            ▲          └─ NextAttempt ─┐   └─ Reschedule (poll again)
//!            └──────────────────────────┘
//! Claim → EndLate, for a task that may go on after its job expired
//! ```

mod admission;
mod begin_attempt;
mod claim;
mod cost;
mod delete;
mod end_late;
mod finish;
mod next_attempt;
mod record_upstream;
mod request_cancel;
mod reschedule;
mod rules;
mod submit;

pub use admission::Promote;
pub(crate) use admission::{Admission, PROMOTED_MAX};
pub use begin_attempt::BeginAttempt;
pub use claim::{Claim, Claimed};
pub use delete::{DeleteJob, JobEmptied};
pub use end_late::{EndLate, Late, Reconcile};
pub use finish::{Arrived, Ended, Ending, Finish};
pub use next_attempt::NextAttempt;
pub use record_upstream::RecordUpstream;
pub use request_cancel::{CancelUnbegun, RequestCancel};
pub use reschedule::Reschedule;
pub(super) use rules::late_pause;
pub use submit::{Submit, Submitted};
