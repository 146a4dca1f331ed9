//! Calls of this process that should have ended and couldn't be: the database was down, or their task broke off.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fourfold_domain::CallId;

use super::{CallEnding, EndCall};
use crate::StoreError;
use crate::ports::CallStore;

/// The calls that are left to be ended. Clones share them.
#[derive(Clone, Default)]
pub(super) struct LeftOver {
    /// Held to add or take, never longer.
    calls: Arc<Mutex<Vec<CallId>>>,
}

/// A call that is left over unless it is said to have ended.
pub(super) struct Watched {
    left_over: LeftOver,
    id: Option<CallId>,
}

impl LeftOver {
    /// Watches a call from before it is opened.
    pub(super) fn watch(&self, id: CallId) -> Watched {
        Watched { left_over: self.clone(), id: Some(id) }
    }

    /// Ends what is left, without a charge.
    pub(super) async fn end_all(&self, store: &(impl CallStore + ?Sized)) {
        let calls = std::mem::take(&mut *self.calls());
        let mut calls = calls.into_iter();
        while let Some(id) = calls.next() {
            match store.end_call(EndCall::new(id, CallEnding::Interrupted)).await {
                Ok(_nothing) => tracing::warn!(call.id = %id, "a call that couldn't be ended was given back"),
                // It was never opened, or has ended after all.
                Err(StoreError::Refused(_)) => {}
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, call.id = %id, "a call still can't be ended");
                    self.calls().extend(std::iter::once(id).chain(calls));
                    return;
                }
            }
        }
    }

    fn calls(&self) -> MutexGuard<'_, Vec<CallId>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    /// It has ended, or was never opened.
    pub(super) fn ended(mut self) {
        self.id = None;
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.left_over.calls().extend(self.id);
    }
}
