//! Connections that are closed at accept.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::settings::DURATION_MAX;
use crate::world::Locked;

/// Which connections are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refuse {
    /// The next so many.
    Next(u64),
    /// All that come within this time.
    For(Duration),
}

/// Whether connections are refused now.
#[derive(Default)]
pub(crate) struct Refusals {
    now: Locked<Option<Refusing>>,
    /// Changes when refusing begins: connections from before would go round it, so they close.
    begun: watch::Sender<()>,
}

enum Refusing {
    Next(u64),
    Until(Instant),
}

impl Refusals {
    pub(crate) fn refuse(&self, refuse: Refuse) {
        *self.now.lock() = Some(match refuse {
            Refuse::Next(connections) => Refusing::Next(connections),
            Refuse::For(time) => Refusing::Until(Instant::now() + time.min(DURATION_MAX)),
        });
        self.begun.send_replace(());
    }

    pub(crate) fn stop(&self) {
        *self.now.lock() = None;
    }

    /// Whether the connection that was just accepted is one of those to refuse.
    pub(crate) fn takes_next(&self) -> bool {
        let mut now = self.now.lock();
        match &mut *now {
            Some(Refusing::Next(left)) if *left > 0 => {
                *left -= 1;
                true
            }
            Some(Refusing::Until(until)) if Instant::now() < *until => true,
            _ => false,
        }
    }

    pub(crate) fn begun(&self) -> watch::Receiver<()> {
        self.begun.subscribe()
    }
}
