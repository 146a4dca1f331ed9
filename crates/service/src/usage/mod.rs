//! The usage log: one row for each call and job that has ended, for whoever wants to see what was used.
//!
//! ```text
//! a call or job ends ─► UsageLog (a bounded line, never waited for) ─► its task ─► batches ─► UsageStore
//! ```
//!
//! The ledger is the truth about money; the log is beside it and may lose its tail: what a crash finds in the line, and
//! what comes while the line is full, which is counted.

mod log;
mod query;
mod record;
mod service;
mod settings;

pub use log::{UsageLog, UsageParts};
pub(crate) use query::{DAY_MILLIS, NO_DAY};
pub use query::{UsageFilter, UsageGroups, UsageKey, UsageQuery, UsageTotals};
pub use record::{UsageAmounts, UsageOutcome, UsageRow};
pub use service::{AccountName, UsageService};
pub use settings::UsageSettings;
