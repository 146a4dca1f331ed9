//! Keys and instances: single rows, written alone.

use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{InstanceId, KeyId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::reads::{all, page};
use super::rows::{self, KEY, KEY_REQUEST};
use super::{SqliteStore, failed};
use crate::Timestamp;
use crate::backends::sql::KeyLists;
use crate::error::StoreError;
use crate::keys::{ApiKey, KeyChange, KeyRequest, KeyRotation};
use crate::ports::{InstanceStore, KeyStore};

/// Keys with their budgets.
const KEYS: &str = "api_key LEFT JOIN key_budget ON key_budget.key = api_key.id";

#[async_trait]
impl KeyStore for SqliteStore {
    async fn insert_key(&self, key: ApiKey) -> Result<(), StoreError> {
        let KeyLists { scopes, models } = KeyLists::of(&key)?;
        let insert = move |connection: &mut Connection| {
            let sql = "INSERT INTO api_key (id, kind, realm, account, name, scopes, hash, created_at, expires_at, revoked_at, \
                         models, requests_per_minute, tokens_per_minute, concurrency, previous_hash, previous_until) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
            let values = params![
                key.id.to_string(),
                key.kind.as_str(),
                key.realm.as_str(),
                key.account.as_ref().map(|account| account.as_str()),
                key.name,
                scopes,
                key.hash,
                key.created_at.millis(),
                key.expires_at.map(Timestamp::millis),
                key.revoked_at.map(Timestamp::millis),
                models,
                key.limits.requests_per_minute,
                key.limits.tokens_per_minute,
                key.limits.concurrency,
                key.previous.map(|previous| previous.hash),
                key.previous.map(|previous| previous.until.millis())
            ];
            let transaction = connection.transaction().map_err(failed)?;
            if let Some(known) = key_of(&transaction, key.id).map_err(failed)? {
                return key.check_same(&known);
            }
            transaction.execute(sql, values).map_err(failed)?;
            if let Some(budget) = key.budget {
                let sql = "INSERT INTO key_budget (key, budget, held, charged) VALUES (?1, ?2, ?3, ?4)";
                let spent = (budget.limit.micros(), budget.held.micros(), budget.charged.micros());
                let values = params![key.id.to_string(), spent.0, spent.1, spent.2];
                transaction.execute(sql, values).map_err(failed)?;
            }
            transaction.commit().map_err(failed)
        };
        self.writer.alone(insert).await
    }

    async fn keep_key_request(&self, request: KeyRequest) -> Result<KeyRequest, StoreError> {
        // A row is returned only where it was written, so the one that is there is written as it is.
        let sql = format!(
            "INSERT INTO key_request ({KEY_REQUEST}) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (scope) DO UPDATE SET scope = excluded.scope RETURNING {KEY_REQUEST}"
        );
        let keep = move |connection: &mut Connection| {
            let KeyRequest { scope, fingerprint, key, replaces, salt, created_at } = request;
            let values = params![scope, fingerprint, key.to_string(), replaces, salt, created_at.millis()];
            connection.query_row(&sql, values, rows::key_request).map_err(failed)
        };
        self.writer.alone(keep).await
    }

    async fn revoke_key(&self, id: KeyId) -> Result<bool, StoreError> {
        let now = self.readers.now();
        let revoke = move |connection: &mut Connection| {
            let sql = "UPDATE api_key SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1";
            let rows = connection.execute(sql, params![id.to_string(), now.millis()]).map_err(failed)?;
            Ok(rows > 0)
        };
        self.writer.alone(revoke).await
    }

    async fn rotate_key(&self, id: KeyId, rotation: KeyRotation) -> Result<Option<ApiKey>, StoreError> {
        let now = self.readers.now();
        let rotate = move |connection: &mut Connection| {
            let transaction = connection.transaction().map_err(failed)?;
            let key = key_of(&transaction, id).map_err(failed)?.filter(|key| key.is_live(now));
            let Some(key) = key.and_then(|key| key.rotated(&rotation)) else { return Ok(None) };
            let sql = "UPDATE api_key SET hash = ?2, previous_hash = ?3, previous_until = ?4 WHERE id = ?1";
            let (hash, until) = key.previous.map(|previous| (previous.hash, previous.until.millis())).unzip();
            transaction.execute(sql, params![id.to_string(), key.hash, hash, until]).map_err(failed)?;
            transaction.commit().map_err(failed)?;
            Ok(Some(key))
        };
        self.writer.alone(rotate).await
    }

    async fn change_key(&self, id: KeyId, change: KeyChange) -> Result<Option<ApiKey>, StoreError> {
        let now = self.readers.now();
        let change_it = move |connection: &mut Connection| {
            let transaction = connection.transaction().map_err(failed)?;
            let key = key_of(&transaction, id).map_err(failed)?.filter(|key| key.is_live(now));
            let Some(key) = key.and_then(|key| key.changed(change)) else { return Ok(None) };
            let id = id.to_string();
            let KeyLists { scopes, models } = KeyLists::of(&key)?;
            if let Some(budget) = key.budget {
                let sql = "UPDATE key_budget SET budget = ?2 WHERE key = ?1";
                transaction.execute(sql, params![id, budget.limit.micros()]).map_err(failed)?;
            }
            let sql = "UPDATE api_key SET name = ?2, scopes = ?3, models = ?4, requests_per_minute = ?5, \
                         tokens_per_minute = ?6, concurrency = ?7, expires_at = ?8 WHERE id = ?1";
            let values = params![
                id,
                key.name,
                scopes,
                models,
                key.limits.requests_per_minute,
                key.limits.tokens_per_minute,
                key.limits.concurrency,
                key.expires_at.map(Timestamp::millis),
            ];
            transaction.execute(sql, values).map_err(failed)?;
            transaction.commit().map_err(failed)?;
            Ok(Some(key))
        };
        self.writer.alone(change_it).await
    }

    async fn key(&self, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        self.readers.read(move |connection| key_of(connection, id)).await
    }

    async fn key_by_hash(&self, hash: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        let sql = format!(
            "SELECT {KEY} FROM {KEYS} WHERE hash = ?1 OR previous_hash = ?1 ORDER BY hash <> ?1 LIMIT 1"
        );
        let read = move |connection: &mut Connection| {
            connection.prepare_cached(&sql)?.query_row([hash], rows::key).optional()
        };
        self.readers.read(read).await
    }

    async fn keys(&self, before: Option<KeyId>, limit: usize) -> Result<Vec<ApiKey>, StoreError> {
        let key = (page(before), limit);
        let sql = format!("SELECT {KEY} FROM {KEYS} WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
        self.readers.read(move |connection| all(connection, &sql, key, rows::key)).await
    }

    async fn keys_revision(&self) -> Result<u64, StoreError> {
        let sql = "SELECT value FROM revision WHERE name = 'keys'";
        self.readers
            .read(move |connection| connection.prepare_cached(sql)?.query_row([], |row| row.get(0)))
            .await
    }
}

/// A key, whether or not it still counts.
fn key_of(connection: &Connection, id: KeyId) -> rusqlite::Result<Option<ApiKey>> {
    let sql = format!("SELECT {KEY} FROM {KEYS} WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.to_string()], rows::key).optional()
}

#[async_trait]
impl InstanceStore for SqliteStore {
    async fn beat(&self, instance: InstanceId, lease: Duration) -> Result<(), StoreError> {
        let until = self.readers.now().after(lease);
        let beat = move |connection: &mut Connection| {
            let sql = "INSERT INTO instance (id, lease_until) VALUES (?1, ?2) \
                       ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until";
            connection
                .execute(sql, params![instance.to_string(), until.millis()])
                .map(|_rows| ())
                .map_err(failed)
        };
        self.writer.alone(beat).await
    }

    async fn supersede(&self, instance: InstanceId) -> Result<(), StoreError> {
        let supersede = move |connection: &mut Connection| {
            let id = instance.to_string();
            let transaction = connection.transaction().map_err(failed)?;
            transaction.execute("DELETE FROM instance WHERE id <> ?1", [&id]).map_err(failed)?;
            let sql = "UPDATE job_due SET lease_until = NULL, leased_by = NULL WHERE leased_by <> ?1";
            transaction.execute(sql, [&id]).map_err(failed)?;
            transaction.execute("DELETE FROM duty WHERE instance <> ?1", [&id]).map_err(failed)?;
            // Due again at once: nobody is at it any more.
            let sql = "UPDATE webhook_delivery SET next_at = created_at, lease_until = NULL, leased_by = NULL \
                       WHERE leased_by <> ?1";
            transaction.execute(sql, [&id]).map_err(failed)?;
            // Whose turns were begun or waited for is gone too, with what nobody had said anything in.
            transaction.execute("DELETE FROM conversation WHERE next_number = 1", []).map_err(failed)?;
            let sql = "UPDATE conversation SET line = NULL WHERE line IS NOT NULL";
            transaction.execute(sql, []).map_err(failed)?;
            transaction.commit().map_err(failed)
        };
        self.writer.alone(supersede).await
    }

    async fn live_instances(&self) -> Result<u64, StoreError> {
        let now = self.readers.now().millis();
        let sql = "SELECT count(*) FROM instance WHERE lease_until > ?1";
        self.readers.read(move |connection| connection.query_row(sql, [now], |row| row.get(0))).await
    }

    async fn forget_instances(&self, dead_for: Duration) -> Result<u64, StoreError> {
        let before = self.readers.now().before(dead_for);
        let forget = move |connection: &mut Connection| {
            let sql = "DELETE FROM instance WHERE lease_until <= ?1 AND NOT EXISTS \
                       (SELECT 1 FROM call WHERE call.instance = instance.id AND call.state = 'open')";
            Ok(connection.execute(sql, [before.millis()]).map_err(failed)? as u64)
        };
        self.writer.alone(forget).await
    }

    async fn take_sweep(&self, instance: InstanceId, lease: Duration) -> Result<bool, StoreError> {
        let now = self.readers.now();
        let take = move |connection: &mut Connection| {
            let sql = "INSERT INTO duty (name, instance, lease_until) VALUES ('sweep', ?1, ?3) \
                       ON CONFLICT (name) DO UPDATE SET instance = excluded.instance, lease_until = excluded.lease_until \
                       WHERE duty.instance = excluded.instance OR duty.lease_until <= ?2";
            let values = params![instance.to_string(), now.millis(), now.after(lease).millis()];
            Ok(connection.execute(sql, values).map_err(failed)? > 0)
        };
        self.writer.alone(take).await
    }
}
