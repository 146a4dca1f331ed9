//! Reading the fake's files.

use async_trait::async_trait;
use fourfold_domain::{AccountId, FileId};

use super::{MemoryStore, newest};
use crate::Timestamp;
use crate::error::StoreError;
use crate::files::{File, FileState};
use crate::ports::FileReads;

#[async_trait]
impl FileReads for MemoryStore {
    async fn file(&self, id: FileId) -> Result<Option<File>, StoreError> {
        Ok(self.state().world.files.get(&id).cloned())
    }

    async fn files(
        &self,
        account: AccountId,
        before: Option<FileId>,
        limit: usize,
    ) -> Result<Vec<File>, StoreError> {
        let state = self.state();
        let stored = |file: &&File| file.account == account && file.state == FileState::Stored;
        Ok(newest(state.world.files.values().filter(stored), |file| file.id, before, limit))
    }

    async fn files_to_sweep(
        &self,
        unused_since: Timestamp,
        incoming_since: Timestamp,
        limit: usize,
    ) -> Result<Vec<File>, StoreError> {
        let state = self.state();
        let is_to_go = |file: &&File| match file.state {
            FileState::Incoming => file.used_at < incoming_since,
            FileState::Stored => file.used_at < unused_since && file.uses == 0,
            FileState::Leaving => true,
        };
        Ok(state.world.files.values().filter(is_to_go).take(limit).cloned().collect())
    }
}
