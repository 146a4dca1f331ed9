//! Keys and instances: single rows, written alone.

use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{Credits, InstanceId, KeyId};

use super::PostgresStore;
use super::query::{Query, values};
use super::reads::{millis, page, size};
use super::rows::{self, KEY, KEY_REQUEST};
use crate::Timestamp;
use crate::backends::sql::KeyLists;
use crate::error::StoreError;
use crate::keys::{ApiKey, KeyChange, KeyRequest, KeyRotation};
use crate::ports::{InstanceStore, KeyStore};

/// Keys with their budgets.
const KEYS: &str = "api_key LEFT JOIN key_budget ON key_budget.key = api_key.id";

#[async_trait]
impl KeyStore for PostgresStore {
    async fn insert_key(&self, key: ApiKey) -> Result<(), StoreError> {
        let sql = "WITH made AS (INSERT INTO api_key (id, kind, realm, account, name, scopes, hash, created_at, expires_at, \
                     revoked_at, models, requests_per_minute, tokens_per_minute, concurrency, previous_hash, previous_until) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $14, $15, $16, $17, $18, $19) ON CONFLICT (id) DO NOTHING RETURNING id), \
                   budgeted AS (INSERT INTO key_budget (key, budget, held, charged) \
                     SELECT id, $11::bigint, $12::bigint, $13::bigint FROM made WHERE $11 IS NOT NULL) \
                   SELECT id FROM made";
        let KeyLists { scopes, models } = KeyLists::of(&key)?;
        let row = values![
            key.id.to_string(),
            key.kind.as_str(),
            key.realm.to_string(),
            key.account.as_ref().map(ToString::to_string),
            key.name.clone(),
            scopes,
            key.hash.to_vec(),
            key.created_at.millis(),
            key.expires_at.map(Timestamp::millis),
            key.revoked_at.map(Timestamp::millis),
            key.budget.map(|budget| budget.limit.micros()),
            key.budget.map(|budget| budget.held.micros()),
            key.budget.map(|budget| budget.charged.micros()),
            models,
            key.limits.requests_per_minute.map(i64::from),
            key.limits.tokens_per_minute.map(i64::from),
            key.limits.concurrency.map(i64::from),
            key.previous.map(|previous| previous.hash.to_vec()),
            key.previous.map(|previous| previous.until.millis()),
        ];
        let made = self.database.one(Query::new(sql, row), |row| rows::get::<String>(row, 0)).await?;
        match made {
            Some(_) => Ok(()),
            // Perhaps the answer of an earlier try was lost.
            None => match self.key(key.id).await? {
                Some(known) => key.check_same(&known),
                None => Err(StoreError::Failed("a key was written and isn't there".into())),
            },
        }
    }

    async fn keep_key_request(&self, request: KeyRequest) -> Result<KeyRequest, StoreError> {
        // A row is returned only where it was written, so the one that is there is written as it is.
        let sql = format!(
            "INSERT INTO key_request ({KEY_REQUEST}) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (scope) DO UPDATE SET scope = excluded.scope RETURNING {KEY_REQUEST}"
        );
        let row = values![
            request.scope.to_vec(),
            request.fingerprint.to_vec(),
            request.key.to_string(),
            request.replaces.map(|hash| hash.to_vec()),
            request.salt.to_vec(),
            request.created_at.millis(),
        ];
        let kept = self.database.one(Query::new(sql, row), rows::key_request).await?;
        kept.ok_or_else(|| StoreError::Failed("a request for a key was written and isn't there".into()))
    }

    async fn revoke_key(&self, id: KeyId) -> Result<bool, StoreError> {
        let sql = "UPDATE api_key SET revoked_at = coalesce(revoked_at, $2::bigint, now_millis()) WHERE id = $1 \
                   RETURNING id";
        let row = values![id.to_string(), self.database.moment()];
        let revoked = self.database.one(Query::new(sql, row), |row| rows::get::<String>(row, 0)).await?;
        Ok(revoked.is_some())
    }

