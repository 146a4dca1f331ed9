//! The fake of the store: the same steps over rows that are never written anywhere. For tests.

mod audit;
mod chats;
mod files;
mod instances;
mod keys;
mod operator;
mod reads;
mod usage;
mod webhooks;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{FileId, HoldId, InstanceId, JobId, KeyId};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use crate::clock::Clock;
use crate::commit::{Commit, Losses, Needs, Step, World};
use crate::credits::{HoldState, Owner, rules};
use crate::error::StoreError;
use crate::jobs::{Artifact, Due, JobView};
use crate::keys::{ApiKey, KeyRequest};
use crate::{Spawner, Timestamp};

pub use usage::MemoryUsage;

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
    /// Messages of conversations are lost.
    pub forget_messages: bool,
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
        forget_messages: false,
    };

    /// Each fault by itself.
    pub const EACH: [Self; 11] = [
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
        Self { forget_messages: true, ..Self::NONE },
    ];
}

#[derive(Default)]
struct State {
    world: World,
    keys: HashMap<KeyId, ApiKey>,
    keys_revision: u64,
    key_requests: HashMap<[u8; 32], KeyRequest>,
    instances: HashMap<InstanceId, Timestamp>,
    /// Who sweeps, until when.
    sweep: Option<(InstanceId, Timestamp)>,
    /// How many steps are still answered.
    answers_left: Option<u32>,
    stall: Option<Stall>,
    is_closed: bool,
}

/// A while without the database: a step that comes then waits in line.
#[derive(Clone, Copy)]
struct Stall {
    /// How many steps are still taken before it.
    steps_left: u32,
    lasts: Duration,
    ending: StallEnding,
}

/// What becomes of a step that waited for the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StallEnding {
    /// It is taken after all, and answered.
    Taken,
    /// It is taken, and nobody knows.
    Unknown,
    /// It isn't taken.
    Failed,
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

    /// Takes so many more steps; the next one waits in line for so long, and then ends so. Steps after that are taken
    /// again.
    pub fn stall_after(&self, steps: u32, lasts: Duration, ending: StallEnding) {
        self.state().stall = Some(Stall { steps_left: steps, lasts, ending });
    }

    /// From now on no step is taken, and neither accounts nor conversations are read.
    pub fn close(&self) {
        self.state().is_closed = true;
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

    /// The state of one that isn't closed.
    fn open_state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.state();
        if state.is_closed { Err(StoreError::Failed("the database is closed".into())) } else { Ok(state) }
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
        Losses::since(world, known.0).count();
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
        if self.faults.forget_messages {
            world.messages.clear();
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
            let answered = match stall.ending {
                StallEnding::Taken => store.commit_now(step).await,
                StallEnding::Unknown => store.commit_now(step).await.and_then(|_lost| {
                    Err(StoreError::Unknown("the database was gone before it could answer".into()))
                }),
                StallEnding::Failed => Err(StoreError::Failed("the database was gone for too long".into())),
            };
            drop(sender.send(answered));
        });
        answer.await.map_err(|error| StoreError::Failed(error.into()))?
    }
}

impl MemoryStore {
    async fn commit_now<S: Step>(&self, step: S) -> Result<S::Answer, StoreError> {
        let (answer, keep_back) = {
            let mut state = self.open_state()?;
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
