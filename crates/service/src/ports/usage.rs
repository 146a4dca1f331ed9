//! Where the usage log is kept: beside the ledger, and never in its way.

use async_trait::async_trait;

use crate::Timestamp;
use crate::error::StoreError;
use crate::usage::{UsageQuery, UsageRow, UsageTotals};

/// The rows of calls and jobs that have ended.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// Keeps these rows, all or none. One whose owner has a row already is passed over, so that it does no harm to add
    /// them again.
    async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError>;

    /// Rows summed up, in the order of their keys.
    async fn usage(&self, query: UsageQuery) -> Result<Vec<UsageTotals>, StoreError>;

    /// Forgets rows of what ended before this moment, the oldest first, and says how many.
    async fn forget_usage(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError>;
}
