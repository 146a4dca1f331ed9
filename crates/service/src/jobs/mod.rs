//! Jobs: durable asynchronous generations.
//!
//! ```text
//! caller            service                     database                 worker                 vendor
//!   │ POST job ───► submit ──────────────────► job, hold, event, due
//!   │ ◄── 202 ─────── │ ──► queue ─────────────────────────────────────► claim ◄─► lease
//!   │                                         attempt: may have started ◄── begin_attempt
//!   │                                                                     start ──────────────► works
//!   │                                         attempt: task or places  ◄── record_upstream ◄────┘
//!   │                                                                     poll, store
//!   │ ◄── events ────────────────────────────  state, charge, artifacts ◄── finish
//! ```
//!
//! The database is the truth. A job's state moves through one function, under a lease; whoever dies on the
//! way leaves a row that says what may have happened, and another worker goes on from there.

mod attached;
mod deletion;
mod events;
mod leases;
mod media;
mod outcome;
mod parts;
mod record;
mod room;
mod service;
mod settings;
mod steps;
mod sweep;
mod worker;

pub use attached::{ATTACHED_MAX, AttachedJob};
pub use events::JobUpdate;
pub(crate) use outcome::{
    AfterFailure, after_failure, is_filtered, is_of_the_choice, logged, state_after, words,
};
pub use parts::JobParts;
pub(crate) use parts::millis;
pub(crate) use record::poll_backoff;
pub use record::{
    Artifact, Attempt, AttemptState, Deletion, Delivery, Due, Job, JobError, JobEvent, JobView, Lease,
    OutputPlace, StoredObject, Terms, Upstream,
};
pub use room::RoomWatch;
pub use service::{JobListener, JobsService, Submission};
pub use settings::JobSettings;
pub(crate) use steps::{Admission, PROMOTED_MAX};
pub use steps::{
    Arrived, BeginAttempt, CancelUnbegun, Claim, Claimed, DeleteJob, EndLate, Ended, Ending, Finish,
    JobEmptied, Late, NextAttempt, Promote, Reconcile, RecordUpstream, RequestCancel, Reschedule, Submit,
    Submitted,
};
pub use sweep::JobSweep;
pub use worker::JobWorker;
