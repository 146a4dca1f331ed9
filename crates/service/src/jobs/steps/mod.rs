//! The durable steps of a job, one file each, over the rules that they share.
//!
//! ```text
//! Submit → Claim → BeginAttempt → RecordUpstream → Finish
//!            ▲          └─ NextAttempt ─┐   └─ Reschedule (poll again)
//!            └──────────────────────────┘
//! ```

mod begin_attempt;
mod claim;
mod finish;
mod next_attempt;
mod record_upstream;
mod request_cancel;
mod reschedule;
mod rules;
mod submit;

pub use begin_attempt::BeginAttempt;
pub use claim::{Claim, Claimed};
pub use finish::{Ending, Finish};
pub use next_attempt::NextAttempt;
pub use record_upstream::RecordUpstream;
pub use request_cancel::RequestCancel;
pub use reschedule::Reschedule;
pub use submit::{Submit, Submitted};
