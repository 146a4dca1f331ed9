//! The fake of the store: the same steps over rows that are never written anywhere. For tests.

mod audit;
mod files;
mod operator;
mod webhooks;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{AccountId, CallId, EntryId, FileId, HoldId, InstanceId, JobId, KeyId, Realm, Subject};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use crate::calls::{CallAnswer, CallState, CallView};
use crate::clock::Clock;
use crate::commit::{Commit, Needs, Step, World};
use crate::credits::{Account, Entry, HoldState, Owner, rules};
use crate::error::StoreError;
use crate::idempotency::{IdempotencyRecord, IdempotencyScope};
use crate::jobs::{Artifact, Due, JobEvent, JobView, Lease};
use crate::keys::ApiKey;
use crate::ports::{Audit, DueJob, InstanceStore, KeyStore, Needed, Reads};
use crate::{Spawner, Timestamp};

/// A store in memory, held to the same conformance suite as the real ones.
#[derive(Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
    faults: Faults,
    /// Tells that an answer was kept back; the test holds the other end.
    silenced: Arc<Notify>,
}

/// Ways to break the fake on purpose, so that the conformance suite can show that it notices.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    /// Entries are lost.
    pub forget_entries: bool,
    /// A lease is given to whoever asks.
    pub share_leases: bool,
    /// Every lease has the same token.
    pub repeat_tokens: bool,
    /// Idempotency keys are lost.
    pub forget_idempotency: bool,
    /// What is settled is taken a second time.
    pub settle_twice: bool,
    /// Events are lost.
    pub forget_events: bool,
    /// Artifacts are lost.
    pub forget_artifacts: bool,
    /// A refused step leaves the account that it would have made.
    pub leave_traces: bool,
    /// Which files jobs use is lost.
    pub forget_uses: bool,
    /// Deliveries of webhooks are lost.
    pub forget_deliveries: bool,
}

impl Faults {
    const NONE: Self = Self {
        forget_entries: false,
        share_leases: false,
        repeat_tokens: false,
        forget_idempotency: false,
        settle_twice: false,
        forget_events: false,
        forget_artifacts: false,
        leave_traces: false,
        forget_uses: false,
        forget_deliveries: false,
    };

    /// Each fault by itself.
    pub const EACH: [Self; 10] = [
        Self { forget_entries: true, ..Self::NONE },
        Self { share_leases: true, ..Self::NONE },
        Self { repeat_tokens: true, ..Self::NONE },
        Self { forget_idempotency: true, ..Self::NONE },
        Self { settle_twice: true, ..Self::NONE },
        Self { forget_events: true, ..Self::NONE },
        Self { forget_artifacts: true, ..Self::NONE },
        Self { leave_traces: true, ..Self::NONE },
        Self { forget_uses: true, ..Self::NONE },
        Self { forget_deliveries: true, ..Self::NONE },
    ];
}

#[derive(Default)]
struct State {
    world: World,
    keys: HashMap<KeyId, ApiKey>,
    keys_revision: u64,
    instances: HashMap<InstanceId, Timestamp>,
    /// Who sweeps, until when.
    sweep: Option<(InstanceId, Timestamp)>,
    /// How many steps are still answered.
    answers_left: Option<u32>,
    stall: Option<Stall>,
}

/// A while without the database: a step that comes then waits in line.
#[derive(Clone, Copy)]
struct Stall {
    /// How many steps are still taken before it.
    steps_left: u32,
    lasts: Duration,
    /// Whether the step that waited is taken after all.
    is_taken: bool,
}

impl State {
    /// The stall that the next step meets, if it is its turn.
    fn next_stall(&mut self) -> Option<Stall> {
        let stall = self.stall.as_mut()?;
        match stall.steps_left.checked_sub(1) {
            Some(left) => {
                stall.steps_left = left;
                None
            }
            None => self.stall.take(),
        }
    }

