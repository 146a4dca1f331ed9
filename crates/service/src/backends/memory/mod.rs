//! The fake of the store: the same steps over rows that are never written anywhere. For tests.

mod audit;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{AccountId, CallId, EntryId, InstanceId, JobId, KeyId, Realm, Subject};

use crate::Timestamp;
use crate::calls::CallState;
use crate::clock::Clock;
use crate::commit::{Commit, Step, World};
use crate::credits::{Account, Entry, Owner};
use crate::error::StoreError;
use crate::jobs::{Artifact, JobEvent, JobView, Lease};
use crate::keys::ApiKey;
use crate::ports::{Audit, DueJob, InstanceStore, KeyStore, Reads};

/// A store in memory, held to the same conformance suite as the real ones.
#[derive(Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
    faults: Faults,
}

/// Ways to break the fake on purpose, so that the conformance suite can show that it notices.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    /// Entries are lost.
    pub forget_entries: bool,
    /// A lease is given to whoever asks.
    pub share_leases: bool,
}

#[derive(Default)]
struct State {
    world: World,
    keys: HashMap<KeyId, ApiKey>,
    keys_revision: u64,
    instances: HashMap<InstanceId, Timestamp>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::broken(clock, Faults::default())
    }

    /// An empty store that is broken in these ways.
    pub fn broken(clock: Arc<dyn Clock>, faults: Faults) -> Self {
        Self { state: Arc::default(), clock, faults }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn view(state: &State, job: JobId) -> Option<JobView> {
        let job = state.world.jobs.get(&job)?.clone();
        let owner = Owner::Job(job.id);
        let attempts =
            (1..=job.attempts).filter_map(|number| state.world.attempts.get(&(owner, number)).cloned());
        let mut artifacts: Vec<Artifact> =
            state.world.artifacts.iter().filter(|artifact| artifact.job == job.id).cloned().collect();
        artifacts.sort_by_key(|artifact| artifact.index);
        Some(JobView { attempts: attempts.collect(), artifacts, job })
    }
}

#[async_trait]
impl Commit for MemoryStore {
    async fn commit<S: Step>(&self, step: S) -> Result<S::Answer, StoreError> {
        let mut state = self.state();
        state.world.now = self.clock.now();
        let entries = state.world.entries.len();
        if self.faults.share_leases {
            let jobs: Vec<JobId> = state.world.due.values().map(|due| due.job).collect();
            for job in jobs {
                if let Some(due) = state.world.due.get_mut(&job) {
                    (due.lease_until, due.token) = (None, 0);
                }
            }
        }
        let answer = step.decide(&mut state.world)?;
        if self.faults.forget_entries {
            state.world.entries.truncate(entries);
        }
        let new: Vec<Entry> = state.world.entries.get(entries..).unwrap_or_default().to_vec();
        for entry in new {
            state.world.operations.insert(entry.operation.clone(), entry);
        }
        Ok(answer)
    }
}

#[async_trait]
impl Reads for MemoryStore {
    async fn account(&self, subject: &Subject) -> Result<Option<Account>, StoreError> {
        let state = self.state();
        Ok(state.world.subjects.get(subject).and_then(|id| state.world.accounts.get(id)).cloned())
    }

