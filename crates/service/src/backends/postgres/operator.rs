//! Jobs of every account, for their operator and for the sweep.

use std::collections::BTreeMap;

use async_trait::async_trait;
use fourfold_domain::{AccountId, ExternalId, JobId, JobState, ModelName, Realm};
use tokio_postgres::Row;

use super::PostgresStore;
use super::query::{Query, values};
use super::reads::{page, size};
use super::rows::{self, ACCOUNT, ARTIFACT, ATTEMPT};
use crate::Timestamp;
use crate::credits::Account;
use crate::error::StoreError;
use crate::jobs::{Artifact, Attempt, JobView};
use crate::ports::{JobFilter, ModelCosts, OperatorStore};

#[async_trait]
impl OperatorStore for PostgresStore {
    async fn find_jobs(
        &self,
        filter: JobFilter,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<(Account, JobView)>, StoreError> {
        let of = "SELECT id FROM job WHERE id < $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR model = $3) \
                  AND (($4::text IS NULL AND $5::text IS NULL) OR account IN (SELECT id FROM account \
                       WHERE ($4 IS NULL OR realm = $4) AND ($5 IS NULL OR external_id = $5))) \
                  ORDER BY id DESC LIMIT $6";
        let key = values![
            page(before),
            filter.state.map(JobState::as_str),
            filter.model.as_ref().map(ModelName::to_string),
            filter.realm.as_ref().map(Realm::to_string),
            filter.account.as_ref().map(ExternalId::to_string),
            size(limit),
        ];
        let views = self.views(of, key).await?;
        let accounts: Vec<String> = views.iter().map(|view| view.job.account.to_string()).collect();
        let sql = format!("SELECT {ACCOUNT} FROM account WHERE id = ANY ($1)");
        let accounts = self.database.all(Query::new(sql, values![accounts]), rows::account).await?;
        let accounts: BTreeMap<AccountId, Account> =
            accounts.into_iter().map(|account| (account.id, account)).collect();
        let with_account = |view: JobView| Some((accounts.get(&view.job.account)?.clone(), view));
        Ok(views.into_iter().filter_map(with_account).collect())
    }

    async fn account_of(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let sql = format!("SELECT {ACCOUNT} FROM account WHERE id = $1");
        self.database.one(Query::new(sql, values![id.to_string()]), rows::account).await
    }

    async fn accounts_with_room(&self, account_max: u32, limit: usize) -> Result<Vec<AccountId>, StoreError> {
        let sql = "SELECT waiting.account FROM (SELECT DISTINCT account FROM job_due WHERE parked = 1) waiting \
                   WHERE $1::bigint = 0 OR $1 > (SELECT count(*) FROM job_due \
                     WHERE account = waiting.account AND parked = 0 AND late_until IS NULL) LIMIT $2";
        let key = values![i64::from(account_max), size(limit)];
        self.database.all(Query::new(sql, key), |row| rows::text(row, 0)).await
    }

    async fn kept_models(&self) -> Result<Vec<ModelName>, StoreError> {
        // One look into the index for each model, however many results there are.
        let sql = "WITH RECURSIVE kept (model) AS ( \
                     (SELECT model FROM artifact WHERE removed_at IS NULL AND model IS NOT NULL ORDER BY model LIMIT 1) \
                     UNION ALL SELECT (SELECT artifact.model FROM artifact \
                       WHERE removed_at IS NULL AND artifact.model > kept.model ORDER BY artifact.model LIMIT 1) \
                     FROM kept WHERE kept.model IS NOT NULL) \
                   SELECT model FROM kept WHERE model IS NOT NULL";
        self.database.all(Query::new(sql, Vec::new()), |row| rows::text(row, 0)).await
    }

    async fn kept_artifacts(
        &self,
        model: &ModelName,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Artifact>, StoreError> {
        let sql = format!(
            "SELECT {ARTIFACT} FROM artifact WHERE removed_at IS NULL AND model = $1 AND stored_at < $2 \
             ORDER BY stored_at LIMIT $3"
        );
        let key = values![model.to_string(), before.millis(), size(limit)];
        self.database.all(Query::new(sql, key), rows::artifact).await
    }

    async fn deleted_jobs(&self, limit: usize) -> Result<Vec<JobView>, StoreError> {
        let of = "SELECT id FROM job WHERE deletion = 'leaving' \
                  AND state IN ('succeeded', 'failed', 'cancelled', 'expired') ORDER BY id LIMIT $1";
        self.views(of, values![size(limit)]).await
    }

    async fn artifacts_removed(&self, artifacts: Vec<(JobId, u32)>) -> Result<(), StoreError> {
        let sql = "UPDATE artifact SET removed_at = coalesce(artifact.removed_at, $3::bigint, now_millis()) \
                   FROM unnest($1::text[], $2::bigint[]) AS gone (job, number) \
                   WHERE artifact.job = gone.job AND artifact.number = gone.number";
        let jobs: Vec<_> = artifacts.iter().map(|(job, _)| job.to_string()).collect();
        let numbers: Vec<_> = artifacts.iter().map(|(_, number)| i64::from(*number)).collect();
        self.database.execute(Query::new(sql, values![jobs, numbers, self.database.moment()])).await
    }

    async fn attempts_in_doubt(
        &self,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<Attempt>, StoreError> {
        let sql = format!(
            "SELECT {ATTEMPT} FROM attempt WHERE state = 'uncertain' AND begun_at >= $1 AND begun_at < $2 \
             ORDER BY upstream IS NULL, begun_at, owner LIMIT $3"
        );
        let key = values![from.millis(), to.millis(), size(limit)];
        self.database.all(Query::new(sql, key), rows::attempt).await
    }

    async fn costs_by_model(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ModelCosts>, StoreError> {
        let sql = "WITH ended AS (SELECT 'job:' || id AS owner, model, 1 AS jobs, 0 AS calls, charged, 0 AS interrupted FROM job \
                     WHERE state IN ('succeeded', 'failed', 'cancelled', 'expired') AND updated_at >= $1 AND updated_at < $2 \
                     UNION ALL SELECT 'call:' || call.id, call.model, 0, 1, hold.charged, \
                       CASE call.state WHEN 'interrupted' THEN coalesce(call.cost_max, 0) ELSE 0 END FROM call JOIN hold ON hold.id = call.hold \
                     WHERE call.state <> 'open' AND call.ended_at >= $1 AND call.ended_at < $2) \
                   SELECT ended.model, sum(ended.jobs), sum(ended.calls), sum(ended.charged)::bigint, sum(coalesce(spent.cost, 0) + ended.interrupted)::bigint, \
                     sum(coalesce(spent.uncosted, 0))::bigint, sum(coalesce(lost.amount, 0))::bigint \
                   FROM ended \
                   LEFT JOIN (SELECT owner, sum(cost) AS cost, count(*) - count(cost) AS uncosted FROM attempt GROUP BY owner) spent \
                     ON spent.owner = ended.owner \
                   LEFT JOIN (SELECT owner, -sum(amount) AS amount FROM entry WHERE kind IN ('loss', 'overrun') GROUP BY owner) lost \
                     ON lost.owner = ended.owner \
                   GROUP BY ended.model ORDER BY ended.model COLLATE \"C\"";
        let read = |row: &Row| {
            Ok(ModelCosts {
                model: rows::text(row, 0)?,
                jobs: rows::number(row, 1)?,
                calls: rows::number(row, 2)?,
                charged: rows::credits(row, 3)?,
                cost: rows::credits(row, 4)?,
                uncosted: rows::number(row, 5)?,
                losses: rows::credits(row, 6)?,
            })
        };
        self.database.all(Query::new(sql, values![from.millis(), to.millis()]), read).await
    }
}
