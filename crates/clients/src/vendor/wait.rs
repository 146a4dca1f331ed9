//! Waiting for work that takes a while.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::http::{ClientError, ErrorKind};

/// How to wait for work that takes a while. Dropping the future that waits ends the waiting, not the work.
#[derive(Clone)]
pub struct Wait {
    /// How long to wait in all. Default 10 minutes.
    pub deadline: Duration,
    /// How long to wait between two looks: longer where the vendor's page asks for it, and after a look that failed
    /// where the failure says how long to wait. Default: what the vendor advises.
    pub interval: Option<Duration>,
    progress: Option<Arc<dyn Fn(f64) + Send + Sync>>,
}

impl Default for Wait {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(600), interval: None, progress: None }
    }
}

impl Wait {
    /// Waits no longer than this.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Looks this often, if the vendor allows it.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Tells at each look how much is done, in percent, where the vendor says it.
    #[must_use]
    pub fn on_progress(mut self, tell: impl Fn(f64) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(tell));
        self
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("deadline", &self.deadline)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// Why a wait ended without a result.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The deadline came first. Nothing is lost: wait on, by the same id.
    #[error("{id} is still running")]
    StillRunning {
        /// The vendor's id of the work.
        id: String,
    },
    /// The work failed at the vendor.
    #[error("{id} failed{}", code.as_ref().map(|code| format!(" with code {code}")).unwrap_or_default())]
    Failed {
        /// The vendor's id of the work.
        id: String,
        /// The vendor's own code.
        code: Option<String>,
        /// The vendor's own words. They may quote the caller's text, so they are neither displayed nor in `Debug`.
        message: Option<String>,
    },
    /// A look failed in a way that the next one would too. Of the work itself it says nothing.
    #[error("could not look how {id} stands")]
    Look {
        /// The vendor's id of the work.
        id: String,
        /// How the look failed.
        source: ClientError,
    },
}

/// Leaves the vendor's words out.
impl fmt::Debug for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StillRunning { id } => f.debug_struct("StillRunning").field("id", id).finish(),
            Self::Failed { id, code, message: _ } => {
                f.debug_struct("Failed").field("id", id).field("code", code).finish_non_exhaustive()
            }
            Self::Look { id, source } => {
                f.debug_struct("Look").field("id", id).field("source", source).finish()
            }
        }
    }
}

/// How often a vendor wants to be asked.
pub(crate) struct Pace {
    /// Where the caller doesn't say.
    pub(crate) advised: Duration,
    /// Never more often than this.
    pub(crate) least: Duration,
}

/// How work stands at a look.
pub(crate) enum Stand<T> {
    /// In percent, where the vendor says it.
    Running(Option<f64>),
    Done(T),
    Failed {
        code: Option<String>,
        message: Option<String>,
    },
}

/// Looks until the work is over, or until the deadline.
pub(crate) async fn until_over<T, L: Future<Output = Result<Stand<T>, ClientError>>>(
    id: &str,
    wait: &Wait,
    pace: &Pace,
    mut look: impl FnMut() -> L,
) -> Result<T, WaitError> {
    let id = || id.to_owned();
    let interval = wait.interval.unwrap_or(pace.advised).max(pace.least);
    let looking = async {
        let mut odd_looks = 0;
        loop {
            let mut pause = interval;
            let looked = look().await;
            odd_looks = if looked.as_ref().is_err_and(is_odd) { odd_looks + 1 } else { 0 };
            match looked {
                Ok(Stand::Done(result)) => return Ok(result),
                Ok(Stand::Failed { code, message }) => {
                    return Err(WaitError::Failed { id: id(), code, message });
                }
                Ok(Stand::Running(Some(percent))) => {
                    if let Some(tell) = &wait.progress {
                        tell(percent);
                    }
                }
                Ok(Stand::Running(None)) => {}
                // A look that failed is not work that failed.
                Err(error) if may_pass(&error) || (is_odd(&error) && odd_looks < ODD_LOOKS_MAX) => {
                    pause = error.retry_after().unwrap_or_default().max(interval);
                }
                Err(source) => return Err(WaitError::Look { id: id(), source }),
            }
            tokio::time::sleep(pause).await;
        }
    };
    match tokio::time::timeout(wait.deadline, looking).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => Err(WaitError::StillRunning { id: id() }),
    }
}

/// So many in a row, and the next one would be odd too.
const ODD_LOOKS_MAX: u32 = 3;

/// Whether this is no answer to a look at all: it was cut, garbled, or something in between gave it.
fn is_odd(error: &ClientError) -> bool {
    match error.last().kind() {
        ErrorKind::Status => error.last().status().is_some_and(|status| status.is_server_error()),
        ErrorKind::Decode | ErrorKind::Interrupted | ErrorKind::Redirect => true,
        _ => false,
    }
}

fn may_pass(error: &ClientError) -> bool {
    error.is_retryable() || matches!(error.kind(), ErrorKind::CircuitOpen | ErrorKind::RateLimited)
}
