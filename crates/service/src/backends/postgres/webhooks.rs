//! Webhooks: what a batch writes of them, and how they are read.

use async_trait::async_trait;
use fourfold_domain::{AccountId, EventId, WebhookSecretId};

use super::PostgresStore;
use super::database::read_all;
use super::query::{Query, Value, values};
use super::reads::{page, size};
use super::rows::{self, DELIVERY, TRY, WEBHOOK_SECRET};
use super::save::{Writes, column};
use crate::Timestamp;
use crate::commit::World;
use crate::error::StoreError;
use crate::ports::{DueDeliveries, WebhookReads};
use crate::webhooks::{Delivery, DeliveryTry, DeliveryView, TRIES_SHOWN, WebhookSecret, WebhookUrl};

/// Up to so many of each endpoint, found by one look into the index an endpoint, however many wait there. Endpoints
/// that as many are on their way to are left out, so that they hold up no other.
const DUE: &str = "
WITH RECURSIVE endpoint (name) AS (
  (SELECT min(endpoint) FROM webhook_delivery WHERE state = 'pending')
  UNION ALL
  SELECT (SELECT min(d.endpoint) FROM webhook_delivery d WHERE d.state = 'pending' AND d.endpoint > name)
  FROM endpoint WHERE name IS NOT NULL
), moment AS (SELECT coalesce($1::bigint, now_millis()) AS now)
SELECT d.id FROM moment, endpoint CROSS JOIN LATERAL (
  SELECT p.id, p.next_at FROM webhook_delivery p, moment
  WHERE p.state = 'pending' AND p.endpoint = endpoint.name AND p.next_at <= now ORDER BY p.next_at LIMIT $2) d
WHERE name IS NOT NULL
  AND (SELECT count(*) FROM webhook_delivery l WHERE l.endpoint = name AND l.lease_until > now) < $2
ORDER BY d.next_at LIMIT $3";

pub(super) fn save<'a>(writes: &mut Writes<'a>, world: &'a World) {
    secrets(writes, world);
    deliveries(writes, world);
    writes.of(
        &world.tries,
        "INSERT INTO webhook_try (delivery, number, began_at, status, error, duration_ms) \
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[])",
        |rows| {
            values![
                column(rows, |ended| ended.delivery.to_string()),
                column(rows, |ended| i64::from(ended.number)),
                column(rows, |ended| ended.began_at.millis()),
                column(rows, |ended| ended.status.map(i64::from)),
                column(rows, |ended| ended.error.clone()),
                column(rows, |ended| super::reads::millis(ended.duration)),
            ]
        },
    );
    let stopped: Vec<_> = world.stopped_urls.inserted().map(|(_, stopped)| stopped).collect();
    // One that was allowed and stopped again within a batch is there already.
    writes.of(
        &stopped,
        "INSERT INTO webhook_stopped_url (account, url, stopped_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) \
         ON CONFLICT (account, url) DO UPDATE SET stopped_at = excluded.stopped_at",
        |rows| {
            values![
                column(rows, |stopped| stopped.account.to_string()),
                column(rows, |stopped| stopped.url.as_str()),
                column(rows, |stopped| stopped.stopped_at.millis()),
            ]
        },
    );
    let allowed: Vec<_> = world.stopped_urls.removed().collect();
    writes.of(
        &allowed,
        "WITH gone AS (DELETE FROM webhook_stopped_url WHERE (account, url) IN \
           (SELECT * FROM unnest($1::text[], $2::text[])) RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM gone",
        |rows| {
            values![column(rows, |(account, _)| account.to_string()), column(rows, |&(_, url)| url.as_str())]
        },
    );
}

fn secrets<'a>(writes: &mut Writes<'a>, world: &'a World) {
    let new: Vec<_> = world.webhook_secrets.inserted().map(|(_, secret)| secret).collect();
    writes.of(
        &new,
        "INSERT INTO webhook_secret (id, account, sealed, created_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[])",
        |rows| {
            values![
                column(rows, |secret| secret.id.to_string()),
                column(rows, |secret| secret.account.to_string()),
                column(rows, |secret| &*secret.sealed),
                column(rows, |secret| secret.created_at.millis()),
            ]
        },
    );
    let gone: Vec<_> = world.webhook_secrets.removed().collect();
    writes.of(
        &gone,
        "WITH gone AS (DELETE FROM webhook_secret WHERE id = ANY ($1::text[]) RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM gone",
        |rows| values![column(rows, ToString::to_string)],
    );
}

