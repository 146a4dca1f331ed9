//! How many jobs of an account run at a time: those above the cap are parked, in no queue, and each job that ends
//! makes room for the next.

use std::collections::BTreeSet;

use fourfold_domain::{AccountId, JobId, Priority};

use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::jobs::Due;
use crate::ports::DueJob;

/// The most parked jobs that one step lets go on.
pub(crate) const PROMOTED_MAX: usize = 500;

/// How many jobs of an account run, and which of its jobs wait for that.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Admission {
    /// Jobs that aren't final and not parked.
    pub(crate) running: u64,
    /// Those that are parked, the first to go on first. At least as many as a batch can promote.
    pub(crate) parked: BTreeSet<(Priority, JobId)>,
}

/// The setting as a number to compare with: 0 is no limit.
pub(crate) fn cap(account_max: u32) -> u64 {
    if account_max == 0 { u64::MAX } else { u64::from(account_max) }
}

/// Counts a new job and says whether it is parked.
pub(super) fn admit(
    world: &mut World,
    account: AccountId,
    job: JobId,
    priority: Priority,
    account_max: u32,
) -> bool {
    if world.admissions.get(&account).is_none() {
        world.admissions.load(account, Admission::default());
    }
    let Some(admission) = world.admissions.get_mut(&account) else { return false };
    let is_parked = admission.running >= cap(account_max);
    if is_parked {
        admission.parked.insert((priority, job));
    } else {
        admission.running += 1;
    }
    is_parked
}

/// Forgets a job that ended.
pub(super) fn leave(world: &mut World, due: &Due) {
    let Some(admission) = world.admissions.get_mut(&due.account) else { return };
    if due.parked {
        admission.parked.remove(&(due.priority, due.job));
    } else {
        admission.running = admission.running.saturating_sub(1);
    }
}

/// Lets a parked job go on, whatever the cap.
pub(super) fn unpark(world: &mut World, job: JobId) {
    let Some(due) = world.due.get_mut(&job).filter(|due| due.parked) else { return };
    due.parked = false;
    let (account, key) = (due.account, (due.priority, job));
    if let Some(admission) = world.admissions.get_mut(&account) {
        admission.parked.remove(&key);
        admission.running += 1;
    }
}

/// Lets the account's parked jobs go on for which there is room, by priority, then the oldest first.
pub(super) fn promote(world: &mut World, account: AccountId, account_max: u32) -> Vec<DueJob> {
    let next_at = world.now;
    let mut promoted = Vec::new();
    while promoted.len() < PROMOTED_MAX
        && let Some(admission) = world.admissions.get_mut(&account)
        && admission.running < cap(account_max)
        && let Some((priority, job)) = admission.parked.pop_first()
    {
        admission.running += 1;
        if let Some(due) = world.due.get_mut(&job) {
            (due.parked, due.next_at) = (false, next_at);
        }
        promoted.push(DueJob { job, priority, next_at });
    }
    promoted
}

/// Lets an account's parked jobs go on for which there is room, where the cap was raised; at most 500 at a time.
#[derive(Clone, Copy, Debug)]
pub struct Promote {
    /// Whose.
    pub account: AccountId,
    /// The most of the account's jobs that run at a time; 0 is no limit.
    pub account_max: u32,
}

impl Step for Promote {
    /// The jobs that go on, to be lined up.
    type Answer = Vec<DueJob>;

    fn needs(&self, needs: &mut Needs) {
        needs.admissions.accounts.insert(self.account);
        needs.admissions.cap = needs.admissions.cap.max(cap(self.account_max));
    }

    fn decide(&self, world: &mut World) -> Result<Vec<DueJob>, Refusal> {
        Ok(promote(world, self.account, self.account_max))
    }
}
