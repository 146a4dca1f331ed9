//! The database, by subject. The steps are the same for every backend, so they are written once, over
//! [`Commit`]; a backend brings the commit and the reads.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{
    AccountId, CallId, Credits, EntryId, InstanceId, JobId, KeyId, ModelName, ProviderKey, Realm, Subject,
};
use serde::Serialize;

use super::{ChatStore, DueJob, FileStore, OperatorStore, WebhookStore};
use crate::Timestamp;
use crate::calls::{CallAnswer, CallView, EndCall, OpenCall, OpenedCall};
use crate::commit::Commit;
use crate::credits::{Account, Adjust, Entry, Grant, OpenAccount};
use crate::error::StoreError;
use crate::idempotency::{IdempotencyRecord, IdempotencyScope};
use crate::jobs::{
    BeginAttempt, CancelUnbegun, Claim, Claimed, DeleteJob, EndLate, Ended, Finish, Job, JobEmptied,
    JobEvent, JobView, Lease, NextAttempt, Promote, Reconcile, RecordUpstream, RequestCancel, Reschedule,
    Submit, Submitted,
};
use crate::keys::{ApiKey, KeyChange, KeyRequest, KeyRotation};

/// All of the database.
pub trait Store:
    AccountStore
    + JobStore
    + CallStore
    + ChatStore
    + FileStore
    + KeyStore
    + InstanceStore
    + OperatorStore
    + WebhookStore
{
}

impl<S> Store for S where
    S: AccountStore
        + JobStore
        + CallStore
        + ChatStore
        + FileStore
        + KeyStore
        + InstanceStore
        + OperatorStore
        + WebhookStore
{
}

/// Accounts and their ledger.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Gives credits; idempotent on its operation id.
    async fn grant(&self, step: Grant) -> Result<Account, StoreError>;

    /// Corrects what an account can spend; idempotent on its operation id.
    async fn adjust(&self, step: Adjust) -> Result<Account, StoreError>;

    /// Makes an account where there is none yet.
    async fn open_account(&self, step: OpenAccount) -> Result<Account, StoreError>;

    /// The account of a subject, if it was ever used.
    async fn account(&self, subject: &Subject) -> Result<Option<Account>, StoreError>;

    /// A realm's accounts, the newest first, older than `before`.
    async fn accounts(
        &self,
        realm: &Realm,
        before: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<Account>, StoreError>;

    /// An account's entries, the newest first, older than `before`.
    async fn entries(
        &self,
        account: AccountId,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    /// Looks for anything that doesn't add up, in one snapshot.
    async fn audit(&self) -> Result<Audit, StoreError>;
}

/// What [`AccountStore::audit`] found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Audit {
    /// How much was looked at.
    pub counts: Counts,
    /// What doesn't add up; empty where all is well. At most 1 000 of each kind.
    pub findings: Vec<Finding>,
}

/// How much an audit looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Counts {
    /// Accounts.
    pub accounts: u64,
    /// Entries of the ledger.
    pub entries: u64,
    /// Holds, ended ones too.
    pub holds: u64,
    /// Holds that are open.
    pub holds_open: u64,
    /// Jobs.
    pub jobs: u64,
    /// Jobs that aren't final.
    pub jobs_open: u64,
    /// Calls.
    pub calls: u64,
}

/// One thing that doesn't add up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// The rule that is broken.
    pub rule: &'static str,
    /// The account whose rule it is.
    pub account: String,
    /// The row that breaks it.
    pub id: String,
    /// What is wrong with it.
    pub detail: String,
}

