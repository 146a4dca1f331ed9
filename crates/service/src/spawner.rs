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
    cut_off: CancellationToken,
    ended: CancellationToken,
}

impl Spawner {
    /// A spawner for this runtime.
    pub fn new(runtime: Handle) -> Self {
        let token = CancellationToken::new;
        Self { runtime, tasks: TaskTracker::new(), stopping: token(), cut_off: token(), ended: token() }
    }

    /// Starts a task. It must end soon after [`Spawner::stopping`] says so.
    pub fn start<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tasks.spawn_on(task, &self.runtime)
    }

    /// Starts what the tasks need until the last of them has ended. It must end soon after [`Spawner::ended`] says so,
    /// and nobody waits for it.
    pub fn start_beside<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // Whoever keeps the handle could only abort it.
        drop(self.runtime.spawn(task));
    }

    /// Ends when shutdown begins.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Ends when shutdown is about to cut off what is still under way, so that who is left alone then knows by whom.
    pub fn cut_off(&self) -> &CancellationToken {
        &self.cut_off
    }

    /// Ends when shutdown has waited for the last task, or waits no longer.
    pub fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// Tells every task to stop and waits for them, this long at most. False when some still run.
    pub async fn stop(&self, patience: Duration) -> bool {
        self.stopping.cancel();
        self.tasks.close();
        let all_ended = tokio::time::timeout(patience, self.tasks.wait()).await.is_ok();
        self.ended.cancel();
        all_ended
    }
}
