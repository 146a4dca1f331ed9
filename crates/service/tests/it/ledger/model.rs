//! What every step must answer, in a few lines of plain sums.

use std::collections::BTreeMap;
use std::time::Duration;

use fourfold_domain::{Credits, IllegalMove, JobMove, JobState};
use fourfold_service::{Refusal, Timestamp};

use super::steps::{ACCOUNT_MAX, Act, CallEnd, Holder, LEASE, Step, Told, USERS, amount, from_newest};

pub(super) struct Model {
    now: Timestamp,
    users: BTreeMap<usize, Sums>,
    grants: BTreeMap<u8, (usize, u32)>,
    jobs: Vec<Job>,
    calls: Vec<Call>,
}

/// When jobs are due that wait for others.
const DEADLINE: Duration = Duration::from_secs(60 * 60);

/// In thousandths of a credit.
#[derive(Clone, Copy, Default)]
struct Sums {
    available: u32,
    held: u32,
}

struct Job {
    user: usize,
    held: u32,
    charged: u32,
    state: JobState,
    version: u32,
    attempts: u32,
    token: u64,
    lease_until: Option<Timestamp>,
    next_at: Timestamp,
    called_off: bool,
    parked: bool,
}

struct Call {
    user: usize,
    held: u32,
    open: bool,
}

