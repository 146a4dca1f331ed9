//! Webhooks: what a batch writes of them, and how they are read.

use async_trait::async_trait;
use fourfold_domain::{AccountId, EventId, WebhookSecretId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::reads::{all, page};
use super::rows::{self, DELIVERY, TRY, WEBHOOK_SECRET};
use super::save::Rows;
use super::{SqliteStore, failed};
use crate::Timestamp;
use crate::commit::World;
use crate::error::StoreError;
use crate::ports::{DueDeliveries, WebhookReads};
use crate::webhooks::{Delivery, DeliveryView, TRIES_SHOWN, WebhookSecret, WebhookUrl};

/// Up to so many of each endpoint, found by one look into the index an endpoint, however many wait there. Endpoints
/// that as many are on their way to are left out, so that they hold up no other.
const DUE: &str = "
WITH RECURSIVE endpoint (name) AS (
  SELECT min(endpoint) FROM webhook_delivery WHERE state = 'pending'
  UNION ALL
  SELECT (SELECT min(d.endpoint) FROM webhook_delivery d WHERE d.state = 'pending' AND d.endpoint > name)
  FROM endpoint WHERE name IS NOT NULL
)
SELECT d.id FROM endpoint JOIN webhook_delivery d ON d.id IN (
  SELECT p.id FROM webhook_delivery p WHERE p.state = 'pending' AND p.endpoint = endpoint.name AND p.next_at <= ?1
  ORDER BY p.next_at LIMIT ?2)
WHERE name IS NOT NULL
  AND (SELECT count(*) FROM webhook_delivery l WHERE l.endpoint = name AND l.lease_until > ?1) < ?2
ORDER BY d.next_at LIMIT ?3";

pub(super) fn save(rows: &Rows<'_>, world: &World) -> rusqlite::Result<()> {
    for (_, secret) in world.webhook_secrets.inserted() {
        rows.write(
            "INSERT INTO webhook_secret (id, account, sealed, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![
                secret.id.to_string(),
                secret.account.to_string(),
                &*secret.sealed,
                secret.created_at.millis()
            ],
        )?;
    }
    for id in world.webhook_secrets.removed() {
        rows.write("DELETE FROM webhook_secret WHERE id = ?1", [id.to_string()])?;
    }
    deliveries(rows, world)?;
    for ended in &world.tries {
        rows.write(
            "INSERT INTO webhook_try (delivery, number, began_at, status, error, duration_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                ended.delivery.to_string(),
                ended.number,
                ended.began_at.millis(),
                ended.status,
                ended.error,
                i64::try_from(ended.duration.as_millis()).unwrap_or(i64::MAX)
            ],
        )?;
    }
    // One that was allowed and stopped again within a batch is there already.
    for ((account, url), stopped) in world.stopped_urls.inserted() {
        rows.write(
            "INSERT OR REPLACE INTO webhook_stopped_url (account, url, stopped_at) VALUES (?1, ?2, ?3)",
            params![account.to_string(), url.as_str(), stopped.stopped_at.millis()],
        )?;
    }
    for (account, url) in world.stopped_urls.removed() {
        rows.write(
            "DELETE FROM webhook_stopped_url WHERE account = ?1 AND url = ?2",
            params![account.to_string(), url.as_str()],
        )?;
    }
    Ok(())
}

fn deliveries(rows: &Rows<'_>, world: &World) -> rusqlite::Result<()> {
    for (_, delivery) in world.deliveries.inserted() {
        rows.write(
            "INSERT INTO webhook_delivery (id, account, job, version, job_state, url, endpoint, state, tries, failures, \
             next_at, token, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                delivery.id.to_string(),
                delivery.account.to_string(),
                delivery.job.to_string(),
                delivery.version,
                delivery.job_state.as_str(),
                delivery.url.as_str(),
                delivery.url.endpoint(),
                delivery.state.as_str(),
                delivery.tries,
                delivery.failures,
                delivery.next_at.millis(),
                delivery.token,
                delivery.created_at.millis()
            ],
        )?;
    }
    for (_, delivery) in world.deliveries.updated() {
        rows.write(
            "UPDATE webhook_delivery SET state = ?2, tries = ?3, failures = ?4, next_at = ?5, lease_until = ?6, \
             leased_by = ?7, token = ?8, ended_at = ?9 WHERE id = ?1",
            params![
                delivery.id.to_string(),
                delivery.state.as_str(),
                delivery.tries,
                delivery.failures,
                delivery.next_at.millis(),
                delivery.lease_until.map(Timestamp::millis),
                delivery.leased_by.map(|instance| instance.to_string()),
                delivery.token,
                delivery.ended_at.map(Timestamp::millis)
            ],
        )?;
    }
    Ok(())
}

