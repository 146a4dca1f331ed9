//! Tasks that shutdown waits for.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Starts tasks on one runtime, tells them when to stop and waits until they have. Clones share all that.
#[derive(Clone, Debug)]
pub struct Spawner(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    runtime: Handle,
    tasks: TaskTracker,
    stopping: CancellationToken,
    cut_off: CancellationToken,
    ended: CancellationToken,
}

impl Spawner {
    /// A spawner for this runtime.
    pub fn new(runtime: Handle) -> Self {
        let token = CancellationToken::new;
        let tasks = TaskTracker::new();
        Self(Arc::new(Inner { runtime, tasks, stopping: token(), cut_off: token(), ended: token() }))
    }

    /// Starts a task. It must end soon after [`Spawner::stopping`] says so.
    pub fn start<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.tasks.spawn_on(task, &self.0.runtime)
    }

    /// Starts what the tasks need until the last of them has ended. It must end soon after [`Spawner::ended`] says so,
    /// and nobody waits for it.
    pub fn start_beside<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // Whoever keeps the handle could only abort it.
        drop(self.0.runtime.spawn(task));
    }

    /// Ends when shutdown begins.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// Ends when shutdown is about to cut off what is still under way, so that who is left alone then knows by whom.
    pub fn cut_off(&self) -> &CancellationToken {
        &self.0.cut_off
    }

    /// Ends when shutdown has waited for the last task, or waits no longer.
    pub fn ended(&self) -> &CancellationToken {
        &self.0.ended
    }

    /// Tells every task to stop and waits for them, this long at most. False when some still run.
    pub async fn stop(&self, patience: Duration) -> bool {
        self.0.stopping.cancel();
        self.0.tasks.close();
        let all_ended = tokio::time::timeout(patience, self.0.tasks.wait()).await.is_ok();
        self.0.ended.cancel();
        all_ended
    }
}