impl Model {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, users: BTreeMap::new(), grants: BTreeMap::new(), jobs: Vec::new(), calls: Vec::new() }
    }

    /// Which step it is, as things stand.
    pub(super) fn resolve(&self, step: &Step, now: Timestamp) -> Step {
        let Step::GoOn { job, task, used } = *step else { return step.clone() };
        let row = from_newest(self.jobs.len(), job).map(|number| &self.jobs[number]);
        let Some(row) = row.filter(|row| !row.state.is_final()) else {
            return Step::Submit { user: job, amount: used / 2 };
        };
        let act = match row.state {
            _ if !row.is_leased(now) => return Step::Claim { job },
            JobState::Queued if row.called_off => Act::Cancel { used: 0 },
            JobState::Queued => Act::Begin,
            JobState::Starting if task => Act::RecordTask { poll_after: u64::from(used) / 10 },
            JobState::Starting | JobState::Running => Act::RecordObjects,
            _ => Act::Succeed { used },
        };
        Step::Leased { job, holder: Holder::Latest, act }
    }

    pub(super) fn take(&mut self, step: &Step, now: Timestamp) -> Told {
        self.now = now;
        self.decide(step).map_err(|refusal| format!("{refusal:?}"))
    }

    /// Available and held in micro-credits, where the account was made.
    pub(super) fn sums(&self, user: &str) -> Option<(i64, i64)> {
        let number = USERS.iter().position(|known| *known == user)?;
        let sums = self.users.get(&number)?;
        Some((amount(sums.available).micros(), amount(sums.held).micros()))
    }

    /// A job's state, and its charge in micro-credits.
    pub(super) fn job(&self, number: usize) -> (JobState, i64) {
        (self.jobs[number].state, amount(self.jobs[number].charged).micros())
    }

    /// How many holds and jobs are open.
    pub(super) fn open(&self) -> (u64, u64) {
        let jobs = self.jobs.iter().filter(|job| !job.state.is_final()).count() as u64;
        let calls = self.calls.iter().filter(|call| call.open).count() as u64;
        (jobs + calls, jobs)
    }

    fn decide(&mut self, step: &Step) -> Result<String, Refusal> {
        match *step {
            Step::Grant { user, amount: credits, operation } => {
                match self.grants.get(&operation) {
                    Some(known) if *known != (user, credits) => return Err(Refusal::OperationMismatch),
                    Some(_) => {}
                    None => {
                        self.grants.insert(operation, (user, credits));
                        self.users.entry(user).or_default().available += credits;
                    }
                }
                let sums = self.users[&user];
                Ok(format!("{} {}", amount(sums.available), amount(sums.held)))
            }
            Step::Submit { user, amount: held } => {
                self.hold(user, held)?;
                let parked = self.running(user) >= ACCOUNT_MAX as usize;
                let job = Job {
                    user,
                    held,
                    charged: 0,
                    state: JobState::Queued,
                    version: 1,
                    attempts: 0,
                    token: 0,
                    lease_until: None,
                    next_at: if parked { self.now.after(DEADLINE) } else { self.now },
                    called_off: false,
                    parked,
                };
                let told = told(&job);
                self.jobs.push(job);
                Ok(told)
            }
            Step::Claim { job } => {
                let now = self.now;
                let number = from_newest(self.jobs.len(), job).ok_or(Refusal::NotDue)?;
                let job = &mut self.jobs[number];
                if job.state.is_final() || job.next_at > now || job.is_leased(now) {
                    return Err(Refusal::NotDue);
                }
                job.parked = false;
                job.token += 1;
                job.lease_until = Some(now.after(LEASE));
                Ok(format!("{} {}", job.token, told(job)))
            }
            Step::Leased { job, holder, act } => self.act(job, holder, act),
            Step::GoOn { .. } => unreachable!("the model says which step it is"),
            Step::Cancel { job, user } => {
                let now = self.now;
                let number = from_newest(self.jobs.len(), job).ok_or(Refusal::NotFound)?;
                let job = &mut self.jobs[number];
                if job.user != user {
                    return Err(Refusal::NotFound);
                }
                if job.state.is_final() {
                    return Err(Refusal::AlreadyFinal);
                }
                if job.state == JobState::Queued && !job.is_leased(now) {
                    return self.end(number, JobMove::Cancel, 0);
                }
                job.called_off = true;
                if !job.is_leased(now) {
                    job.next_at = now;
                }
                Ok(told(job))
            }
            Step::OpenCall { user, amount: held } => {
                self.hold(user, held)?;
                self.calls.push(Call { user, held, open: true });
                Ok("open".to_owned())
            }
            Step::EndCall { call, end } => {
                let number = from_newest(self.calls.len(), call).ok_or(Refusal::NotFound)?;
                let call = &mut self.calls[number];
                if !call.open {
                    return Err(Refusal::CallEnded);
                }
                call.open = false;
                let used = if let CallEnd::Charged(used) = end { used } else { 0 };
                let (user, held) = (call.user, call.held);
                Ok(amount(self.end_hold(user, held, used)).to_string())
            }
            Step::Pass { .. } => Ok(String::new()),
        }
    }

    fn act(&mut self, number: usize, holder: Holder, act: Act) -> Result<String, Refusal> {
        let now = self.now;
        let number = from_newest(self.jobs.len(), number).ok_or(Refusal::LeaseLost)?;
        let job = &mut self.jobs[number];
        let is_holder = holder == Holder::Latest && job.lease_until.is_some();
        if job.state.is_final() || !is_holder {
            return Err(Refusal::LeaseLost);
        }
        let let_go = |job: &mut Job, hurry: bool, after: u64| {
            job.lease_until = None;
            job.next_at = if hurry { now } else { now.after(Duration::from_secs(after)) };
        };
        match act {
            Act::Begin => {
                if job.called_off {
                    return Err(Refusal::CancelRequested);
                }
                job.go(JobMove::Begin)?;
                job.attempts += 1;
                return Ok(job.attempts.to_string());
            }
            Act::RecordTask { poll_after } => {
                job.go(JobMove::TaskTaken)?;
                let_go(job, job.called_off, poll_after);
            }
            Act::RecordObjects => job.go(JobMove::OutputsReady)?,
            Act::Reschedule { after, cancel_seen } => let_go(job, job.called_off && !cancel_seen, after),
            Act::NextAttempt { after } => {
                job.go(JobMove::NextAttempt)?;
                let_go(job, job.called_off, after);
            }
            Act::Succeed { used } => return self.end(number, JobMove::Stored, used),
            Act::Fail => return self.end(number, JobMove::Fail, 0),
            Act::Cancel { used } => return self.end(number, JobMove::Cancel, used),
            Act::Expire => return self.end(number, JobMove::Expire, 0),
        }
        Ok(told(job))
    }

    fn end(&mut self, number: usize, by: JobMove, used: u32) -> Result<String, Refusal> {
        let job = &mut self.jobs[number];
        job.go(by)?;
        let (user, held) = (job.user, job.held);
        let charged = self.end_hold(user, held, used);
        let job = &mut self.jobs[number];
        job.charged = charged;
        let told = told(job);
        self.promote(user);
        Ok(told)
    }

    fn running(&self, user: usize) -> usize {
        self.jobs.iter().filter(|job| job.user == user && !job.parked && !job.state.is_final()).count()
    }

    /// The oldest goes on first.
    fn promote(&mut self, user: usize) {
        while self.running(user) < ACCOUNT_MAX as usize {
            let parked = |job: &&mut Job| job.user == user && job.parked && !job.state.is_final();
            let Some(next) = self.jobs.iter_mut().find(parked) else { return };
            (next.parked, next.next_at) = (false, self.now);
        }
    }

    fn hold(&mut self, user: usize, held: u32) -> Result<(), Refusal> {
        let available = self.users.get(&user).map_or(0, |sums| sums.available);
        if available < held {
            let (needed, available) = (amount(held), amount(available));
            return Err(Refusal::InsufficientCredits { needed, available });
        }
        let sums = self.users.entry(user).or_default();
        (sums.available, sums.held) = (sums.available - held, sums.held + held);
        Ok(())
    }

    fn end_hold(&mut self, user: usize, held: u32, used: u32) -> u32 {
        let charged = used.min(held);
        let sums = self.users.entry(user).or_default();
        (sums.available, sums.held) = (sums.available + held - charged, sums.held - held);
        charged
    }
}

impl Job {
    fn is_leased(&self, now: Timestamp) -> bool {
        self.lease_until.is_some_and(|until| until > now)
    }

    fn go(&mut self, by: JobMove) -> Result<(), IllegalMove> {
        self.state = self.state.after(by)?;
        self.version += 1;
        Ok(())
    }
}

fn told(job: &Job) -> String {
    let charged: Credits = amount(job.charged);
    format!("{} {} {} {}", job.state, job.version, charged, job.called_off)
}
