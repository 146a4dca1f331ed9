//! Wakes those of this process who wait for their turn. Those of other processes look by themselves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use super::ConversationName;

/// Who waits, by their conversations. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Waiting {
    /// Held to look or to add, never longer.
    lines: Arc<Mutex<HashMap<ConversationName, Weak<Notify>>>>,
}

impl Waiting {
    /// What tells that a turn of this conversation has ended. Lives as long as somebody holds it.
    pub(super) fn line(&self, name: &ConversationName) -> Arc<Notify> {
        let mut lines = self.lines();
        if let Some(line) = lines.get(name).and_then(Weak::upgrade) {
            return line;
        }
        lines.retain(|_name, line| line.strong_count() > 0);
        let line = Arc::new(Notify::new());
        lines.insert(name.clone(), Arc::downgrade(&line));
        line
    }

    /// A turn has ended.
    pub(super) fn wake(&self, name: &ConversationName) {
        if let Some(line) = self.lines().get(name).and_then(Weak::upgrade) {
            line.notify_waiters();
        }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<ConversationName, Weak<Notify>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