/// Jobs, their leases, attempts, results and events.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Takes a job with its hold.
    async fn submit(&self, step: Submit) -> Result<Submitted, StoreError>;
    /// Takes the lease of a job that is due.
    async fn claim(&self, step: Claim) -> Result<Claimed, StoreError>;
    /// Records that a vendor is about to be asked.
    async fn begin_attempt(&self, step: BeginAttempt) -> Result<u32, StoreError>;
    /// Records what the vendor answered.
    async fn record_upstream(&self, step: RecordUpstream) -> Result<Job, StoreError>;
    /// Lets go of a job until later.
    async fn reschedule(&self, step: Reschedule) -> Result<Job, StoreError>;
    /// Ends the attempt and puts the job back in line.
    async fn next_attempt(&self, step: NextAttempt) -> Result<Job, StoreError>;
    /// Ends a job: state, money, results and event in one go.
    async fn finish(&self, step: Finish) -> Result<Ended, StoreError>;
    /// Calls a job off.
    async fn request_cancel(&self, step: RequestCancel) -> Result<Ended, StoreError>;
    /// Calls a job off whose caller has left, unless a vendor may work on it.
    async fn cancel_unbegun(&self, step: CancelUnbegun) -> Result<Ended, StoreError>;
    /// Takes a job off the lists from which its owner can delete.
    async fn delete_job(&self, step: DeleteJob) -> Result<Job, StoreError>;
    /// Notes that nothing is left of a deleted job's results.
    async fn job_emptied(&self, step: JobEmptied) -> Result<(), StoreError>;
    /// Ends the late looks at a final job's task, and says what was lost.
    async fn end_late(&self, step: EndLate) -> Result<Credits, StoreError>;
    /// Ends the doubt about a final job's task, and says what was lost.
    async fn reconcile(&self, step: Reconcile) -> Result<Credits, StoreError>;
    /// Lets an account's parked jobs go on for which there is room.
    async fn promote(&self, step: Promote) -> Result<Vec<DueJob>, StoreError>;

    /// Makes these leases last `lease` from now and names those that are no longer the instance's.
    async fn renew(&self, leases: Vec<Lease>, lease: Duration) -> Result<Vec<JobId>, StoreError>;

    /// Jobs that nobody holds a lease of and that are due by `until` (now, where it is nothing), the
    /// longest due first. A parked one is at its deadline, and never before.
    async fn due(&self, until: Option<Timestamp>, limit: usize) -> Result<Vec<DueJob>, StoreError>;

    /// A job with all that belongs to it.
    async fn job(&self, id: JobId) -> Result<Option<JobView>, StoreError>;

    /// What unfinished jobs still need: their models, and the providers and credentials of their latest
    /// attempts.
    async fn needed(&self) -> Result<Needed, StoreError>;

    /// An account's jobs, the newest first, older than `before`.
    async fn jobs(
        &self,
        account: AccountId,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobView>, StoreError>;

    /// An account's jobs for videos that it hasn't deleted.
    async fn videos(&self, account: AccountId, page: VideoPage) -> Result<Vec<JobView>, StoreError>;

    /// A job's events after this version, in order.
    async fn events(&self, job: JobId, after_version: u32) -> Result<Vec<JobEvent>, StoreError>;

    /// What an idempotency key was used for.
    async fn idempotency(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, StoreError>;

    /// Forgets idempotency keys that were used, requests for the secrets of keys, and answers of calls that were kept,
    /// before this moment; and conversations that were begun before it and in which nothing was ever said.
    async fn forget_idempotency(&self, before: Timestamp) -> Result<(), StoreError>;
}

/// Which of an account's videos are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VideoPage {
    /// The last of the page before; left out, the list begins.
    pub after: Option<JobId>,
    /// Whether the oldest come first, or the newest.
    pub is_oldest_first: bool,
    /// How many at most.
    pub limit: usize,
}

/// What unfinished jobs still need.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Needed {
    /// The models that they are for.
    pub models: BTreeSet<ModelName>,
    /// The providers, with their credentials, that began the latest attempts.
    pub credentials: BTreeSet<(ProviderKey, String)>,
}

/// Calls.
#[async_trait]
pub trait CallStore: Send + Sync {
    /// Opens a call with its hold.
    async fn open_call(&self, step: OpenCall) -> Result<OpenedCall, StoreError>;
    /// Ends a call and its hold.
    async fn end_call(&self, step: EndCall) -> Result<Credits, StoreError>;
    /// Open calls whose instance is dead.
    async fn orphaned_calls(&self, limit: usize) -> Result<Vec<CallId>, StoreError>;
    /// A call with those who were asked.
    async fn call(&self, id: CallId) -> Result<Option<CallView>, StoreError>;
    /// What the caller of a charged call was sent, if it was kept.
    async fn call_answer(&self, id: CallId) -> Result<Option<CallAnswer>, StoreError>;
}

