//! Jobs of every account, for their operator and for the sweep.

use async_trait::async_trait;
use fourfold_domain::{AccountId, ExternalId, JobId, JobState, ModelName, Realm};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::reads::{all, page, view};
use super::rows::{self, ACCOUNT, ARTIFACT, ATTEMPT, JOB};
use super::{SqliteStore, failed};
use crate::Timestamp;
use crate::credits::Account;
use crate::error::StoreError;
use crate::jobs::{Artifact, Attempt, JobView};
use crate::ports::{JobFilter, ModelCosts, OperatorStore};

#[async_trait]
impl OperatorStore for SqliteStore {
    async fn find_jobs(
        &self,
        filter: JobFilter,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<(Account, JobView)>, StoreError> {
        let read = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let sql = format!(
                "SELECT {JOB} FROM job WHERE id < ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR model = ?3) \
                 AND ((?4 IS NULL AND ?5 IS NULL) OR account IN (SELECT id FROM account \
                      WHERE (?4 IS NULL OR realm = ?4) AND (?5 IS NULL OR external_id = ?5))) \
                 ORDER BY id DESC LIMIT ?6"
            );
            let key = params![
                page(before),
                filter.state.map(JobState::as_str),
                filter.model.as_ref().map(ModelName::as_str),
                filter.realm.as_ref().map(Realm::as_str),
                filter.account.as_ref().map(ExternalId::as_str),
                limit
            ];
            let jobs = all(&transaction, &sql, key, rows::job)?;
            let sql = format!("SELECT {ACCOUNT} FROM account WHERE id = ?1");
            let with_account = |job: crate::jobs::Job| {
                let id = job.account.to_string();
                let account = transaction.prepare_cached(&sql)?.query_row([id], rows::account)?;
                Ok((account, view(&transaction, job)?))
            };
            jobs.into_iter().map(with_account).collect()
        };
        self.readers.read(read).await
    }

    async fn account_of(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let sql = format!("SELECT {ACCOUNT} FROM account WHERE id = ?1");
        let read = move |connection: &mut Connection| {
            connection.prepare_cached(&sql)?.query_row([id.to_string()], rows::account).optional()
        };
        self.readers.read(read).await
    }

    async fn accounts_with_room(&self, account_max: u32, limit: usize) -> Result<Vec<AccountId>, StoreError> {
        let sql = "SELECT waiting.account FROM (SELECT DISTINCT account FROM job_due WHERE parked = 1) waiting \
                   WHERE ?1 = 0 OR ?1 > (SELECT count(*) FROM job_due \
                     WHERE account = waiting.account AND parked = 0 AND late_until IS NULL) LIMIT ?2";
        let key = (account_max, limit);
        self.readers.read(move |connection| all(connection, sql, key, |row| rows::text(row, 0))).await
    }

    async fn kept_models(&self) -> Result<Vec<ModelName>, StoreError> {
        // One look into the index for each model, however many results there are.
        let sql = "WITH RECURSIVE kept (model) AS ( \
                     SELECT min(model) FROM artifact WHERE removed_at IS NULL \
                     UNION ALL SELECT (SELECT min(model) FROM artifact WHERE removed_at IS NULL AND model > kept.model) \
                     FROM kept WHERE kept.model IS NOT NULL) \
                   SELECT model FROM kept WHERE model IS NOT NULL";
        self.readers.read(move |connection| all(connection, sql, (), |row| rows::text(row, 0))).await
    }

    async fn kept_artifacts(
        &self,
        model: &ModelName,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Artifact>, StoreError> {
        let key = (model.to_string(), before.millis(), limit);
        let sql = format!(
            "SELECT {ARTIFACT} FROM artifact WHERE removed_at IS NULL AND model = ?1 AND stored_at < ?2 \
             ORDER BY stored_at LIMIT ?3"
        );
        self.readers.read(move |connection| all(connection, &sql, key, rows::artifact)).await
    }

    async fn deleted_jobs(&self, limit: usize) -> Result<Vec<JobView>, StoreError> {
        let sql = format!(
            "SELECT {JOB} FROM job WHERE deletion = 'leaving' \
             AND state IN ('succeeded', 'failed', 'cancelled', 'expired') ORDER BY id LIMIT ?1"
        );
        let read = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let jobs = all(&transaction, &sql, [limit], rows::job)?;
            jobs.into_iter().map(|job| view(&transaction, job)).collect()
        };
        self.readers.read(read).await
    }

    async fn artifacts_removed(&self, artifacts: Vec<(JobId, u32)>) -> Result<(), StoreError> {
        let now = self.readers.now().millis();
        let remove = move |connection: &mut Connection| {
            let transaction = connection.transaction().map_err(failed)?;
            for (job, number) in artifacts {
                let sql = "UPDATE artifact SET removed_at = coalesce(removed_at, ?3) WHERE job = ?1 AND number = ?2";
                let mut statement = transaction.prepare_cached(sql).map_err(failed)?;
                statement.execute((job.to_string(), number, now)).map_err(failed)?;
            }
            transaction.commit().map_err(failed)
        };
        self.writer.alone(remove).await
    }

    async fn attempts_in_doubt(
        &self,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<Attempt>, StoreError> {
        let sql = format!(
            "SELECT {ATTEMPT} FROM attempt WHERE state = 'uncertain' AND begun_at >= ?1 AND begun_at < ?2 \
             ORDER BY upstream IS NULL, begun_at, owner LIMIT ?3"
        );
        let key = (from.millis(), to.millis(), limit);
        self.readers.read(move |connection| all(connection, &sql, key, rows::attempt)).await
    }

    async fn costs_by_model(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ModelCosts>, StoreError> {
        let sql = "WITH ended AS (SELECT 'job:' || id AS owner, model, 1 AS jobs, 0 AS calls, charged, 0 AS interrupted FROM job \
                     WHERE state IN ('succeeded', 'failed', 'cancelled', 'expired') AND updated_at >= ?1 AND updated_at < ?2 \
                     UNION ALL SELECT 'call:' || call.id, call.model, 0, 1, hold.charged, \
                       CASE call.state WHEN 'interrupted' THEN coalesce(call.cost_max, 0) ELSE 0 END FROM call JOIN hold ON hold.id = call.hold \
                     WHERE call.state <> 'open' AND call.ended_at >= ?1 AND call.ended_at < ?2) \
                   SELECT ended.model, sum(ended.jobs), sum(ended.calls), sum(ended.charged), sum(coalesce(spent.cost, 0) + ended.interrupted), \
                     sum(coalesce(spent.uncosted, 0)), sum(coalesce(lost.amount, 0)) \
                   FROM ended \
                   LEFT JOIN (SELECT owner, sum(cost) AS cost, count(*) - count(cost) AS uncosted FROM attempt GROUP BY owner) spent \
                     ON spent.owner = ended.owner \
                   LEFT JOIN (SELECT owner, -sum(amount) AS amount FROM entry WHERE kind IN ('loss', 'overrun') GROUP BY owner) lost \
                     ON lost.owner = ended.owner \
                   GROUP BY ended.model ORDER BY ended.model";
        let read = |row: &Row<'_>| {
            Ok(ModelCosts {
                model: rows::text(row, 0)?,
                jobs: row.get(1)?,
                calls: row.get(2)?,
                charged: rows::credits(row, 3)?,
                cost: rows::credits(row, 4)?,
                uncosted: row.get(5)?,
                losses: rows::credits(row, 6)?,
            })
        };
        let key = (from.millis(), to.millis());
        self.readers.read(move |connection| all(connection, sql, key, read)).await
    }
}
