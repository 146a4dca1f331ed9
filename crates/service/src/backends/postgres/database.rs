//! Everything but steps: reads, and writes of single rows, over a few connections.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use tokio::runtime::Handle;
use tokio_postgres::Row;

use super::connection::{self, SESSION};
use super::fault::{Cure, Fault, failed};
use super::query::{self, Query, values};
use super::rows;
use super::settings::{PostgresError, PostgresSettings};
use crate::clock::Clock;
use crate::error::StoreError;

/// How often what another node got in the way of is tried again.
pub(super) const RUN_AGAIN_MAX: u32 = 10;

/// How soon a connection is tried again, and how much later each time, until the most.
const RECONNECT_FIRST: Duration = Duration::from_millis(20);
const RECONNECT_MAX: Duration = Duration::from_secs(1);

/// The longest that the database may take over what was sent to it.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(60);

/// Whose clock counts.
#[derive(Clone)]
pub(super) enum Time {
    /// The database's.
    Database,
    /// A test's.
    #[cfg_attr(not(any(test, feature = "testing")), expect(dead_code, reason = "only tests have one"))]
    Given(Arc<dyn Clock>),
}

impl Time {
    /// The moment, for `coalesce($1::bigint, now_millis())`: nothing where the database is to tell it.
    pub(super) fn moment(&self) -> Option<i64> {
        match self {
            Self::Database => None,
            Self::Given(clock) => Some(clock.now().millis()),
        }
    }
}

/// The connections, on the runtime that they live on.
pub(super) struct Database {
    pool: Pool,
    runtime: Handle,
    patience: Duration,
    time: Time,
}

impl Database {
    pub(super) fn new(
        settings: &PostgresSettings,
        time: Time,
        runtime: &Handle,
    ) -> Result<Self, PostgresError> {
        let pool = connection::pool(settings, settings.connections, SESSION.to_owned())?;
        Ok(Self { pool, runtime: runtime.clone(), patience: settings.patience, time })
    }

    pub(super) fn moment(&self) -> Option<i64> {
        self.time.moment()
    }

    /// Reads back what durability rests on.
    pub(super) async fn durability(&self) -> Result<String, StoreError> {
        let sql = "SELECT string_agg(name || '=' || current_setting(name), ' ' ORDER BY place) \
                   FROM unnest($1::text[]) WITH ORDINALITY AS setting (name, place)";
        let settings = vec!["fsync", "synchronous_commit", "full_page_writes"];
        let found = self.one(Query::new(sql, values![settings]), |row| rows::get(row, 0)).await?;
        Ok(found.unwrap_or_default())
    }

    /// Runs one statement and reads its rows.
    pub(super) async fn all<T>(
        &self,
        query: Query<'static>,
        read: impl Fn(&Row) -> Result<T, Fault>,
    ) -> Result<Vec<T>, StoreError> {
        let mut answers = self.run(vec![query]).await?;
        read_all(&answers.pop().unwrap_or_default(), read)
    }

    /// Likewise, for at most one row.
    pub(super) async fn one<T>(
        &self,
        query: Query<'static>,
        read: impl Fn(&Row) -> Result<T, Fault>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(query, read).await?.pop())
    }

    /// Runs one statement that gives nothing back.
    pub(super) async fn execute(&self, query: Query<'static>) -> Result<(), StoreError> {
        self.run(vec![query]).await.map(drop)
    }

    /// Reads in one snapshot.
    pub(super) async fn snapshot(&self, reads: Vec<Query<'static>>) -> Result<Vec<Vec<Row>>, StoreError> {
        let begin = Query::new("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", Vec::new());
        let commit = Query::new("COMMIT", Vec::new());
        let mut answers = self.run([begin].into_iter().chain(reads).chain([commit]).collect()).await?;
        answers.remove(0);
        answers.pop();
        Ok(answers)
    }

    /// Runs statements in order. They are such that it does no harm to run them twice: where the connection breaks,
    /// they are run again over a new one. They run to their end, whether or not somebody still waits.
    async fn run(&self, queries: Vec<Query<'static>>) -> Result<Vec<Vec<Row>>, StoreError> {
        let (pool, patience) = (self.pool.clone(), self.patience);
        let running = self.runtime.spawn(async move { run(&pool, &queries, patience).await });
        match running.await {
            Ok(answers) => answers.map_err(|fault| failed(&Arc::new(fault))),
            Err(ended) => Err(StoreError::Failed(ended.into())),
        }
    }
}

/// What rows say.
pub(super) fn read_all<T>(
    rows: &[Row],
    read: impl Fn(&Row) -> Result<T, Fault>,
) -> Result<Vec<T>, StoreError> {
    rows::all(rows, read).map_err(|fault| failed(&Arc::new(fault)))
}

async fn run(pool: &Pool, queries: &[Query<'_>], patience: Duration) -> Result<Vec<Vec<Row>>, Fault> {
    let mut waits = Waits::new(patience);
    let mut again = 0;
    loop {
        let fault = match try_run(pool, queries).await {
            Ok(answers) => return Ok(answers),
            Err(fault) => fault,
        };
        match fault.cure() {
            Cure::RunAgain if again < RUN_AGAIN_MAX => again += 1,
            Cure::Reconnect if waits.wait().await => {}
            _ => return Err(fault),
        }
    }
}

async fn try_run(pool: &Pool, queries: &[Query<'_>]) -> Result<Vec<Vec<Row>>, Fault> {
    let client = pool.get().await?;
    match tokio::time::timeout(ANSWER_MAX, query::run(&client, queries)).await {
        Ok(answers) => answers,
        Err(_elapsed) => {
            // Whatever comes of it, nobody else is to wait behind it.
            drop(deadpool_postgres::Object::take(client));
            Err(Fault::Silent(ANSWER_MAX))
        }
    }
}

/// The waits between tries to connect, until patience ends.
pub(super) struct Waits {
    until: Instant,
    next: Duration,
}

impl Waits {
    pub(super) fn new(patience: Duration) -> Self {
        Self { until: Instant::now() + patience, next: RECONNECT_FIRST }
    }

    /// Waits for the next try. False, at once, where patience has ended.
    pub(super) async fn wait(&mut self) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        tokio::time::sleep(self.next.min(left)).await;
        self.next = (self.next * 2).min(RECONNECT_MAX);
        true
    }
}
