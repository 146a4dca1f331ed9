//! The line in which steps wait for the next batch.

use tokio::sync::{mpsc, oneshot};

use super::{PendingStep, Step, pending};
use crate::error::StoreError;

/// The most steps in one batch.
pub(crate) const BATCH_MAX: usize = 256;

/// How many steps may wait; more wait outside, at `send`.
const WAITING_MAX: usize = 4096;

/// What a writer is handed: steps, which share commits, and work that has the connection to itself.
pub(crate) enum Work<C> {
    Step(Box<dyn PendingStep>),
    Alone(Box<dyn FnOnce(&mut C) + Send>),
}

/// The callers' end of the line. Clones share it; the writer holds the other end.
pub(crate) struct CommitQueue<C> {
    sender: mpsc::Sender<Work<C>>,
}

impl<C> Clone for CommitQueue<C> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

impl<C> CommitQueue<C> {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Work<C>>) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        (Self { sender }, receiver)
    }

    /// Waits in line with a step; answers once it is durable.
    pub(crate) async fn commit<S: Step>(&self, step: S) -> Result<S::Answer, StoreError> {
        let (pending, answer) = pending(step);
        self.sender.send(Work::Step(pending)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Waits in line with work that has the connection to itself.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut C) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, answer) = oneshot::channel();
        // Whoever waited may have left; the work is done all the same.
        let work = Work::Alone(Box::new(move |connection| drop(sender.send(work(connection)))));
        self.sender.send(work).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

fn closed() -> StoreError {
    StoreError::Failed("the writer has stopped".into())
}
