//! Calls of this process that should have ended and couldn't be: the database was down, or their task broke off.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fourfold_domain::CallId;

use super::{CallEnding, CallState, EndCall};
use crate::ports::CallStore;
use crate::{Refusal, StoreError};

/// The calls that are left to be ended. Clones share them.
#[derive(Clone, Default)]
pub(super) struct LeftOver {
    /// Held to add or take, never longer.
    calls: Arc<Mutex<Vec<(CallId, CallEnding)>>>,
}

/// A call that is left over unless it is said to have ended.
pub(super) struct Watched {
    left_over: LeftOver,
    call: Option<(CallId, CallEnding)>,
}

impl LeftOver {
    /// Watches a call from before it is opened; until somebody is asked, all that it needs is its hold back.
    pub(super) fn watch(&self, id: CallId) -> Watched {
        Watched { left_over: self.clone(), call: Some((id, CallEnding::Released)) }
    }

    /// Ends what is left, without a charge.
    pub(super) async fn end_all(&self, store: &(impl CallStore + ?Sized)) {
        let calls = std::mem::take(&mut *self.calls());
        let mut calls = calls.into_iter();
        while let Some((id, ending)) = calls.next() {
            match store.end_call(EndCall::new(id, ending)).await {
                Ok(_nothing) => tracing::warn!(call.id = %id, "a call that couldn't be ended was given back"),
                Err(StoreError::Refused(Refusal::CallEnded)) => note_charge(store, id).await,
                // It was never opened.
                Err(StoreError::Refused(_)) => {}
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, call.id = %id, "a call still can't be ended");
                    self.calls().extend(std::iter::once((id, ending)).chain(calls));
                    return;
                }
            }
        }
    }

    fn calls(&self) -> MutexGuard<'_, Vec<(CallId, CallEnding)>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    /// Vendors are asked from now on, and may have to be paid.
    pub(super) fn is_asked(&mut self) {
        self.call = self.call.map(|(id, _)| (id, CallEnding::Interrupted));
    }

    /// It has ended, or was never opened.
    pub(super) fn ended(mut self) {
        self.call = None;
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.left_over.calls().extend(self.call);
    }
}

/// Tells the operator of a charge that its caller wasn't told of: the database took the end of a call, then was gone
/// for longer than anybody waits before it could say so.
async fn note_charge(store: &(impl CallStore + ?Sized), id: CallId) {
    match store.call(id).await {
        Ok(Some(known)) if known.call.state == CallState::Charged => {
            metrics::counter!("fourfold_calls_charged_unsent_total").increment(1);
            tracing::error!(
                call.id = %id,
                account.id = %known.call.account,
                "a call was charged whose caller wasn't sent its end; adjust the account"
            );
        }
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, call.id = %id, "it isn't known how a call ended");
        }
    }
}