    async fn accounts(
        &self,
        realm: &Realm,
        before: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<Account>, StoreError> {
        let state = self.state();
        let of_realm = state.world.accounts.values().filter(|account| account.subject.realm == *realm);
        Ok(newest(of_realm, |account| account.id, before, limit))
    }

    async fn entries(
        &self,
        account: AccountId,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let state = self.state();
        let of_account = state.world.entries.iter().filter(|entry| entry.account == account);
        Ok(newest(of_account, |entry| entry.id, before, limit))
    }

    async fn audit(&self) -> Result<Audit, StoreError> {
        Ok(audit::audit(&self.state().world))
    }

    async fn renew(&self, leases: Vec<Lease>, lease: Duration) -> Result<Vec<JobId>, StoreError> {
        let until = self.clock.now().after(lease);
        let mut state = self.state();
        let mut lost = Vec::new();
        for lease in leases {
            match state.world.due.get_mut(&lease.job) {
                Some(due) if due.token == lease.token && due.lease_until.is_some() => {
                    due.lease_until = Some(until);
                }
                _ => lost.push(lease.job),
            }
        }
        Ok(lost)
    }

    async fn due(&self, until: Option<Timestamp>, limit: usize) -> Result<Vec<DueJob>, StoreError> {
        let now = self.clock.now();
        let state = self.state();
        let free = state.world.due.values().filter(|due| due.lease_until.is_none_or(|until| until <= now));
        let mut due: Vec<DueJob> = free
            .filter(|due| due.next_at <= until.unwrap_or(now))
            .map(|due| DueJob { job: due.job, priority: due.priority, next_at: due.next_at })
            .collect();
        due.sort_by_key(|due| due.next_at);
        due.truncate(limit);
        Ok(due)
    }

    async fn job(&self, id: JobId) -> Result<Option<JobView>, StoreError> {
        Ok(Self::view(&self.state(), id))
    }

    async fn jobs(
        &self,
        account: AccountId,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobView>, StoreError> {
        let state = self.state();
        let of_account = state.world.jobs.values().filter(|job| job.account == account);
        let jobs = newest(of_account, |job| job.id, before, limit);
        Ok(jobs.iter().filter_map(|job| Self::view(&state, job.id)).collect())
    }

    async fn events(&self, job: JobId, after_version: u32) -> Result<Vec<JobEvent>, StoreError> {
        let state = self.state();
        let events =
            state.world.events.iter().filter(|event| event.job == job && event.version > after_version);
        Ok(events.copied().collect())
    }

    async fn forget_idempotency(&self, before: Timestamp) -> Result<(), StoreError> {
        self.state().world.idempotency.retain(|record| record.created_at >= before);
        Ok(())
    }

    async fn orphaned_calls(&self, limit: usize) -> Result<Vec<CallId>, StoreError> {
        let now = self.clock.now();
        let state = self.state();
        let dead = |instance| state.instances.get(instance).is_none_or(|until| *until <= now);
        let calls =
            state.world.calls.values().filter(|call| call.state == CallState::Open && dead(&call.instance));
        Ok(calls.map(|call| call.id).take(limit).collect())
    }
}

#[async_trait]
impl KeyStore for MemoryStore {
    async fn insert_key(&self, key: ApiKey) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.keys.values().any(|known| known.hash == key.hash) {
            return Err(StoreError::Failed("a key with this hash is there already".into()));
        }
        state.keys_revision += 1;
        state.keys.insert(key.id, key);
        Ok(())
    }

    async fn revoke_key(&self, id: KeyId) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        state.keys_revision += 1;
        let key = state.keys.get_mut(&id);
        Ok(key.map(|key| key.revoked_at = key.revoked_at.or(Some(now))).is_some())
    }

    async fn key_by_hash(&self, hash: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        Ok(self.state().keys.values().find(|key| key.hash == hash).cloned())
    }

    async fn keys(&self, before: Option<KeyId>, limit: usize) -> Result<Vec<ApiKey>, StoreError> {
        Ok(newest(self.state().keys.values(), |key| key.id, before, limit))
    }

    async fn keys_revision(&self) -> Result<u64, StoreError> {
        Ok(self.state().keys_revision)
    }
}

#[async_trait]
impl InstanceStore for MemoryStore {
    async fn beat(&self, instance: InstanceId, lease: Duration) -> Result<(), StoreError> {
        let until = self.clock.now().after(lease);
        self.state().instances.insert(instance, until);
        Ok(())
    }

    async fn supersede(&self, instance: InstanceId) -> Result<(), StoreError> {
        let mut state = self.state();
        state.instances.retain(|known, _until| *known == instance);
        let jobs: Vec<JobId> = state.world.due.values().map(|due| due.job).collect();
        for job in jobs {
            if let Some(due) = state.world.due.get_mut(&job)
                && due.leased_by != Some(instance)
            {
                (due.lease_until, due.leased_by) = (None, None);
            }
        }
        Ok(())
    }
}

fn newest<'a, T: Clone + 'a, I: Ord>(
    rows: impl Iterator<Item = &'a T>,
    id: impl Fn(&T) -> I,
    before: Option<I>,
    limit: usize,
) -> Vec<T> {
    let mut rows: Vec<T> =
        rows.filter(|row| before.as_ref().is_none_or(|before| id(row) < *before)).cloned().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(id(row)));
    rows.truncate(limit);
    rows
}