fn deliveries<'a>(writes: &mut Writes<'a>, world: &'a World) {
    let new: Vec<_> = world.deliveries.inserted().map(|(_, delivery)| delivery).collect();
    writes.of(
        &new,
        "INSERT INTO webhook_delivery (id, account, job, version, job_state, url, endpoint, state, tries, failures, \
         next_at, token, created_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], \
         $8::text[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[])",
        |rows| {
            values![
                column(rows, |delivery| delivery.id.to_string()),
                column(rows, |delivery| delivery.account.to_string()),
                column(rows, |delivery| delivery.job.to_string()),
                column(rows, |delivery| i64::from(delivery.version)),
                column(rows, |delivery| delivery.job_state.as_str()),
                column(rows, |delivery| delivery.url.as_str()),
                column(rows, |delivery| delivery.url.endpoint()),
                column(rows, |delivery| delivery.state.as_str()),
                column(rows, |delivery| i64::from(delivery.tries)),
                column(rows, |delivery| i64::from(delivery.failures)),
                column(rows, |delivery| delivery.next_at.millis()),
                column(rows, |delivery| delivery.token.cast_signed()),
                column(rows, |delivery| delivery.created_at.millis()),
            ]
        },
    );
    let changed: Vec<_> = world.deliveries.updated().map(|(_, delivery)| delivery).collect();
    writes.of(
        &changed,
        "WITH changed AS (UPDATE webhook_delivery SET state = new.state, tries = new.tries, failures = new.failures, \
           next_at = new.next_at, lease_until = new.lease_until, leased_by = new.leased_by, token = new.token, \
           ended_at = new.ended_at \
           FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], \
             $8::bigint[], $9::bigint[]) \
           AS new (id, state, tries, failures, next_at, lease_until, leased_by, token, ended_at) \
           WHERE webhook_delivery.id = new.id RETURNING 1) \
         SELECT expect_rows(count(*), cardinality($1)) FROM changed",
        |rows| {
            values![
                column(rows, |delivery| delivery.id.to_string()),
                column(rows, |delivery| delivery.state.as_str()),
                column(rows, |delivery| i64::from(delivery.tries)),
                column(rows, |delivery| i64::from(delivery.failures)),
                column(rows, |delivery| delivery.next_at.millis()),
                column(rows, |delivery| delivery.lease_until.map(Timestamp::millis)),
                column(rows, |delivery| delivery.leased_by.map(|instance| instance.to_string())),
                column(rows, |delivery| delivery.token.cast_signed()),
                column(rows, |delivery| delivery.ended_at.map(Timestamp::millis)),
            ]
        },
    );
}

#[async_trait]
impl WebhookReads for PostgresStore {
    async fn webhook_secrets(
        &self,
        account: AccountId,
        before: Option<WebhookSecretId>,
        limit: usize,
    ) -> Result<Vec<WebhookSecret>, StoreError> {
        let sql = format!(
            "SELECT {WEBHOOK_SECRET} FROM webhook_secret WHERE account = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
        );
        let key = values![account.to_string(), page(before), size(limit)];
        self.database.all(Query::new(sql, key), rows::webhook_secret).await
    }

    async fn delivery(&self, id: EventId) -> Result<Option<DeliveryView>, StoreError> {
        let of = "SELECT id FROM webhook_delivery WHERE id = $1";
        Ok(self.delivery_views(of, || values![id.to_string()]).await?.pop())
    }

    async fn deliveries(
        &self,
        account: AccountId,
        before: Option<EventId>,
        limit: usize,
    ) -> Result<Vec<DeliveryView>, StoreError> {
        let of = "SELECT id FROM webhook_delivery WHERE account = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
        self.delivery_views(of, || values![account.to_string(), page(before), size(limit)]).await
    }

