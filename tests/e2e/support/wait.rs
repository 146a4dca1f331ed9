//! Waiting for what must happen, with a limit.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;

/// How long anything may take at most; it only ends a test that would hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a condition that nobody announces is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Waits for an event.
pub(crate) async fn within<F: Future>(event: F) -> F::Output {
    tokio::time::timeout(PATIENCE, event).await.expect("this should have happened long ago")
}

/// Waits, at most that long, until a condition gives a value. `what` says what was waited for in vain.
pub(crate) async fn eventually<T>(
    what: &str,
    limit: Duration,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> T {
    let looking = async {
        loop {
            if let Some(found) = condition().await {
                return found;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    match tokio::time::timeout(limit, looking).await {
        Ok(found) => found,
        Err(_) => panic!("waited {limit:?} in vain: {what}"),
    }
}

/// Runs beside the test.
#[expect(clippy::disallowed_methods, reason = "a test has no tracker; its runtime ends all tasks with it")]
pub(crate) fn run<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(work)
}
