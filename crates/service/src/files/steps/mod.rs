//! The durable steps of a file.
//!
//! ```text
//! ReserveFiles → CompleteFile, or Submit of a job → RemoveFile → ForgetFile
//! ```

mod complete;
mod forget;
mod remove;
mod reserve;
pub(crate) mod rules;

pub use complete::{CompleteFile, Completed};
pub use forget::ForgetFile;
pub use remove::{Removal, RemoveFile};
pub use reserve::ReserveFiles;
