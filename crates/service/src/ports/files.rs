//! The files of the database.

use async_trait::async_trait;
use fourfold_domain::{AccountId, FileId};

use crate::Timestamp;
use crate::commit::Commit;
use crate::error::StoreError;
use crate::files::{CompleteFile, Completed, File, ForgetFile, RemoveFile, ReserveFiles};

/// Files that callers hand in.
#[async_trait]
pub trait FileStore: Send + Sync {
    /// Reserves places for files.
    async fn reserve_files(&self, step: ReserveFiles) -> Result<AccountId, StoreError>;
    /// Turns an incoming file into a stored one.
    async fn complete_file(&self, step: CompleteFile) -> Result<Completed, StoreError>;
    /// Takes a file away from its owner.
    async fn remove_file(&self, step: RemoveFile) -> Result<File, StoreError>;
    /// Forgets a file that left.
    async fn forget_file(&self, step: ForgetFile) -> Result<(), StoreError>;

    /// A file, whatever its state.
    async fn file(&self, id: FileId) -> Result<Option<File>, StoreError>;

    /// An account's stored files, the newest first, older than `before`.
    async fn files(
        &self,
        account: AccountId,
        before: Option<FileId>,
        limit: usize,
    ) -> Result<Vec<File>, StoreError>;

    /// Files that nobody needs: stored ones that no job uses and none has used since `unused_since`, incoming ones
    /// from before `incoming_since`, and all that are leaving.
    async fn files_to_sweep(
        &self,
        unused_since: Timestamp,
        incoming_since: Timestamp,
        limit: usize,
    ) -> Result<Vec<File>, StoreError>;
}

/// What a backend reads of files.
#[async_trait]
pub(crate) trait FileReads: Send + Sync {
    async fn file(&self, id: FileId) -> Result<Option<File>, StoreError>;
    async fn files(
        &self,
        account: AccountId,
        before: Option<FileId>,
        limit: usize,
    ) -> Result<Vec<File>, StoreError>;
    async fn files_to_sweep(
        &self,
        unused_since: Timestamp,
        incoming_since: Timestamp,
        limit: usize,
    ) -> Result<Vec<File>, StoreError>;
}

#[async_trait]
impl<B: Commit + FileReads> FileStore for B {
    async fn reserve_files(&self, step: ReserveFiles) -> Result<AccountId, StoreError> {
        self.commit(step).await
    }
    async fn complete_file(&self, step: CompleteFile) -> Result<Completed, StoreError> {
        self.commit(step).await
    }
    async fn remove_file(&self, step: RemoveFile) -> Result<File, StoreError> {
        self.commit(step).await
    }
    async fn forget_file(&self, step: ForgetFile) -> Result<(), StoreError> {
        self.commit(step).await
    }
    async fn file(&self, id: FileId) -> Result<Option<File>, StoreError> {
        FileReads::file(self, id).await
    }
    async fn files(
        &self,
        account: AccountId,
        before: Option<FileId>,
        limit: usize,
    ) -> Result<Vec<File>, StoreError> {
        FileReads::files(self, account, before, limit).await
    }
    async fn files_to_sweep(
        &self,
        unused_since: Timestamp,
        incoming_since: Timestamp,
        limit: usize,
    ) -> Result<Vec<File>, StoreError> {
        FileReads::files_to_sweep(self, unused_since, incoming_since, limit).await
    }
}
