//! The line in which steps wait for the next batch.

use tokio::sync::mpsc;
#[cfg(feature = "sqlite")]
use tokio::sync::oneshot;

use super::{PendingStep, Step, pending};
use crate::error::StoreError;

/// The most steps in one batch.
pub(crate) const BATCH_MAX: usize = 256;

/// How many steps may wait; more wait outside, at `send`.
const WAITING_MAX: usize = 4096;

/// What a writer is handed: steps, which share commits, and work of the backend's own that is done alone. A backend
/// that has none of that says so by [`Infallible`](std::convert::Infallible).
pub(crate) enum Work<A> {
    Step(Box<dyn PendingStep>),
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "only SQLite has such work"))]
    Alone(A),
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
