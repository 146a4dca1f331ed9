//! Reading files.

use async_trait::async_trait;
use fourfold_domain::{AccountId, FileId};
use rusqlite::{Connection, OptionalExtension as _};

use super::SqliteStore;
use super::reads::{all, page};
use super::rows::{self, FILE};
use crate::Timestamp;
use crate::error::StoreError;
use crate::files::File;
use crate::ports::FileReads;

#[async_trait]
impl FileReads for SqliteStore {
    async fn file(&self, id: FileId) -> Result<Option<File>, StoreError> {
        let sql = format!("SELECT {FILE} FROM file WHERE id = ?1");
        let read = move |connection: &mut Connection| {
            connection.prepare_cached(&sql)?.query_row([id.to_string()], rows::file).optional()
        };
        self.readers.read(read).await
    }

    async fn files(
        &self,
        account: AccountId,
        before: Option<FileId>,
        limit: usize,
    ) -> Result<Vec<File>, StoreError> {
        let key = (account.to_string(), page(before), limit);
        let sql = format!(
            "SELECT {FILE} FROM file WHERE account = ?1 AND state = 'stored' AND id < ?2 ORDER BY id DESC LIMIT ?3"
        );
        self.readers.read(move |connection| all(connection, &sql, key, rows::file)).await
    }

    async fn files_to_sweep(
        &self,
        unused_since: Timestamp,
        incoming_since: Timestamp,
        limit: usize,
    ) -> Result<Vec<File>, StoreError> {
        let key = (unused_since.millis(), incoming_since.millis(), limit);
        let sql = format!(
            "SELECT {FILE} FROM file WHERE state = 'leaving' OR (state = 'incoming' AND used_at < ?2) \
             OR (state = 'stored' AND used_at < ?1 AND uses = 0) LIMIT ?3"
        );
        self.readers.read(move |connection| all(connection, &sql, key, rows::file)).await
    }
}