#[async_trait]
impl WebhookReads for SqliteStore {
    async fn webhook_secrets(
        &self,
        account: AccountId,
        before: Option<WebhookSecretId>,
        limit: usize,
    ) -> Result<Vec<WebhookSecret>, StoreError> {
        let key = (account.to_string(), page(before), limit);
        let sql = format!(
            "SELECT {WEBHOOK_SECRET} FROM webhook_secret WHERE account = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
        );
        self.readers.read(move |connection| all(connection, &sql, key, rows::webhook_secret)).await
    }

    async fn delivery(&self, id: EventId) -> Result<Option<DeliveryView>, StoreError> {
        let read = move |connection: &mut Connection| {
            let snapshot = connection.transaction()?;
            let sql = format!("SELECT {DELIVERY} FROM webhook_delivery WHERE id = ?1");
            let found =
                snapshot.prepare_cached(&sql)?.query_row([id.to_string()], rows::delivery).optional()?;
            found.map(|delivery| view(&snapshot, delivery)).transpose()
        };
        self.readers.read(read).await
    }

    async fn deliveries(
        &self,
        account: AccountId,
        before: Option<EventId>,
        limit: usize,
    ) -> Result<Vec<DeliveryView>, StoreError> {
        let key = (account.to_string(), page(before), limit);
        let read = move |connection: &mut Connection| {
            let snapshot = connection.transaction()?;
            let sql = format!(
                "SELECT {DELIVERY} FROM webhook_delivery WHERE account = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
            );
            let found = all(&snapshot, &sql, key, rows::delivery)?;
            found.into_iter().map(|delivery| view(&snapshot, delivery)).collect()
        };
        self.readers.read(read).await
    }

    async fn due_deliveries(
        &self,
        per_endpoint_max: usize,
        limit: usize,
    ) -> Result<DueDeliveries, StoreError> {
        let now = self.readers.now();
        let read = move |connection: &mut Connection| {
            let snapshot = connection.transaction()?;
            let key = (now.millis(), per_endpoint_max, limit);
            let due = all(&snapshot, DUE, key, |row| rows::text(row, 0))?;
            let sql = "SELECT min(next_at) FROM webhook_delivery WHERE state = 'pending' AND next_at > ?1";
            let next_at: Option<i64> =
                snapshot.prepare_cached(sql)?.query_row([now.millis()], |row| row.get(0))?;
            Ok(DueDeliveries { now: due, next_at: next_at.map(Timestamp::from_millis) })
        };
        self.readers.read(read).await
    }

    async fn stop_deliveries(&self, account: AccountId, url: &WebhookUrl) -> Result<u64, StoreError> {
        let (url, clock) = (url.clone(), self.readers.clock());
        let stop = move |connection: &mut Connection| {
            let key = params![account.to_string(), url.as_str(), clock.now().millis()];
            let sql = "UPDATE webhook_delivery SET state = 'gone', ended_at = ?3, lease_until = NULL, leased_by = NULL \
                       WHERE account = ?1 AND url = ?2 AND state = 'pending' AND (lease_until IS NULL OR lease_until <= ?3) \
                       AND EXISTS (SELECT 1 FROM webhook_stopped_url WHERE account = ?1 AND url = ?2)";
            connection.execute(sql, key).map(|rows| rows as u64).map_err(failed)
        };
        self.writer.alone(stop).await
    }

    async fn forget_deliveries(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let forget = move |connection: &mut Connection| forget(connection, before, limit).map_err(failed);
        self.writer.alone(forget).await
    }
}

fn view(connection: &Connection, delivery: Delivery) -> rusqlite::Result<DeliveryView> {
    let sql =
        format!("SELECT {TRY} FROM webhook_try WHERE delivery = ?1 ORDER BY number DESC LIMIT {TRIES_SHOWN}");
    let mut tries = all(connection, &sql, [delivery.id.to_string()], rows::delivery_try)?;
    tries.reverse();
    Ok(DeliveryView { delivery, tries })
}

fn forget(connection: &mut Connection, before: Timestamp, limit: usize) -> rusqlite::Result<u64> {
    let transaction = connection.transaction()?;
    let sql = "SELECT id FROM job WHERE webhook_url IS NOT NULL AND updated_at < ?1 \
               AND state IN ('succeeded', 'failed', 'cancelled', 'expired') \
               AND NOT EXISTS (SELECT 1 FROM webhook_delivery d \
                               WHERE d.job = job.id AND (d.ended_at IS NULL OR d.ended_at >= ?1)) \
               ORDER BY updated_at LIMIT ?2";
    let jobs: Vec<String> = all(&transaction, sql, (before.millis(), limit), |row| row.get(0))?;
    for sql in [
        "DELETE FROM webhook_try WHERE delivery IN (SELECT id FROM webhook_delivery WHERE job = ?1)",
        "DELETE FROM webhook_delivery WHERE job = ?1",
        "UPDATE job SET webhook_url = NULL WHERE id = ?1",
    ] {
        let mut statement = transaction.prepare_cached(sql)?;
        for job in &jobs {
            statement.execute([job])?;
        }
    }
    transaction.commit()?;
    Ok(jobs.len() as u64)
}
