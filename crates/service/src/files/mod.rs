//! Files: media that callers hand in, kept until nobody needs them.
//!
//! ```text
//!            reserve            put              complete, or submit with the job
//! caller ──► row: incoming ──► object in store ──► row: stored ──► used by jobs ──► unused for a while
//!                 │                                     │ delete                          │ sweep
//!                 └── never completed: sweep ───────────┴──► row: leaving ◄───────────────┘
//!                                                            object deleted, row forgotten
//! ```
//!
//! A row stands before its object is written and after its object is gone, so whatever crashes in between, the
//! sweep finds what is left. A file is in use while a job that names it isn't final; only then can't it leave.

mod incoming;
mod record;
mod service;
mod settings;
mod steps;

pub use record::{File, FileState, FileUsage, NewFile};
pub(crate) use service::InlineFile;
pub use service::{FileParts, FilesService, Upload};
pub use settings::{FileLimits, FileSettings};
pub(crate) use steps::rules;
pub use steps::{CompleteFile, Completed, ForgetFile, Removal, RemoveFile, ReserveFiles};
