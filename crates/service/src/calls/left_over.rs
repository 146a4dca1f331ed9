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
pub(crate) struct Watched {
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
            if let Err(error) = end(store, id, ending).await {
                tracing::warn!(error = &error as &dyn std::error::Error, call.id = %id, "a call still can't be ended");
                self.calls().extend(std::iter::once((id, ending)).chain(calls));
                return;
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

    /// Nothing of it was written, so nothing is left of it.
    pub(super) fn has_nothing(&mut self) {
        self.call = None;
    }

    /// It has ended, or was never opened.
    pub(crate) fn ended(mut self) {
        self.call = None;
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.left_over.calls().extend(self.call);
    }
}

/// Ends one, unless it has ended; an error says that it isn't known how it stands.
async fn end(store: &(impl CallStore + ?Sized), id: CallId, ending: CallEnding) -> Result<(), StoreError> {
    match store.end_call(EndCall::new(id, ending)).await {
        Ok(_nothing) => tracing::warn!(call.id = %id, "a call that couldn't be ended was given back"),
        Err(StoreError::Refused(Refusal::CallEnded)) => note_charge(store, id).await?,
        // It was never opened.
        Err(StoreError::Refused(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Tells the operator of a charge that its caller wasn't told of: the database took the end of a call, then was gone
/// for longer than anybody waits before it could say so.
async fn note_charge(store: &(impl CallStore + ?Sized), id: CallId) -> Result<(), StoreError> {
    if let Some(known) = store.call(id).await?
        && known.call.state == CallState::Charged
    {
        charged_unsent().increment(1);
        tracing::error!(
            call.id = %id,
            account.id = %known.call.account,
            "a call was charged whose caller wasn't sent its end; adjust the account"
        );
    }
    Ok(())
}

/// Counts calls that were charged and whose callers weren't sent their end.
pub(super) fn charged_unsent() -> metrics::Counter {
    metrics::counter!("fourfold_calls_charged_unsent_total")
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use fourfold_domain::{AccountId, Credits, HoldId, InstanceId};
    use metrics_exporter_prometheus::PrometheusBuilder;
    use uuid::Uuid;

    use super::*;
    use crate::calls::{Call, CallAnswer, CallView, OpenCall, OpenedCall};
    use crate::{Timestamp, testing};

    mockall::mock! {
        Calls {}

        #[async_trait]
        impl CallStore for Calls {
            async fn open_call(&self, step: OpenCall) -> Result<OpenedCall, StoreError>;
            async fn end_call(&self, step: EndCall) -> Result<Credits, StoreError>;
            async fn orphaned_calls(&self, limit: usize) -> Result<Vec<CallId>, StoreError>;
            async fn call(&self, id: CallId) -> Result<Option<CallView>, StoreError>;
            async fn call_answer(&self, id: CallId) -> Result<Option<CallAnswer>, StoreError>;
        }
    }

    fn charged(id: CallId) -> CallView {
        let open = testing::open_call("u1", "1", InstanceId::new(Uuid::now_v7()));
        let call = Call {
            id,
            account: AccountId::new(Uuid::now_v7()),
            key: None,
            instance: open.instance,
            model: open.model,
            hold: HoldId::new(Uuid::now_v7()),
            cost_max: None,
            state: CallState::Charged,
            created_at: Timestamp::default(),
            ended_at: None,
        };
        CallView { call, attempts: Vec::new() }
    }

    #[tokio::test]
    async fn a_call_is_asked_about_until_it_is_known_whether_it_was_charged() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _recorder = metrics::set_default_local_recorder(&recorder);
        let shows = |count: u32| {
            let shown = recorder.handle().render();
            assert!(shown.contains(&format!("fourfold_calls_charged_unsent_total {count}\n")), "{shown}");
        };
        let mut store = MockCalls::new();
        store.expect_end_call().times(2).returning(|_| Err(StoreError::Refused(Refusal::CallEnded)));
        store.expect_call().times(1).return_once(|_| Err(StoreError::Failed("the database is gone".into())));
        store.expect_call().times(1).returning(|id| Ok(Some(charged(id))));
        let left_over = LeftOver::default();
        drop(left_over.watch(CallId::new(Uuid::now_v7())));
        charged_unsent().increment(0);
        for count in [0, 1, 1] {
            left_over.end_all(&store).await;
            shows(count);
        }
    }
}
