//! Keeps heavy work off the threads that serve others.

use fourfold_domain::{Effect, ProviderError, Reason};

/// Work of more steps than these, a step being a pixel or a sample, gets a thread of its own.
const INLINE_STEPS: u64 = 256 * 256;

/// Runs work in place if it is short, else on a thread for blocking work.
pub(super) async fn unhurried<T: Send + 'static>(
    steps: u64,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ProviderError> {
    if steps <= INLINE_STEPS {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|error| ProviderError {
        source: Some(error.into()),
        ..ProviderError::new(Reason::Failed, Effect::Started, "the mock broke off its work")
    })
}