    async fn rotate_key(&self, id: KeyId, rotation: KeyRotation) -> Result<Option<ApiKey>, StoreError> {
        // What comes again finds its hash there and changes nothing; what comes too late finds another and takes nothing
        // back.
        let sql = "UPDATE api_key SET hash = $3, \
                     previous_hash = CASE WHEN hash = $3 THEN previous_hash ELSE hash END, \
                     previous_until = CASE WHEN hash = $3 THEN previous_until ELSE $4::bigint END \
                   WHERE id = $1 AND hash IN ($2, $3) AND revoked_at IS NULL \
                     AND (expires_at IS NULL OR expires_at > coalesce($5::bigint, now_millis())) \
                   RETURNING id";
        let KeyRotation { replaces, hash, until } = rotation;
        let moment = self.database.moment();
        let row = values![id.to_string(), replaces.to_vec(), hash.to_vec(), until.millis(), moment];
        let rotated = self.database.one(Query::new(sql, row), |row| rows::get::<String>(row, 0)).await?;
        match rotated {
            Some(_) => self.key(id).await,
            None => Ok(None),
        }
    }

    async fn change_key(&self, id: KeyId, change: KeyChange) -> Result<Option<ApiKey>, StoreError> {
        // What is spent of the budget is as it is once nobody else is at it: its row is locked first.
        let sql = "WITH live AS (SELECT id FROM api_key WHERE id = $1 AND revoked_at IS NULL \
                     AND (expires_at IS NULL OR expires_at > coalesce($13::bigint, now_millis()))), \
                   budgeted AS (UPDATE key_budget SET budget = $12::bigint FROM live \
                     WHERE key_budget.key = live.id AND held + charged <= $12::bigint RETURNING key_budget.key) \
                   UPDATE api_key SET \
                     name = CASE WHEN $2::boolean THEN $3::text ELSE name END, \
                     scopes = coalesce($4::text, scopes), models = coalesce($5::text, models), \
                     requests_per_minute = CASE WHEN $6::boolean THEN $7::bigint ELSE requests_per_minute END, \
                     tokens_per_minute = CASE WHEN $6::boolean THEN $8::bigint ELSE tokens_per_minute END, \
                     concurrency = CASE WHEN $6::boolean THEN $9::bigint ELSE concurrency END, \
                     expires_at = CASE WHEN $10::boolean THEN $11::bigint ELSE expires_at END \
                   FROM live WHERE api_key.id = live.id \
                     AND ($12::bigint IS NULL OR EXISTS (SELECT FROM budgeted)) \
                   RETURNING api_key.id";
        let limits = change.limits.unwrap_or_default();
        let row = values![
            id.to_string(),
            change.name.is_some(),
            change.name.flatten(),
            change.scopes.map(KeyLists::scopes).transpose()?,
            change.models.as_ref().map(KeyLists::models).transpose()?,
            change.limits.is_some(),
            limits.requests_per_minute.map(i64::from),
            limits.tokens_per_minute.map(i64::from),
            limits.concurrency.map(i64::from),
            change.expires_at.is_some(),
            change.expires_at.flatten().map(Timestamp::millis),
            change.budget.map(Credits::micros),
            self.database.moment(),
        ];
        let changed = self.database.one(Query::new(sql, row), |row| rows::get::<String>(row, 0)).await?;
        match changed {
            Some(_) => self.key(id).await,
            None => Ok(None),
        }
    }

    async fn key(&self, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        let sql = format!("SELECT {KEY} FROM {KEYS} WHERE id = $1");
        self.database.one(Query::new(sql, values![id.to_string()]), rows::key).await
    }

    async fn key_by_hash(&self, hash: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        let sql = format!(
            "SELECT {KEY} FROM {KEYS} WHERE hash = $1 OR previous_hash = $1 ORDER BY hash <> $1 LIMIT 1"
        );
        self.database.one(Query::new(sql, values![hash.to_vec()]), rows::key).await
    }

