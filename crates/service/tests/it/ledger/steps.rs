//! Steps as data, and a runner that takes them at a store.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{AccountId, CallId, InstanceId, JobId};
use fourfold_service::StoreError;
use fourfold_service::calls::{CallEnding, EndCall, OpenedCall};
use fourfold_service::jobs::{
    AttemptState, Claim, Delivery, Ending, Finish, Job, JobError, Lease, NextAttempt, RecordUpstream,
    RequestCancel, Reschedule, Submit, Submitted, Upstream,
};
use fourfold_service::ports::Store;
use fourfold_service::testing::{TestClock, artifact, begin, credits, open_call, submit, task};
use proptest::prelude::*;
use serde_json::Map;
use uuid::Uuid;

use super::grant;

pub(super) const USERS: [&str; 3] = ["u0", "u1", "u2"];
pub(super) const LEASE: Duration = Duration::from_secs(30);
/// How many jobs of a user run at a time.
pub(super) const ACCOUNT_MAX: u32 = 3;

/// One step. Users go by number, jobs and calls by theirs from the newest back, so that sequences keep
/// finding some that are under way; amounts are in thousandths of a credit.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Grant {
        user: usize,
        amount: u32,
        operation: u8,
    },
    Submit {
        user: usize,
        amount: u32,
    },
    Claim {
        job: usize,
    },
    Leased {
        job: usize,
        holder: Holder,
        act: Act,
    },
    /// Whatever brings the job further: a claim, or the step that its state asks for; another job where it
    /// is done.
    GoOn {
        job: usize,
        task: bool,
        used: u32,
    },
    Cancel {
        job: usize,
        user: usize,
    },
    OpenCall {
        user: usize,
        amount: u32,
    },
    EndCall {
        call: usize,
        end: CallEnd,
    },
    Pass {
        seconds: u64,
    },
}

/// Who takes a step under a lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Holder {
    /// Who was given the latest lease.
    Latest,
    /// Who had the one before.
    Earlier,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Begin,
    RecordTask { poll_after: u64 },
    RecordObjects,
    Reschedule { after: u64, cancel_seen: bool },
    NextAttempt { after: u64 },
    Succeed { used: u32 },
    Fail,
    Cancel { used: u32 },
    Expire,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum CallEnd {
    Charged(u32),
    Released,
    Interrupted,
}