    async fn due_deliveries(
        &self,
        per_endpoint_max: usize,
        limit: usize,
    ) -> Result<DueDeliveries, StoreError> {
        let moment = self.database.moment();
        let next = "SELECT min(next_at) FROM webhook_delivery \
                    WHERE state = 'pending' AND next_at > coalesce($1::bigint, now_millis())";
        let reads = vec![
            Query::new(DUE, values![moment, size(per_endpoint_max), size(limit)]),
            Query::new(next, values![moment]),
        ];
        let found = self.database.snapshot(reads).await?;
        let [due, next] = &found[..] else { return Ok(DueDeliveries::default()) };
        let next_at = read_all(next, |row| rows::get::<Option<i64>>(row, 0))?;
        Ok(DueDeliveries {
            now: read_all(due, |row| rows::text(row, 0))?,
            next_at: next_at.into_iter().flatten().next().map(Timestamp::from_millis),
        })
    }

    /// Under the account's lock, as all that is the account's.
    async fn stop_deliveries(&self, account: AccountId, url: &WebhookUrl) -> Result<u64, StoreError> {
        let sql = "WITH locked AS (SELECT id, coalesce($3::bigint, now_millis()) AS now FROM account \
                     WHERE id = $1 FOR UPDATE), \
                   stopped AS (UPDATE webhook_delivery d SET state = 'gone', ended_at = now, lease_until = NULL, \
                       leased_by = NULL \
                     FROM locked WHERE d.account = locked.id AND d.url = $2 AND d.state = 'pending' \
                       AND (d.lease_until IS NULL OR d.lease_until <= now) \
                       AND EXISTS (SELECT 1 FROM webhook_stopped_url s WHERE s.account = $1 AND s.url = $2) RETURNING 1) \
                   SELECT count(*) FROM stopped";
        let key = values![account.to_string(), url.to_string(), self.database.moment()];
        let stopped = self.database.one(Query::new(sql, key), |row| rows::number(row, 0)).await?;
        Ok(stopped.unwrap_or_default())
    }

    async fn forget_deliveries(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let sql = "WITH old AS (SELECT id FROM job WHERE webhook_url IS NOT NULL AND updated_at < $1 \
                     AND state IN ('succeeded', 'failed', 'cancelled', 'expired') \
                     AND NOT EXISTS (SELECT 1 FROM webhook_delivery d \
                                     WHERE d.job = job.id AND (d.ended_at IS NULL OR d.ended_at >= $1)) \
                     ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED), \
                   tries AS (DELETE FROM webhook_try t USING webhook_delivery d \
                     WHERE d.id = t.delivery AND d.job IN (SELECT id FROM old)), \
                   gone AS (DELETE FROM webhook_delivery WHERE job IN (SELECT id FROM old)), \
                   cleared AS (UPDATE job SET webhook_url = NULL FROM old WHERE job.id = old.id RETURNING 1) \
                   SELECT count(*) FROM cleared";
        let key = values![before.millis(), size(limit)];
        let forgotten = self.database.one(Query::new(sql, key), |row| rows::number(row, 0)).await?;
        Ok(forgotten.unwrap_or_default())
    }
}

impl PostgresStore {
    /// The deliveries whose ids `of` selects, the newest first, with their latest tries, in one snapshot.
    async fn delivery_views(
        &self,
        of: &str,
        key: impl Fn() -> Vec<Value<'static>>,
    ) -> Result<Vec<DeliveryView>, StoreError> {
        let deliveries =
            format!("SELECT {DELIVERY} FROM webhook_delivery WHERE id = ANY (ARRAY ({of})) ORDER BY id DESC");
        let tries = format!(
            "SELECT {TRY} FROM ({of}) of CROSS JOIN LATERAL \
               (SELECT * FROM webhook_try WHERE delivery = of.id ORDER BY number DESC LIMIT {TRIES_SHOWN}) latest \
             ORDER BY number"
        );
        let reads = [deliveries, tries].map(|sql| Query::new(sql, key()));
        let found = self.database.snapshot(reads.into()).await?;
        let [deliveries, tries] = &found[..] else { return Ok(Vec::new()) };
        let tries: Vec<DeliveryTry> = read_all(tries, rows::delivery_try)?;
        let deliveries: Vec<Delivery> = read_all(deliveries, rows::delivery)?;
        let view = |delivery: Delivery| DeliveryView {
            tries: tries.iter().filter(|ended| ended.delivery == delivery.id).cloned().collect(),
            delivery,
        };
        Ok(deliveries.into_iter().map(view).collect())
    }
}