    /// The key with its budget as it is now.
    fn with_budget(&self, key: &ApiKey) -> ApiKey {
        ApiKey { budget: self.world.budgets.get(&key.id).copied(), ..key.clone() }
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::broken(clock, Faults::default())
    }

    /// An empty store that is broken in these ways.
    pub fn broken(clock: Arc<dyn Clock>, faults: Faults) -> Self {
        Self { state: Arc::default(), clock, faults, silenced: Arc::default() }
    }

    /// Answers so many more steps; the next one is taken and never answered, as if the process had died
    /// right after its commit. Whoever drops the future that waits plays the death. Steps after that are
    /// answered again.
    pub fn keep_back_after(&self, answers: u32) {
        self.state().answers_left = Some(answers);
    }

    /// Takes so many more steps; the next one waits in line for so long, and then is taken after all, or fails. Steps
    /// after that are taken again.
    pub fn stall_after(&self, steps: u32, lasts: Duration, is_taken: bool) {
        self.state().stall = Some(Stall { steps_left: steps, lasts, is_taken });
    }

    /// Ends when an answer is kept back.
    pub async fn kept_back(&self) {
        self.silenced.notified().await;
    }

    /// All that is in it, as text, to be compared.
    pub fn written(&self) -> String {
        let mut state = self.state();
        state.world.now = Timestamp::default();
        format!("{:?}", state.world)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a step, broken as it may be.
    fn take<S: Step>(&self, world: &mut World, step: &S) -> Result<S::Answer, StoreError> {
        world.now = self.clock.now();
        let known = (world.entries.len(), world.events.len(), world.artifacts.len());
        let before = self.faults.settle_twice.then(|| Open::of(world));
        let now = world.now;
        if self.faults.share_leases {
            each_due(world, |due| due.lease_until = due.lease_until.min(Some(now)));
        }
        let answer = step.decide(world);
        if answer.is_err() && self.faults.leave_traces {
            let mut needs = Needs::default();
            step.needs(&mut needs);
            for subject in &needs.subjects {
                let _trace = rules::account_of(world, subject);
            }
        }
        let answer = answer?;
        for entry in world.entries.get(known.0..).unwrap_or_default().to_vec() {
            world.operations.insert(entry.operation.clone(), entry);
        }
        if self.faults.forget_entries {
            world.entries.truncate(known.0);
        }
        if self.faults.forget_events {
            world.events.truncate(known.1);
        }
        if self.faults.forget_artifacts {
            world.artifacts.truncate(known.2);
        }
        if self.faults.forget_idempotency {
            world.idempotency.retain(|_record| false);
        }
        if self.faults.repeat_tokens {
            each_due(world, |due| due.token = due.token.min(1));
        }
        if self.faults.forget_uses {
            let files: Vec<FileId> = world.files.values().map(|file| file.id).collect();
            files.iter().for_each(|id| world.files.get_mut(id).into_iter().for_each(|file| file.uses = 0));
        }
        if self.faults.forget_deliveries {
            world.deliveries.retain(|_delivery| false);
        }
        if let Some(before) = before {
            before.settle_again(world);
        }
        Ok(answer)
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
        let Some(stall) = self.state().next_stall() else { return self.commit_now(step).await };
        // What stands in line is taken, whether anybody still waits for it or not.
        let store = self.clone();
        let (sender, answer) = oneshot::channel();
        Spawner::new(Handle::current()).start(async move {
            tokio::time::sleep(stall.lasts).await;
            let answered = match stall.is_taken {
                true => store.commit_now(step).await,
                false => Err(StoreError::Failed("the database was gone for too long".into())),
            };
            drop(sender.send(answered));
        });
        answer.await.map_err(|error| StoreError::Failed(error.into()))?
    }
}

impl MemoryStore {
    async fn commit_now<S: Step>(&self, step: S) -> Result<S::Answer, StoreError> {
        let (answer, keep_back) = {
            let mut state = self.state();
            let answer = self.take(&mut state.world, &step)?;
            let keep_back = state.answers_left == Some(0);
            state.answers_left = state.answers_left.and_then(|left| left.checked_sub(1));
            (answer, keep_back)
        };
        if keep_back {
            self.silenced.notify_one();
            std::future::pending::<()>().await;
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
        let world = &mut self.state().world;
        world.idempotency.retain(|record| record.created_at >= before);
        let calls = &world.calls;
        let is_kept =
            |id: &CallId| calls.get(id).and_then(|call| call.ended_at).is_some_and(|at| at >= before);
        world.call_answers.retain(|(id, _answer)| is_kept(id));
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

#[async_trait]
impl KeyStore for MemoryStore {
    async fn insert_key(&self, key: ApiKey) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.keys.values().any(|known| known.hash == key.hash) {
            return Err(StoreError::Failed("a key with this hash is there already".into()));
        }
        state.keys_revision += 1;
        if let Some(budget) = key.budget {
            state.world.budgets.insert(key.id, budget);
        }
        state.keys.insert(key.id, key);
        Ok(())
    }

    async fn revoke_key(&self, id: KeyId) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(key) = state.keys.get_mut(&id) else { return Ok(false) };
        key.revoked_at = key.revoked_at.or(Some(now));
        state.keys_revision += 1;
        Ok(true)
    }

    async fn key_by_hash(&self, hash: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        let state = self.state();
        Ok(state.keys.values().find(|key| key.hash == hash).map(|key| state.with_budget(key)))
    }

    async fn keys(&self, before: Option<KeyId>, limit: usize) -> Result<Vec<ApiKey>, StoreError> {
        let state = self.state();
        let keys = newest(state.keys.values(), |key| key.id, before, limit);
        Ok(keys.iter().map(|key| state.with_budget(key)).collect())
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
        state.sweep = state.sweep.filter(|(known, _until)| *known == instance);
        each_due(&mut state.world, |due| {
            if due.leased_by != Some(instance) {
                (due.lease_until, due.leased_by) = (None, None);
            }
        });
        webhooks::supersede(&mut state.world, instance);
        Ok(())
    }

    async fn live_instances(&self) -> Result<u64, StoreError> {
        let state = self.state();
        let now = self.clock.now();
        Ok(state.instances.values().filter(|until| **until > now).count() as u64)
    }

    async fn forget_instances(&self, dead_for: Duration) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        let State { instances, world, .. } = &mut *state;
        let before = instances.len();
        instances.retain(|instance, until| {
            let mut open = world.calls.values().filter(|call| call.state == CallState::Open);
            until.after(dead_for) > now || open.any(|call| call.instance == *instance)
        });
        Ok((before - instances.len()) as u64)
    }

    async fn take_sweep(&self, instance: InstanceId, lease: Duration) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        let is_free = state.sweep.is_none_or(|(known, until)| known == instance || until <= now);
        if is_free {
            state.sweep = Some((instance, now.after(lease)));
        }
        Ok(is_free)
    }
}

/// The holds that were open before a step.
struct Open(Vec<HoldId>);

impl Open {
    fn of(world: &World) -> Self {
        let open = world.holds.values().filter(|hold| hold.state == HoldState::Open);
        Self(open.map(|hold| hold.id).collect())
    }

    /// Takes once more what has been charged since.
    fn settle_again(&self, world: &mut World) {
        for id in &self.0 {
            let Some((account, charged)) = world.holds.get(id).map(|hold| (hold.account, hold.charged))
            else {
                continue;
            };
            if let Some(account) = world.accounts.get_mut(&account) {
                account.available = account.available.checked_sub(charged).unwrap_or_default();
            }
        }
    }
}

fn each_due(world: &mut World, change: impl Fn(&mut Due)) {
    let jobs: Vec<JobId> = world.due.values().map(|due| due.job).collect();
    for job in jobs {
        if let Some(due) = world.due.get_mut(&job) {
            change(due);
        }
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
