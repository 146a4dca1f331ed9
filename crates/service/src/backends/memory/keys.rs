//! Keys.

use async_trait::async_trait;
use fourfold_domain::KeyId;

use super::{MemoryStore, newest};
use crate::error::StoreError;
use crate::keys::{ApiKey, KeyChange, KeyRequest, KeyRotation};
use crate::ports::KeyStore;

#[async_trait]
impl KeyStore for MemoryStore {
    async fn insert_key(&self, key: ApiKey) -> Result<(), StoreError> {
        let mut state = self.state();
        if let Some(known) = state.keys.get(&key.id) {
            return key.check_same(&state.with_budget(known));
        }
        if state.keys.values().any(|known| known.hash == key.hash) {
            return Err(StoreError::Failed("a key with this hash is there already".into()));
        }
        state.keys_revision += 1;
        if let Some(budget) = key.budget {
            state.world.budgets.insert(key.id, budget);
        }
        state.keys.insert(key.id, key);
        Ok(())
    }

    async fn keep_key_request(&self, request: KeyRequest) -> Result<KeyRequest, StoreError> {
        Ok(self.state().key_requests.entry(request.scope).or_insert(request).clone())
    }

    async fn revoke_key(&self, id: KeyId) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(key) = state.keys.get_mut(&id) else { return Ok(false) };
        key.revoked_at = key.revoked_at.or(Some(now));
        state.keys_revision += 1;
        Ok(true)
    }

    async fn rotate_key(&self, id: KeyId, rotation: KeyRotation) -> Result<Option<ApiKey>, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        if state.keys.values().any(|known| known.hash == rotation.hash && known.id != id) {
            return Err(StoreError::Failed("a key with this hash is there already".into()));
        }
        let Some(key) = state.keys.get(&id).filter(|key| key.is_live(now)) else { return Ok(None) };
        let Some(rotated) = state.with_budget(key).rotated(&rotation) else { return Ok(None) };
        state.keys.insert(id, rotated.clone());
        state.keys_revision += 1;
        Ok(Some(rotated))
    }

    async fn change_key(&self, id: KeyId, change: KeyChange) -> Result<Option<ApiKey>, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(key) = state.keys.get(&id).filter(|key| key.is_live(now)) else { return Ok(None) };
        let Some(changed) = state.with_budget(key).changed(change) else { return Ok(None) };
        if let Some((known, budget)) = state.world.budgets.get_mut(&id).zip(changed.budget) {
            *known = budget;
        }
        state.keys.insert(id, changed.clone());
        state.keys_revision += 1;
        Ok(Some(changed))
    }

    async fn key(&self, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        let state = self.state();
        Ok(state.keys.get(&id).map(|key| state.with_budget(key)))
    }

    async fn key_by_hash(&self, hash: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        let state = self.state();
        let is_previous = |key: &&ApiKey| key.previous.is_some_and(|previous| previous.hash == hash);
        let key = state.keys.values().find(|key| key.hash == hash);
        let key = key.or_else(|| state.keys.values().find(is_previous));
        Ok(key.map(|key| state.with_budget(key)))
    }

    async fn keys(&self, before: Option<KeyId>, limit: usize) -> Result<Vec<ApiKey>, StoreError> {
        let state = self.state();
        let keys = newest(state.keys.values(), |key| key.id, before, limit);
        Ok(keys.iter().map(|key| state.with_budget(key)).collect())
    }

    async fn keys_revision(&self) -> Result<u64, StoreError> {
        Ok(self.state().keys_revision)
    }
}
