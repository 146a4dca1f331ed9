//! The window of one credential, as one process counts it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// When calls began or will begin, oldest first.
#[derive(Default)]
pub(super) struct Window(VecDeque<Instant>);

impl Window {
    /// When the next call may begin where so many may within `per`: once the call that many places before it has
    /// left the window.
    pub(super) fn next(&mut self, now: Instant, calls: u32, per: Duration) -> Instant {
        self.forget(now, per);
        match self.0.len().checked_sub(calls as usize).and_then(|place| self.0.get(place)) {
            Some(before) => (*before + per).max(now),
            None => now,
        }
    }

    /// Takes the place of a call that begins then, which is after all others.
    pub(super) fn push(&mut self, begins_at: Instant) {
        self.0.push_back(begins_at);
    }

    /// Gives the place of a call back.
    pub(super) fn remove(&mut self, begins_at: Instant) {
        if let Some(at) = self.0.iter().position(|other| *other == begins_at) {
            self.0.remove(at);
        }
    }

    /// Forgets the calls that have left the window.
    pub(super) fn forget(&mut self, now: Instant, per: Duration) {
        while self.0.front().is_some_and(|oldest| *oldest + per <= now) {
            self.0.pop_front();
        }
    }

    /// Whether a call is still in it.
    pub(super) fn is_live(&self, now: Instant, per: Duration) -> bool {
        self.0.back().is_some_and(|last| *last + per > now)
    }
}
