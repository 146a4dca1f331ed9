//! Signals wake those who listen to a job. They may be lost: listeners look again by themselves.

use fourfold_domain::{JobId, JobState};
use tokio::sync::watch;

/// Where a job stands now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobSignal {
    /// Which job.
    pub job: JobId,
    /// Its version.
    pub version: u32,
    /// Its state.
    pub state: JobState,
    /// How far it is.
    pub progress: Option<u8>,
}

/// Carries signals to listeners.
pub trait JobSignals: Send + Sync {
    /// Tells whoever listens to the job.
    fn announce(&self, signal: JobSignal);

    /// Listens to a job from now on; nothing until the first signal.
    fn listen(&self, job: JobId) -> watch::Receiver<Option<JobSignal>>;
}
