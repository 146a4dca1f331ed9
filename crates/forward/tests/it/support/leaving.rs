//! How soon a target sees that its caller has left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::until;

/// The rule.
const AT_ONCE: Duration = Duration::from_millis(100);

/// How often each way of leaving is tried. The rule holds each time.
pub(crate) const TRIES: usize = 5;

/// Leaves, and measures how long it takes until the target sees it.
pub(crate) async fn at_once(leave: impl FnOnce(), is_seen: impl Fn() -> bool) {
    assert!(!is_seen(), "nobody has left yet");
    let left = Instant::now();
    leave();
    until(is_seen).await;
    let took = left.elapsed();
    assert!(took < AT_ONCE, "{took:?}");
}

/// Whether what a target was doing for a caller has been dropped.
#[derive(Clone, Default)]
pub(crate) struct Gone(Arc<AtomicBool>);

/// What the target was doing.
pub(crate) struct Doing(Gone);

impl Gone {
    /// To be kept by what the target does.
    pub(crate) fn doing(&self) -> Doing {
        Doing(self.clone())
    }

    pub(crate) fn is_so(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Doing {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}
