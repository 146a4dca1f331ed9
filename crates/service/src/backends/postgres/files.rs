//! Reading files.

use async_trait::async_trait;
use fourfold_domain::{AccountId, FileId};

use super::PostgresStore;
use super::query::{Query, values};
use super::reads::{page, size};
use super::rows::{self, FILE};
use crate::Timestamp;
use crate::error::StoreError;
use crate::files::File;
use crate::ports::FileReads;

#[async_trait]
impl FileReads for PostgresStore {
    async fn file(&self, id: FileId) -> Result<Option<File>, StoreError> {
        let sql = format!("SELECT {FILE} FROM file WHERE id = $1");
        self.database.one(Query::new(sql, values![id.to_string()]), rows::file).await
    }

    async fn files(
        &self,
        account: AccountId,
        before: Option<FileId>,
        limit: usize,
    ) -> Result<Vec<File>, StoreError> {
        let sql = format!(
            "SELECT {FILE} FROM file WHERE account = $1 AND state = 'stored' AND id < $2 ORDER BY id DESC LIMIT $3"
        );
        let key = values![account.to_string(), page(before), size(limit)];
        self.database.all(Query::new(sql, key), rows::file).await
    }

    async fn files_to_sweep(
        &self,
        unused_since: Timestamp,
        incoming_since: Timestamp,
        limit: usize,
    ) -> Result<Vec<File>, StoreError> {
        let sql = format!(
            "SELECT {FILE} FROM file WHERE state = 'leaving' OR (state = 'incoming' AND used_at < $2) \
             OR (state = 'stored' AND used_at < $1 AND uses = 0) LIMIT $3"
        );
        let key = values![unused_since.millis(), incoming_since.millis(), size(limit)];
        self.database.all(Query::new(sql, key), rows::file).await
    }
}