    async fn keys(&self, before: Option<KeyId>, limit: usize) -> Result<Vec<ApiKey>, StoreError> {
        let sql = format!("SELECT {KEY} FROM {KEYS} WHERE id < $1 ORDER BY id DESC LIMIT $2");
        self.database.all(Query::new(sql, values![page(before), size(limit)]), rows::key).await
    }

    async fn keys_revision(&self) -> Result<u64, StoreError> {
        let sql = "SELECT value FROM revision WHERE name = 'keys'";
        let revision = self.database.one(Query::new(sql, Vec::new()), |row| rows::number(row, 0)).await?;
        Ok(revision.unwrap_or_default())
    }
}

#[async_trait]
impl InstanceStore for PostgresStore {
    async fn beat(&self, instance: InstanceId, lease: Duration) -> Result<(), StoreError> {
        let sql = "INSERT INTO instance (id, lease_until) VALUES ($1, coalesce($2::bigint, now_millis()) + $3) \
                   ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until";
        let row = values![instance.to_string(), self.database.moment(), millis(lease)];
        self.database.execute(Query::new(sql, row)).await
    }

    async fn supersede(&self, instance: InstanceId) -> Result<(), StoreError> {
        let sql = "WITH gone AS (DELETE FROM instance WHERE id <> $1), duties AS (DELETE FROM duty WHERE instance <> $1), \
                   freed AS (SELECT job FROM job_due WHERE leased_by <> $1 ORDER BY job FOR UPDATE), \
                   due AS (UPDATE webhook_delivery SET next_at = created_at, lease_until = NULL, leased_by = NULL \
                     WHERE leased_by <> $1), \
                   empty AS (DELETE FROM conversation WHERE next_number = 1), \
                   lines AS (UPDATE conversation SET line = NULL WHERE line IS NOT NULL AND next_number > 1) \
                   UPDATE job_due SET lease_until = NULL, leased_by = NULL FROM freed WHERE job_due.job = freed.job";
        self.database.execute(Query::new(sql, values![instance.to_string()])).await
    }

    async fn live_instances(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM instance WHERE lease_until > coalesce($1::bigint, now_millis())";
        let key = values![self.database.moment()];
        let live = self.database.one(Query::new(sql, key), |row| rows::number(row, 0)).await?;
        Ok(live.unwrap_or_default())
    }

    async fn forget_instances(&self, dead_for: Duration) -> Result<u64, StoreError> {
        let sql = "WITH gone AS (DELETE FROM instance WHERE lease_until <= coalesce($1::bigint, now_millis()) - $2 \
                     AND NOT EXISTS (SELECT FROM call WHERE call.instance = instance.id AND call.state = 'open') \
                     RETURNING id) \
                   SELECT count(*) FROM gone";
        let key = values![self.database.moment(), millis(dead_for)];
        let gone = self.database.one(Query::new(sql, key), |row| rows::number(row, 0)).await?;
        Ok(gone.unwrap_or_default())
    }

    async fn take_sweep(&self, instance: InstanceId, lease: Duration) -> Result<bool, StoreError> {
        let sql = "INSERT INTO duty (name, instance, lease_until) \
                   VALUES ('sweep', $1, coalesce($2::bigint, now_millis()) + $3) \
                   ON CONFLICT (name) DO UPDATE SET instance = excluded.instance, lease_until = excluded.lease_until \
                   WHERE duty.instance = excluded.instance OR duty.lease_until <= coalesce($2::bigint, now_millis()) \
                   RETURNING name";
        let row = values![instance.to_string(), self.database.moment(), millis(lease)];
        let taken = self.database.one(Query::new(sql, row), |row| rows::get::<String>(row, 0)).await?;
        Ok(taken.is_some())
    }
}
