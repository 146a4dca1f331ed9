//! A caller calls a job off.

use std::time::Duration;

use fourfold_domain::{AccountId, Credits, JobId, JobMove, JobState};

use super::admission::cap;
use super::finish::Ended;
use super::rules::{End, end_job};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::jobs::{AttemptState, JobError};

/// Calls a job off. One that nobody works on yet ends at once and costs nothing; for one under way the
/// wish is recorded and whoever holds the lease acts on it. Again gives the same; a final job refuses with
/// [`Refusal::AlreadyFinal`].
#[derive(Clone, Copy, Debug)]
pub struct RequestCancel {
    /// Which job.
    pub job: JobId,
    /// Whose; another account's job isn't found.
    pub account: AccountId,
    /// The most of the account's jobs that run at a time; 0 is no limit.
    pub account_max: u32,
}

/// The caller who waits for a job's result has left: calls it off as [`RequestCancel`] does where no vendor is being
/// asked, and else leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub struct CancelUnbegun(pub RequestCancel);

impl Step for CancelUnbegun {
    type Answer = Ended;

    fn needs(&self, needs: &mut Needs) {
        self.0.needs(needs);
    }

    fn decide(&self, world: &mut World) -> Result<Ended, Refusal> {
        match world.jobs.get(&self.0.job) {
            Some(job) if job.account == self.0.account && is_begun(job.state) => {
                Ok(Ended { job: job.clone(), promoted: Vec::new() })
            }
            _ => self.0.decide(world),
        }
    }
}

/// Whether a vendor may work on it, or has.
fn is_begun(state: JobState) -> bool {
    !state.is_final() && state != JobState::Queued
}

impl Step for RequestCancel {
    type Answer = Ended;

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.job);
        needs.admissions.endings.insert(self.job);
        needs.admissions.cap = needs.admissions.cap.max(cap(self.account_max));
    }

    fn decide(&self, world: &mut World) -> Result<Ended, Refusal> {
        let job =
            world.jobs.get(&self.job).filter(|job| job.account == self.account).ok_or(Refusal::NotFound)?;
        if job.state.is_final() {
            return Err(Refusal::AlreadyFinal);
        }
        let now = world.now;
        let due = world.due.get(&self.job);
        let leased = due.is_some_and(|due| due.lease_until.is_some_and(|until| until > now));
        let untouched = job.state == JobState::Queued && !leased;
        if untouched {
            let error =
                JobError::new("cancelled", "cancelled before any vendor was asked; nothing was charged");
            let end = End {
                by: JobMove::Cancel,
                used: Credits::ZERO,
                error: Some(&error),
                attempt: AttemptState::Cancelled,
                effect: None,
                vendor: None,
                arrived: None,
                artifacts: &[],
                output: None,
                late_poll: Duration::ZERO,
                account_max: self.account_max,
            };
            return end_job(world, self.job, &end);
        }
        if let Some(due) = world.due.get_mut(&self.job)
            && !leased
        {
            due.next_at = now;
        }
        let job = world.jobs.get_mut(&self.job).ok_or(Refusal::NotFound)?;
        job.cancel_requested = true;
        Ok(Ended { job: job.clone(), promoted: Vec::new() })
    }
}