/// API keys, by their hashes.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Keeps a new key. The very same again changes nothing; another one with its id or its hash is an error.
    async fn insert_key(&self, key: ApiKey) -> Result<(), StoreError>;
    /// Keeps a request for a key's secret, unless one of its scope is there; answers with the one that is. Those that
    /// came side by side are answered with the same.
    async fn keep_key_request(&self, request: KeyRequest) -> Result<KeyRequest, StoreError>;
    /// Revokes a key. False where there is none; again is the same.
    async fn revoke_key(&self, id: KeyId) -> Result<bool, StoreError>;
    /// Gives a key that counts another hash, keeps the one that it had until then, and answers with the key. None where
    /// there is no such key, it is revoked or has expired, or its hash is neither the one to be replaced nor the new
    /// one; then nothing has changed. The same again changes nothing.
    async fn rotate_key(&self, id: KeyId, rotation: KeyRotation) -> Result<Option<ApiKey>, StoreError>;
    /// Changes a key that counts, and answers with it. None where there is no such key, it is revoked or has expired, it
    /// has no budget to be changed, or more was spent of that; then nothing has changed. The same again changes nothing.
    async fn change_key(&self, id: KeyId, change: KeyChange) -> Result<Option<ApiKey>, StoreError>;
    /// A key, whether or not it still counts.
    async fn key(&self, id: KeyId) -> Result<Option<ApiKey>, StoreError>;
    /// The key with this SHA-256, which may be that of the secret before its last; whether it still counts is for the
    /// caller to see.
    async fn key_by_hash(&self, hash: [u8; 32]) -> Result<Option<ApiKey>, StoreError>;
    /// Keys, the newest first, older than `before`.
    async fn keys(&self, before: Option<KeyId>, limit: usize) -> Result<Vec<ApiKey>, StoreError>;
    /// Rises with every change of any key.
    async fn keys_revision(&self) -> Result<u64, StoreError>;
}

/// Running processes.
#[async_trait]
pub trait InstanceStore: Send + Sync {
    /// Makes the instance live for `lease` from now; the first time it is made.
    async fn beat(&self, instance: InstanceId, lease: Duration) -> Result<(), StoreError>;

    /// Declares every other instance dead: their leases are free at once and their calls orphaned. Only
    /// for the one server process of an embedded database.
    async fn supersede(&self, instance: InstanceId) -> Result<(), StoreError>;

    /// How many instances are live.
    async fn live_instances(&self) -> Result<u64, StoreError>;

    /// Forgets instances that died so long ago and have no open calls, and says how many.
    async fn forget_instances(&self, dead_for: Duration) -> Result<u64, StoreError>;

    /// Takes the sweep for so long, or keeps it; false while another instance has it. Between two instances only
    /// one gets it.
    async fn take_sweep(&self, instance: InstanceId, lease: Duration) -> Result<bool, StoreError>;
}

