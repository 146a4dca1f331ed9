//! An account deletes a job of its own, and its results are removed.

use fourfold_domain::{AccountId, JobId};

use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::jobs::{Deletion, Job};

/// Takes a job off the lists from which its owner can delete; its results are to be removed once it is final. The job
/// itself, its charge and its events stay. Again gives the same.
#[derive(Clone, Copy, Debug)]
pub struct DeleteJob {
    /// Which job.
    pub job: JobId,
    /// Whose; another account's job isn't found.
    pub account: AccountId,
}

impl Step for DeleteJob {
    /// The job as it is now.
    type Answer = Job;

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.job);
    }

    fn decide(&self, world: &mut World) -> Result<Job, Refusal> {
        let job = world.jobs.get(&self.job).filter(|job| job.account == self.account);
        let job = job.cloned().ok_or(Refusal::NotFound)?;
        if job.deletion != Deletion::Kept {
            return Ok(job);
        }
        let job = world.jobs.get_mut(&self.job).ok_or(Refusal::NotFound)?;
        job.deletion = Deletion::Leaving;
        Ok(job.clone())
    }
}

/// Notes that nothing is left of a deleted job's results. Refused with [`Refusal::NotFound`] where more may come.
#[derive(Clone, Copy, Debug)]
pub struct JobEmptied {
    /// Which job.
    pub job: JobId,
}

impl Step for JobEmptied {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.job);
    }

    fn decide(&self, world: &mut World) -> Result<(), Refusal> {
        let job = world.jobs.get(&self.job).ok_or(Refusal::NotFound)?;
        if job.deletion == Deletion::Kept || !job.state.is_final() {
            return Err(Refusal::NotFound);
        }
        if let Some(job) = world.jobs.get_mut(&self.job) {
            job.deletion = Deletion::Gone;
        }
        Ok(())
    }
}
