//! The tables, made and changed at start.

use std::pin::pin;

use futures_util::future::{Either, select};
use tokio_postgres::Client;

use super::settings::{PostgresError, PostgresSettings};
use super::tls;

/// The migrations in order; each is applied once, in its own transaction. The version before may still be running
/// beside: they only add, with defaults.
const MIGRATIONS: [(&str, &str); 10] = [
    ("0001_house", include_str!("../../../migrations/postgres/0001_house.sql")),
    ("0002_jobs", include_str!("../../../migrations/postgres/0002_jobs.sql")),
    ("0003_webhooks", include_str!("../../../migrations/postgres/0003_webhooks.sql")),
    ("0004_call_costs", include_str!("../../../migrations/postgres/0004_call_costs.sql")),
    ("0005_deleted_jobs", include_str!("../../../migrations/postgres/0005_deleted_jobs.sql")),
    ("0006_usage", include_str!("../../../migrations/postgres/0006_usage.sql")),
    ("0007_key_limits", include_str!("../../../migrations/postgres/0007_key_limits.sql")),
    ("0008_answer_types", include_str!("../../../migrations/postgres/0008_answer_types.sql")),
    ("0009_key_requests", include_str!("../../../migrations/postgres/0009_key_requests.sql")),
    ("0010_chats", include_str!("../../../migrations/postgres/0010_chats.sql")),
];

/// Processes that start at once take turns by this lock of the database.
const LOCK: i64 = i64::from_be_bytes(*b"fourfold");

const APPLIED: &str = "CREATE TABLE IF NOT EXISTS migration \
     (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())";

/// Applies what is missing and names it.
pub(super) async fn migrate(settings: &PostgresSettings) -> Result<Vec<&'static str>, PostgresError> {
    let unreachable = |error: tokio_postgres::Error| PostgresError::Unreachable {
        place: settings.place(),
        source: error.into(),
    };
    let tls = tls::connector(settings)?;
    let (mut client, connection) = settings.config.connect(tls).await.map_err(unreachable)?;
    // The connection does its part only while it is polled, and ends when the client is gone.
    let migrating = pin!(async {
        client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await.map_err(unreachable)?;
        client.batch_execute(APPLIED).await.map_err(unreachable)?;
        let row = client.query_one("SELECT count(*) FROM migration", &[]).await.map_err(unreachable)?;
        let done: i64 = row.try_get(0).map_err(unreachable)?;
        apply_after(&mut client, usize::try_from(done).unwrap_or_default()).await
    });
    match select(migrating, pin!(connection)).await {
        Either::Left((applied, _connection)) => applied,
        Either::Right((Err(error), _migrating)) => Err(unreachable(error)),
        // It ended in order, so all that was asked has been answered.
        Either::Right((Ok(()), migrating)) => migrating.await,
    }
}

async fn apply_after(client: &mut Client, done: usize) -> Result<Vec<&'static str>, PostgresError> {
    let missing = MIGRATIONS.get(done..);
    let missing = missing.ok_or(PostgresError::Newer { found: done, known: MIGRATIONS.len() })?;
    let mut applied = Vec::new();
    for (name, sql) in missing {
        let number = i64::try_from(done + applied.len() + 1).unwrap_or(i64::MAX);
        let apply = async {
            let transaction = client.transaction().await?;
            transaction.batch_execute(sql).await?;
            let record = "INSERT INTO migration (number, name) VALUES ($1, $2)";
            transaction.execute(record, &[&number, name]).await?;
            transaction.commit().await
        };
        apply.await.map_err(|source| PostgresError::Migration { name, source })?;
        applied.push(*name);
    }
    Ok(applied)
}