/// What a backend reads and does besides steps.
#[async_trait]
pub(crate) trait Reads: Send + Sync {
    async fn account(&self, subject: &Subject) -> Result<Option<Account>, StoreError>;
    async fn accounts(
        &self,
        realm: &Realm,
        before: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<Account>, StoreError>;
    async fn entries(
        &self,
        account: AccountId,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;
    async fn audit(&self) -> Result<Audit, StoreError>;
    async fn renew(&self, leases: Vec<Lease>, lease: Duration) -> Result<Vec<JobId>, StoreError>;
    async fn due(&self, until: Option<Timestamp>, limit: usize) -> Result<Vec<DueJob>, StoreError>;
    async fn job(&self, id: JobId) -> Result<Option<JobView>, StoreError>;
    async fn needed(&self) -> Result<Needed, StoreError>;
    async fn jobs(
        &self,
        account: AccountId,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobView>, StoreError>;
    async fn videos(&self, account: AccountId, page: VideoPage) -> Result<Vec<JobView>, StoreError>;
    async fn events(&self, job: JobId, after_version: u32) -> Result<Vec<JobEvent>, StoreError>;
    async fn idempotency(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, StoreError>;
    async fn forget_idempotency(&self, before: Timestamp) -> Result<(), StoreError>;
    async fn orphaned_calls(&self, limit: usize) -> Result<Vec<CallId>, StoreError>;
    async fn call(&self, id: CallId) -> Result<Option<CallView>, StoreError>;
    async fn call_answer(&self, id: CallId) -> Result<Option<CallAnswer>, StoreError>;
}

#[async_trait]
impl<B: Commit + Reads> AccountStore for B {
    async fn grant(&self, step: Grant) -> Result<Account, StoreError> {
        self.commit(step).await
    }
    async fn adjust(&self, step: Adjust) -> Result<Account, StoreError> {
        self.commit(step).await
    }
    async fn open_account(&self, step: OpenAccount) -> Result<Account, StoreError> {
        self.commit(step).await
    }
    async fn account(&self, subject: &Subject) -> Result<Option<Account>, StoreError> {
        Reads::account(self, subject).await
    }
    async fn accounts(
        &self,
        realm: &Realm,
        before: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<Account>, StoreError> {
        Reads::accounts(self, realm, before, limit).await
    }
    async fn entries(
        &self,
        account: AccountId,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        Reads::entries(self, account, before, limit).await
    }
    async fn audit(&self) -> Result<Audit, StoreError> {
        Reads::audit(self).await
    }
}

#[async_trait]
impl<B: Commit + Reads> JobStore for B {
    async fn submit(&self, step: Submit) -> Result<Submitted, StoreError> {
        self.commit(step).await
    }
    async fn claim(&self, step: Claim) -> Result<Claimed, StoreError> {
        self.commit(step).await
    }
    async fn begin_attempt(&self, step: BeginAttempt) -> Result<u32, StoreError> {
        self.commit(step).await
    }
    async fn record_upstream(&self, step: RecordUpstream) -> Result<Job, StoreError> {
        self.commit(step).await
    }
    async fn reschedule(&self, step: Reschedule) -> Result<Job, StoreError> {
        self.commit(step).await
    }
    async fn next_attempt(&self, step: NextAttempt) -> Result<Job, StoreError> {
        self.commit(step).await
    }
    async fn finish(&self, step: Finish) -> Result<Ended, StoreError> {
        self.commit(step).await
    }
    async fn request_cancel(&self, step: RequestCancel) -> Result<Ended, StoreError> {
        self.commit(step).await
    }
    async fn cancel_unbegun(&self, step: CancelUnbegun) -> Result<Ended, StoreError> {
        self.commit(step).await
    }
    async fn delete_job(&self, step: DeleteJob) -> Result<Job, StoreError> {
        self.commit(step).await
    }
    async fn job_emptied(&self, step: JobEmptied) -> Result<(), StoreError> {
        self.commit(step).await
    }
    async fn end_late(&self, step: EndLate) -> Result<Credits, StoreError> {
        self.commit(step).await
    }
    async fn reconcile(&self, step: Reconcile) -> Result<Credits, StoreError> {
        self.commit(step).await
    }
    async fn promote(&self, step: Promote) -> Result<Vec<DueJob>, StoreError> {
        self.commit(step).await
    }
    async fn renew(&self, leases: Vec<Lease>, lease: Duration) -> Result<Vec<JobId>, StoreError> {
        Reads::renew(self, leases, lease).await
    }
    async fn due(&self, until: Option<Timestamp>, limit: usize) -> Result<Vec<DueJob>, StoreError> {
        Reads::due(self, until, limit).await
    }
    async fn job(&self, id: JobId) -> Result<Option<JobView>, StoreError> {
        Reads::job(self, id).await
    }
    async fn needed(&self) -> Result<Needed, StoreError> {
        Reads::needed(self).await
    }
    async fn jobs(
        &self,
        account: AccountId,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobView>, StoreError> {
        Reads::jobs(self, account, before, limit).await
    }
    async fn videos(&self, account: AccountId, page: VideoPage) -> Result<Vec<JobView>, StoreError> {
        Reads::videos(self, account, page).await
    }
    async fn events(&self, job: JobId, after_version: u32) -> Result<Vec<JobEvent>, StoreError> {
        Reads::events(self, job, after_version).await
    }
    async fn idempotency(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, StoreError> {
        Reads::idempotency(self, scope).await
    }
    async fn forget_idempotency(&self, before: Timestamp) -> Result<(), StoreError> {
        Reads::forget_idempotency(self, before).await
    }
}

#[async_trait]
impl<B: Commit + Reads> CallStore for B {
    async fn open_call(&self, step: OpenCall) -> Result<OpenedCall, StoreError> {
        self.commit(step).await
    }
    async fn end_call(&self, step: EndCall) -> Result<Credits, StoreError> {
        self.commit(step).await
    }
    async fn orphaned_calls(&self, limit: usize) -> Result<Vec<CallId>, StoreError> {
        Reads::orphaned_calls(self, limit).await
    }
    async fn call(&self, id: CallId) -> Result<Option<CallView>, StoreError> {
        Reads::call(self, id).await
    }
    async fn call_answer(&self, id: CallId) -> Result<Option<CallAnswer>, StoreError> {
        Reads::call_answer(self, id).await
    }
}