pub(super) fn any_step() -> impl Strategy<Value = Step> {
    let (user, job, call) = (0..USERS.len(), 0..2usize, 0..3usize);
    let holder = prop_oneof![19 => Just(Holder::Latest), 1 => Just(Holder::Earlier)];
    let act = prop_oneof![
        1 => Just(Act::Begin),
        1 => (0..20u64).prop_map(|poll_after| Act::RecordTask { poll_after }),
        1 => Just(Act::RecordObjects),
        1 => (0..20u64, any::<bool>()).prop_map(|(after, cancel_seen)| Act::Reschedule { after, cancel_seen }),
        1 => (0..20u64).prop_map(|after| Act::NextAttempt { after }),
        1 => (0..60u32).prop_map(|used| Act::Succeed { used }),
        1 => Just(Act::Fail),
        1 => (0..60u32).prop_map(|used| Act::Cancel { used }),
        1 => Just(Act::Expire),
    ];
    let end = prop_oneof![
        (0..60u32).prop_map(CallEnd::Charged),
        Just(CallEnd::Released),
        Just(CallEnd::Interrupted),
    ];
    prop_oneof![
        2 => (user.clone(), 0..1000u32, 0..60u8)
            .prop_map(|(user, amount, operation)| Step::Grant { user, amount, operation }),
        2 => (user.clone(), 0..50u32).prop_map(|(user, amount)| Step::Submit { user, amount }),
        2 => job.clone().prop_map(|job| Step::Claim { job }),
        16 => (job.clone(), any::<bool>(), 0..60u32)
            .prop_map(|(job, task, used)| Step::GoOn { job, task, used }),
        8 => (job.clone(), holder, act).prop_map(|(job, holder, act)| Step::Leased { job, holder, act }),
        2 => (job, user.clone()).prop_map(|(job, user)| Step::Cancel { job, user }),
        2 => (user, 0..50u32).prop_map(|(user, amount)| Step::OpenCall { user, amount }),
        2 => (call, end).prop_map(|(call, end)| Step::EndCall { call, end }),
        3 => (0..40u64).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

pub(super) fn amount(thousandths: u32) -> fourfold_domain::Credits {
    credits(&format!("{}.{:03}", thousandths / 1000, thousandths % 1000))
}

/// What a step answered: the words that both must agree on, or the refusal's.
pub(super) type Told = Result<String, String>;

/// Takes steps at a store, and knows the ids behind the numbers.
pub(super) struct Runner {
    store: Arc<dyn Store>,
    clock: Arc<TestClock>,
    jobs: Vec<JobId>,
    calls: Vec<CallId>,
    accounts: [Option<AccountId>; USERS.len()],
    tokens: Vec<u64>,
}

impl Runner {
    pub(super) fn new(store: Arc<dyn Store>, clock: Arc<TestClock>) -> Self {
        let accounts = [None; USERS.len()];
        Self { store, clock, jobs: Vec::new(), calls: Vec::new(), accounts, tokens: Vec::new() }
    }

    pub(super) fn jobs(&self) -> &[JobId] {
        &self.jobs
    }

    pub(super) async fn take(&mut self, step: &Step) -> Told {
        let told = match *step {
            Step::Grant { user, amount: credits, operation } => {
                let step = grant(USERS[user], &amount(credits).to_string(), &format!("grant:{operation}"));
                self.store.grant(step).await.map(|account| {
                    self.accounts[user] = Some(account.id);
                    format!("{} {}", account.available, account.held)
                })
            }
            Step::Submit { user, amount: held } => {
                let step = submit(USERS[user], &amount(held).to_string());
                let step = Submit { account_max: ACCOUNT_MAX, ..step };
                self.store.submit(step).await.map(|submitted| match submitted {
                    Submitted::New(job) | Submitted::Parked(job) => {
                        self.accounts[user] = Some(job.account);
                        self.jobs.push(job.id);
                        self.tokens.push(0);
                        told(&job)
                    }
                    Submitted::Earlier(_) => "earlier".to_owned(),
                })
            }
            Step::Claim { job } => {
                let claim =
                    Claim { job: self.job(job), instance: InstanceId::new(Uuid::now_v7()), lease: LEASE };
                let claimed = self.store.claim(claim).await;
                claimed.map(|claimed| {
                    if let Some(token) = from_newest(self.jobs.len(), job) {
                        self.tokens[token] = claimed.lease.token;
                    }
                    format!("{} {}", claimed.lease.token, told(&claimed.job))
                })
            }
            Step::Leased { job, holder, act } => self.act(job, holder, act).await,
            Step::GoOn { .. } => unreachable!("the model says which step it is"),
            Step::Cancel { job, user } => {
                let account = self.accounts[user].unwrap_or(AccountId::new(Uuid::nil()));
                let step = RequestCancel { job: self.job(job), account, account_max: ACCOUNT_MAX };
                self.store.request_cancel(step).await.map(|ended| told(&ended.job))
            }
            Step::OpenCall { user, amount: held } => {
                let step = open_call(USERS[user], &amount(held).to_string(), InstanceId::new(Uuid::now_v7()));
                self.store.open_call(step).await.map(|opened| match opened {
                    OpenedCall::New { call, .. } => {
                        self.accounts[user] = Some(call.account);
                        self.calls.push(call.id);
                        "open".to_owned()
                    }
                    OpenedCall::Earlier(_) => "earlier".to_owned(),
                })
            }
            Step::EndCall { call, end } => {
                let call = from_newest(self.calls.len(), call);
                let id = call.map_or(CallId::new(Uuid::nil()), |call| self.calls[call]);
                let ending = match end {
                    CallEnd::Charged(used) => CallEnding::Charged(amount(used)),
                    CallEnd::Released => CallEnding::Released,
                    CallEnd::Interrupted => CallEnding::Interrupted,
                };
                self.store.end_call(EndCall::new(id, ending)).await.map(|charged| charged.to_string())
            }
            Step::Pass { seconds } => {
                self.clock.advance(Duration::from_secs(seconds));
                Ok(String::new())
            }
        };
        told.map_err(|error| match error {
            StoreError::Refused(refusal) => format!("{refusal:?}"),
            other => panic!("{other:?}"),
        })
    }

    async fn act(&self, number: usize, holder: Holder, act: Act) -> Result<String, StoreError> {
        let job = self.job(number);
        let token = from_newest(self.jobs.len(), number).map_or(0, |number| self.tokens[number]);
        let lease = match holder {
            Holder::Latest => Lease { job, token },
            Holder::Earlier => Lease { job, token: token.saturating_sub(1) },
        };
        let record = |upstream| RecordUpstream { lease, upstream, vendor: Map::new() };
        let finish = async |ending| {
            let step = Finish { lease, ending, account_max: ACCOUNT_MAX };
            self.store.finish(step).await.map(|ended| ended.job)
        };
        let error = || JobError::new("over", "it is over");
        let after = match act {
            Act::Begin => return Ok(self.store.begin_attempt(begin(lease)).await?.to_string()),
            Act::RecordTask { poll_after } => {
                self.store.record_upstream(record(task(Duration::from_secs(poll_after)))).await
            }
            Act::RecordObjects => {
                let items = vec![artifact(job, 0).object];
                let delivery = Delivery { items, quantities: Vec::new(), missing: None };
                self.store.record_upstream(record(Upstream::Objects(delivery))).await
            }
            Act::Reschedule { after, cancel_seen } => {
                let after = Duration::from_secs(after);
                let step = Reschedule { lease, after, cancel_seen, progress: None, failed_polls: 0 };
                self.store.reschedule(step).await
            }
            Act::NextAttempt { after } => {
                let step = NextAttempt {
                    lease,
                    state: AttemptState::Failed,
                    effect: fourfold_domain::Effect::NotStarted,
                    error: error(),
                    vendor: serde_json::Map::new(),
                    after: Duration::from_secs(after),
                };
                self.store.next_attempt(step).await
            }
            Act::Succeed { used } => {
                let artifacts = vec![artifact(job, 0)];
                let used = amount(used);
                finish(Ending::Succeeded { artifacts, used, output: None, missing: None, arrived: None })
                    .await
            }
            Act::Fail => finish(Ending::failed(error(), AttemptState::Failed, None)).await,
            Act::Cancel { used } => finish(Ending::Cancelled { used: amount(used), error: error() }).await,
            Act::Expire => finish(Ending::Expired { error: error(), late_poll: Duration::ZERO }).await,
        };
        after.map(|job| told(&job))
    }

    fn job(&self, number: usize) -> JobId {
        from_newest(self.jobs.len(), number).map_or(JobId::new(Uuid::nil()), |number| self.jobs[number])
    }
}

/// Where the thing is that comes so many before the newest, if there are that many.
pub(super) fn from_newest(count: usize, number: usize) -> Option<usize> {
    count.checked_sub(number + 1)
}

fn told(job: &Job) -> String {
    format!("{} {} {} {}", job.state, job.version, job.charged, job.cancel_requested)
}
