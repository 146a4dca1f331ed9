//! Tasks that shutdown waits for.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Starts tasks on one runtime, tells them when to stop and waits until they have. Clones share all that.
#[derive(Clone, Debug)]
pub struct Spawner {
    runtime: Handle,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl Spawner {
    /// A spawner for this runtime.
    pub fn new(runtime: Handle) -> Self {
        Self { runtime, tasks: TaskTracker::new(), stopping: CancellationToken::new() }
    }

    /// Starts a task. It must end soon after [`Spawner::stopping`] says so.
    pub fn start<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tasks.spawn_on(task, &self.runtime)
    }

    /// Ends when shutdown begins.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Tells every task to stop and waits for them, this long at most. False when some still run.
    pub async fn stop(&self, patience: Duration) -> bool {
        self.stopping.cancel();
        self.tasks.close();
        tokio::time::timeout(patience, self.tasks.wait()).await.is_ok()
    }
}
