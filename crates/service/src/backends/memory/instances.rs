//! Which instances are alive, and which of them sweeps.

use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::InstanceId;

use super::{MemoryStore, State, chats, each_due, webhooks};
use crate::calls::CallState;
use crate::error::StoreError;
use crate::ports::InstanceStore;

#[async_trait]
impl InstanceStore for MemoryStore {
    async fn beat(&self, instance: InstanceId, lease: Duration) -> Result<(), StoreError> {
        let until = self.clock.now().after(lease);
        self.state().instances.insert(instance, until);
        Ok(())
    }

    async fn supersede(&self, instance: InstanceId) -> Result<(), StoreError> {
        let mut state = self.state();
        state.instances.retain(|known, _until| *known == instance);
        state.sweep = state.sweep.filter(|(known, _until)| *known == instance);
        each_due(&mut state.world, |due| {
            if due.leased_by != Some(instance) {
                (due.lease_until, due.leased_by) = (None, None);
            }
        });
        webhooks::supersede(&mut state.world, instance);
        chats::supersede(&mut state.world);
        Ok(())
    }

    async fn live_instances(&self) -> Result<u64, StoreError> {
        let state = self.state();
        let now = self.clock.now();
        Ok(state.instances.values().filter(|until| **until > now).count() as u64)
    }

    async fn forget_instances(&self, dead_for: Duration) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        let State { instances, world, .. } = &mut *state;
        let before = instances.len();
        instances.retain(|instance, until| {
            let mut open = world.calls.values().filter(|call| call.state == CallState::Open);
            until.after(dead_for) > now || open.any(|call| call.instance == *instance)
        });
        Ok((before - instances.len()) as u64)
    }

    async fn take_sweep(&self, instance: InstanceId, lease: Duration) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        let is_free = state.sweep.is_none_or(|(known, until)| known == instance || until <= now);
        if is_free {
            state.sweep = Some((instance, now.after(lease)));
        }
        Ok(is_free)
    }
}
