//! Reading, and the leases that workers renew.

use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{AccountId, CallId, EntryId, JobId, Modality, Realm, Subject};

use super::{MemoryStore, audit, newest};
use crate::Timestamp;
use crate::calls::{CallAnswer, CallState, CallView};
use crate::credits::{Account, Entry, Owner};
use crate::error::StoreError;
use crate::idempotency::{IdempotencyRecord, IdempotencyScope};
use crate::jobs::{Deletion, Job, JobEvent, JobView, Lease};
use crate::ports::{Audit, DueJob, Needed, Reads, VideoPage};

#[async_trait]
impl Reads for MemoryStore {
    async fn account(&self, subject: &Subject) -> Result<Option<Account>, StoreError> {
        let state = self.open_state()?;
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
            .filter(|due| due.next_at <= until.unwrap_or(now) && (!due.parked || due.next_at <= now))
            .map(|due| DueJob { job: due.job, priority: due.priority, next_at: due.next_at })
            .collect();
        due.sort_by_key(|due| due.next_at);
        due.truncate(limit);
        Ok(due)
    }

    async fn job(&self, id: JobId) -> Result<Option<JobView>, StoreError> {
        Ok(Self::view(&self.state(), id))
    }

    async fn needed(&self) -> Result<Needed, StoreError> {
        let state = self.state();
        let mut needed = Needed::default();
        for job in state.world.due.values().filter_map(|due| state.world.jobs.get(&due.job)) {
            needed.models.insert(job.model.clone());
            if let Some(attempt) = state.world.attempts.get(&(Owner::Job(job.id), job.attempts)) {
                needed.credentials.insert((attempt.provider.clone(), attempt.credential.clone()));
            }
        }
        Ok(needed)
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

    async fn videos(&self, account: AccountId, page: VideoPage) -> Result<Vec<JobView>, StoreError> {
        let state = self.state();
        let is_listed = |job: &&Job| {
            job.account == account && job.modality == Modality::Video && job.deletion == Deletion::Kept
        };
        let mut ids: Vec<JobId> = state.world.jobs.values().filter(is_listed).map(|job| job.id).collect();
        ids.sort_unstable();
        if !page.is_oldest_first {
            ids.reverse();
        }
        let is_past = |id: &JobId| match page.after {
            None => false,
            Some(after) if page.is_oldest_first => *id <= after,
            Some(after) => *id >= after,
        };
        let listed = ids.into_iter().skip_while(is_past).take(page.limit);
        Ok(listed.filter_map(|id| Self::view(&state, id)).collect())
    }

    async fn events(&self, job: JobId, after_version: u32) -> Result<Vec<JobEvent>, StoreError> {
        let state = self.state();
        let events =
            state.world.events.iter().filter(|event| event.job == job && event.version > after_version);
        Ok(events.copied().collect())
    }

    async fn idempotency(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, StoreError> {
        Ok(self.state().world.idempotency.get(scope).cloned())
    }

    async fn forget_idempotency(&self, before: Timestamp) -> Result<(), StoreError> {
        let mut state = self.state();
        state.key_requests.retain(|_scope, request| request.created_at >= before);
        let world = &mut state.world;
        world.idempotency.retain(|record| record.created_at >= before);
        let calls = &world.calls;
        let is_kept =
            |id: &CallId| calls.get(id).and_then(|call| call.ended_at).is_some_and(|at| at >= before);
        world.call_answers.retain(|(id, _answer)| is_kept(id));
        world.conversations.retain(|known| known.has_messages() || known.last_message_at >= before);
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

    async fn call(&self, id: CallId) -> Result<Option<CallView>, StoreError> {
        let state = self.state();
        let Some(call) = state.world.calls.get(&id).cloned() else { return Ok(None) };
        let attempt = |number| state.world.attempts.get(&(Owner::Call(id), number)).cloned();
        Ok(Some(CallView { call, attempts: (1..).map_while(attempt).collect() }))
    }

    async fn call_answer(&self, id: CallId) -> Result<Option<CallAnswer>, StoreError> {
        let state = self.state();
        let kept = state.world.call_answers.iter().find(|(call, _answer)| *call == id);
        Ok(kept.map(|(_call, answer)| answer.clone()))
    }
}
