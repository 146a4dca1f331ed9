//! A job ends under its lease: state, money, results and event in one go.

use fourfold_domain::{Credits, Effect, JobMove};
use serde_json::{Map, Value};

use super::rules::{End, end_job, leased};
use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::jobs::{Artifact, AttemptState, Job, JobError, Lease};

/// Ends a job. At most its hold is charged, what is left of it goes back.
#[derive(Clone, Debug)]
pub struct Finish {
    /// The right to the job.
    pub lease: Lease,
    /// How it ends.
    pub ending: Ending,
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
    },
}

impl Ending {
    /// A failure of which no vendor said anything more.
    pub fn failed(error: JobError, attempt: AttemptState, effect: Option<Effect>) -> Self {
        Self::Failed { error, attempt, effect, vendor: Map::new() }
    }
}

impl Step for Finish {
    /// The job as it is now.
    type Answer = Job;

    fn needs(&self, needs: &mut Needs) {
        needs.jobs.insert(self.lease.job);
    }

    fn decide(&self, world: &mut World) -> Result<Job, Refusal> {
        let id = leased(world, &self.lease)?.id;
        let none = End {
            by: JobMove::Fail,
            used: Credits::ZERO,
            error: None,
            attempt: AttemptState::Failed,
            effect: None,
            vendor: None,
            artifacts: &[],
            output: None,
        };
        let end = match &self.ending {
            Ending::Succeeded { artifacts, used, output, missing } => End {
                by: JobMove::Stored,
                used: *used,
                error: missing.as_ref(),
                attempt: AttemptState::Succeeded,
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
            Ending::Expired { error } => End { by: JobMove::Expire, error: Some(error), ..none },
        };
        end_job(world, id, &end)
    }
}
