//! A job ends under its lease: state, money, results and event in one go.

use std::time::Duration;

use fourfold_domain::{Credits, Effect, JobMove, JobState, Quantity};
use serde_json::{Map, Value};

use super::admission::cap;
use super::rules::{End, end_job, leased};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::jobs::{Artifact, AttemptState, Job, JobError, Lease};
use crate::ports::DueJob;

/// Ends a job. At most its hold is charged, what is left of it goes back.
#[derive(Clone, Debug)]
pub struct Finish {
    /// The right to the job.
    pub lease: Lease,
    /// How it ends.
    pub ending: Ending,
    /// The most of the account's jobs that run at a time; 0 is no limit.
    pub account_max: u32,
}

/// What came of a step that may end a job.
#[derive(Clone, PartialEq, Debug)]
pub struct Ended {
    /// The job as it is now.
    pub job: Job,
    /// The account's parked jobs that go on in its place, to be lined up.
    pub promoted: Vec<DueJob>,
}

/// An answer of which nothing was recorded before its results, the artifacts, were in the store.
#[derive(Clone, PartialEq, Debug)]
pub struct Arrived {
    /// What it comes to.
    pub quantities: Vec<Quantity>,
    /// The vendor's own facts, added to those known.
    pub vendor: Map<String, Value>,
}

/// How a job ends.
#[derive(Clone, PartialEq, Debug)]
pub enum Ending {
    /// With results.
    Succeeded {
        /// What was stored, in order.
        artifacts: Vec<Artifact>,
        /// What was really used.
        used: Credits,
        /// A small text result, as JSON text.
        output: Option<String>,
        /// What is missing, where fewer results came than were asked for.
        missing: Option<JobError>,
        /// The vendor's answer, where it brought the results themselves: it is recorded in the same step.
        arrived: Option<Arrived>,
    },
    /// Without results; nothing is charged.
    Failed {
        /// Why.
        error: JobError,
        /// How its latest attempt ended.
        attempt: AttemptState,
        /// Whether that attempt may have been paid for, where it is known better than before.
        effect: Option<Effect>,
        /// The vendor's own facts about it, added to those known.
        vendor: Map<String, Value>,
    },
    /// By its caller's wish.
    Cancelled {
        /// What it costs all the same.
        used: Credits,
        /// What the vendor said.
        error: JobError,
    },
    /// By its deadline; nothing is charged.
    Expired {
        /// Why.
        error: JobError,
        /// How long the vendor is asked what became of its task, where it has one that may go on.
        late_poll: Duration,
    },
}

impl Ending {
    /// A failure of which no vendor said anything more.
    pub fn failed(error: JobError, attempt: AttemptState, effect: Option<Effect>) -> Self {
        Self::Failed { error, attempt, effect, vendor: Map::new() }
    }
}

impl Step for Finish {
    type Answer = Ended;

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.lease.job);
        needs.admissions.endings.insert(self.lease.job);
        needs.admissions.cap = needs.admissions.cap.max(cap(self.account_max));
    }

    fn decide(&self, world: &mut World) -> Result<Ended, Refusal> {
        let job = leased(world, &self.lease)?;
        let id = job.id;
        // What was delivered and couldn't be fetched in time was paid for.
        let expired = match job.state {
            JobState::Storing => AttemptState::Lost,
            _ => AttemptState::Failed,
        };
        let none = End {
            by: JobMove::Fail,
            used: Credits::ZERO,
            error: None,
            attempt: AttemptState::Failed,
            effect: None,
            vendor: None,
            arrived: None,
            artifacts: &[],
            output: None,
            late_poll: Duration::ZERO,
            account_max: self.account_max,
        };
        let end = match &self.ending {
            Ending::Succeeded { artifacts, used, output, missing, arrived } => End {
                by: JobMove::Stored,
                used: *used,
                error: missing.as_ref(),
                attempt: AttemptState::Succeeded,
                arrived: arrived.as_ref(),
                artifacts,
                output: output.as_deref(),
                ..none
            },
            Ending::Failed { error, attempt, effect, vendor } => {
                End { error: Some(error), attempt: *attempt, effect: *effect, vendor: Some(vendor), ..none }
            }
            Ending::Cancelled { used, error } => End {
                by: JobMove::Cancel,
                used: *used,
                error: Some(error),
                attempt: AttemptState::Cancelled,
                ..none
            },
            Ending::Expired { error, late_poll } => End {
                by: JobMove::Expire,
                error: Some(error),
                attempt: expired,
                late_poll: *late_poll,
                ..none
            },
        };
        end_job(world, id, &end)
    }
}
