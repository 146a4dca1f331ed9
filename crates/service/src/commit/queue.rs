//! The line in which steps wait for the next batch.

use std::time::Duration;

use tokio::sync::mpsc;
#[cfg(feature = "sqlite")]
use tokio::sync::oneshot;

use super::{PendingStep, Step, pending};
use crate::error::StoreError;

/// The most steps in one batch.
pub(crate) const BATCH_MAX: usize = 256;

/// Batches that are smaller than this don't wait for more: there is no load.
const GATHER_FROM: usize = 8;

/// The longest that a batch waits for more.
const GATHER_MAX: Duration = Duration::from_millis(5);

/// How many steps may wait; more wait outside, at `send`.
const WAITING_MAX: usize = 4096;

/// What a writer is handed: steps, which share commits, and work of the backend's own that is done alone. A backend
/// that has none of that says so by [`Infallible`](std::convert::Infallible).
pub(crate) enum Work<A> {
    Step(Box<dyn PendingStep>),
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "only SQLite has such work"))]
    Alone(A),
}

/// How long a batch waits for more steps before it is committed: what a batch costs the database depends little on how
/// many steps share it, so under load fewer batches are faster for everyone. A lone step never waits.
#[derive(Default)]
pub(crate) struct Gathering {
    /// How many steps the batch before had, and how long it took.
    earlier: (usize, Duration),
}

impl Gathering {
    /// A batch was committed.
    pub(crate) fn committed(&mut self, steps: usize, took: Duration) {
        self.earlier = (steps, took);
    }

    /// How long the next waits at most: less than the batch before took.
    pub(crate) fn patience(&self) -> Duration {
        let (steps, took) = self.earlier;
        if steps < GATHER_FROM { Duration::ZERO } else { (took / 3).min(GATHER_MAX) }
    }

    /// With how many steps it waits no longer.
    pub(crate) fn enough(&self, batch_max: usize) -> usize {
        self.earlier.0.saturating_mul(2).min(batch_max)
    }
}

/// Work that has a connection of this kind to itself.
#[cfg(feature = "sqlite")]
pub(crate) type Alone<C> = Box<dyn FnOnce(&mut C) + Send>;

/// The callers' end of the line. Clones share it; the writer holds the other end.
pub(crate) struct CommitQueue<A> {
    sender: mpsc::Sender<Work<A>>,
}

impl<A> Clone for CommitQueue<A> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

impl<A> CommitQueue<A> {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Work<A>>) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        (Self { sender }, receiver)
    }

    /// Waits in line with a step; answers once it is durable.
    pub(crate) async fn commit<S: Step>(&self, step: S) -> Result<S::Answer, StoreError> {
        let (pending, answer) = pending(step);
        self.sender.send(Work::Step(pending)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| StoreError::Unknown("the writer has stopped".into()))?
    }
}

#[cfg(feature = "sqlite")]
impl<C> CommitQueue<Alone<C>> {
    /// Waits in line with work that has the connection to itself.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut C) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, answer) = oneshot::channel();
        // Whoever waited may have left; the work is done all the same.
        let work: Alone<C> = Box::new(move |connection| drop(sender.send(work(connection))));
        self.sender.send(Work::Alone(work)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

fn closed() -> StoreError {
    StoreError::Failed("the writer has stopped".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_waits_for_more_only_under_load_and_never_for_long() {
        let mut gathering = Gathering::default();
        assert_eq!(gathering.patience(), Duration::ZERO);
        for (steps, took_ms, patience_ms) in [(7, 9, 0), (8, 9, 3), (200, 9, 3), (200, 900, 5), (1, 900, 0)] {
            gathering.committed(steps, Duration::from_millis(took_ms));
            assert_eq!(gathering.patience(), Duration::from_millis(patience_ms), "{steps} in {took_ms} ms");
        }
        gathering.committed(20, Duration::ZERO);
        assert_eq!((gathering.enough(256), gathering.enough(30)), (40, 30));
    }
}
