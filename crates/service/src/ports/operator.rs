//! Jobs as their operator sees them: of every account.

use async_trait::async_trait;
use fourfold_domain::{AccountId, Credits, ExternalId, JobId, JobState, ModelName, Realm};
use serde::Serialize;

use crate::Timestamp;
use crate::credits::Account;
use crate::error::StoreError;
use crate::jobs::{Artifact, Attempt, JobView};

/// Jobs, their results and their costs over all accounts.
#[async_trait]
pub trait OperatorStore: Send + Sync {
    /// Jobs that a filter lets pass, each with its account, the newest first, older than `before`.
    async fn find_jobs(
        &self,
        filter: JobFilter,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<(Account, JobView)>, StoreError>;

    /// An account by its id.
    async fn account_of(&self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// Accounts that have parked jobs and run fewer than `account_max`; 0 is no limit.
    async fn accounts_with_room(&self, account_max: u32, limit: usize) -> Result<Vec<AccountId>, StoreError>;

    /// The models that have results in the store.
    async fn kept_models(&self) -> Result<Vec<ModelName>, StoreError>;

    /// Results of a model that were stored before this moment and whose objects aren't removed, the oldest first.
    async fn kept_artifacts(
        &self,
        model: &ModelName,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Artifact>, StoreError>;

    /// Final jobs that their owners deleted and whose results are still to be removed.
    async fn deleted_jobs(&self, limit: usize) -> Result<Vec<JobView>, StoreError>;

    /// Notes that the objects of these results are removed. One that was before keeps its moment.
    async fn artifacts_removed(&self, artifacts: Vec<(JobId, u32)>) -> Result<(), StoreError>;

    /// Attempts begun from one moment until another of which nobody knows what became: first those whose vendor gave
    /// a task, which can be asked for, then the others, each the oldest first.
    async fn attempts_in_doubt(
        &self,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<Attempt>, StoreError>;

    /// What the jobs that ended from one moment until another came to, by model in the order of their names.
    async fn costs_by_model(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ModelCosts>, StoreError>;
}

/// Which jobs are meant; what is left out lets all pass.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobFilter {
    /// Those in this state.
    pub state: Option<JobState>,
    /// Those of this realm's accounts.
    pub realm: Option<Realm>,
    /// Those of accounts of this name.
    pub account: Option<ExternalId>,
    /// Those for this model.
    pub model: Option<ModelName>,
}

/// What the jobs and calls of a model came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ModelCosts {
    /// The model.
    pub model: ModelName,
    /// How many jobs ended.
    pub jobs: u64,
    /// How many calls ended.
    pub calls: u64,
    /// What their accounts were charged.
    pub charged: Credits,
    /// What the vendors charge for their attempts, as far as is known.
    pub cost: Credits,
    /// Attempts whose cost isn't known, since the catalog named none.
    pub uncosted: u64,
    /// What the operator bore: overruns, and work of which nobody was charged.
    pub losses: Credits,
}
