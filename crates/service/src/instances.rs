//! Running processes: each beats, and what a dead one left is taken care of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fourfold_domain::{InstanceId, serde_duration};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::calls::{CallEnding, EndCall};
use crate::ports::{CallStore, Store};
use crate::{Refusal, Spawner, StoreError};

/// How processes watch over each other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct InstanceSettings {
    /// How often a process says that it lives.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub beat: Duration,
    /// How long after its last beat a process counts as dead; at least twice `beat`.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub lease: Duration,
}

impl Default for InstanceSettings {
    fn default() -> Self {
        Self { beat: Duration::from_secs(5), lease: Duration::from_secs(20) }
    }
}

impl InstanceSettings {
    /// The first setting that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.beat.is_zero() {
            return Err(("instances.beat", "must be more than nothing".to_owned()));
        }
        if self.lease < self.beat * 2 {
            return Err(("instances.lease", "must be at least twice instances.beat".to_owned()));
        }
        Ok(())
    }
}

/// How many processes are live, this one among them, as it was told when it last beat. Clones share it.
#[derive(Clone, Debug)]
pub struct LiveInstances(Arc<AtomicU32>);

impl Default for LiveInstances {
    fn default() -> Self {
        Self(Arc::new(AtomicU32::new(1)))
    }
}

impl LiveInstances {
    /// So many, for tests.
    #[cfg(any(test, feature = "testing"))]
    pub fn of(count: u32) -> Self {
        Self(Arc::new(AtomicU32::new(count)))
    }

    /// At least 1.
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// What can't be read stays as it was.
    async fn read(&self, store: &dyn Store) {
        match store.live_instances().await {
            Ok(count) => {
                let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
                self.0.store(count, Ordering::Relaxed);
                metrics::gauge!("fourfold_instances_live").set(count);
            }
            Err(error) => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "it can't be told how many processes live"
                );
            }
        }
    }
}

/// Registers this process as the only server of its database: what earlier ones left is taken over before
/// anything else is done.
pub async fn take_over(store: &dyn Store, instance: InstanceId, lease: Duration) -> Result<(), StoreError> {
    store.beat(instance, lease).await?;
    store.supersede(instance).await?;
    end_orphaned_calls(store).await
}

/// Registers this process beside others on one database, and ends the calls that dead ones left. The leases that those
/// held run out by themselves.
pub async fn join(store: &dyn Store, instance: InstanceId, lease: Duration) -> Result<(), StoreError> {
    store.beat(instance, lease).await?;
    end_orphaned_calls(store).await
}

/// Starts to beat. A process that stops beats until its last task has ended, or others would end the calls that it
/// still brings to their end. Each time it is read how many live.
pub fn start_beating(
    store: Arc<dyn Store>,
    instance: InstanceId,
    settings: &InstanceSettings,
    live: LiveInstances,
    spawner: &Spawner,
) {
    let (beat, lease) = (settings.beat, settings.lease);
    let ended = spawner.ended().clone();
    spawner.start_beside(async move {
        // Reading never keeps a beat waiting for longer than until the next.
        drop(timeout(beat, live.read(store.as_ref())).await);
        while ended.run_until_cancelled(tokio::time::sleep(beat)).await.is_some() {
            match store.beat(instance, lease).await {
                Ok(()) => drop(timeout(beat, live.read(store.as_ref())).await),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, instance.id = %instance, "a heartbeat was missed");
                }
            }
        }
    });
}

/// Ends the calls of dead processes: their holds go back, the operator bears what the vendor charged.
pub async fn end_orphaned_calls(store: &(impl CallStore + ?Sized)) -> Result<(), StoreError> {
    const PAGE: usize = 500;
    loop {
        let calls = store.orphaned_calls(PAGE).await?;
        for id in &calls {
            match store.end_call(EndCall::new(*id, CallEnding::Interrupted)).await {
                Ok(_charged) => {
                    tracing::warn!(call.id = %id, "a call was interrupted by the death of its process");
                }
                Err(StoreError::Refused(Refusal::CallEnded)) => {}
                Err(error) => return Err(error),
            }
        }
        if calls.len() < PAGE {
            return Ok(());
        }
    }
}
