//! Statements with their values, sent together.

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use deadpool_postgres::ClientWrapper;
use futures_util::future::{MaybeDone, maybe_done, try_join_all};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::fault::Fault;

/// One value of a statement, or one column of the rows that it writes.
pub(super) type Value<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// A statement with its values.
pub(super) struct Query<'a> {
    sql: Cow<'static, str>,
    values: Vec<Value<'a>>,
}

impl<'a> Query<'a> {
    pub(super) fn new(sql: impl Into<Cow<'static, str>>, values: Vec<Value<'a>>) -> Self {
        Self { sql: sql.into(), values }
    }
}

/// Values of a statement, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        vec![$(Box::new($value) as crate::backends::postgres::query::Value<'_>),*]
    };
}
pub(super) use values;

/// Sends all of them in order without waiting in between, then waits for every answer. What is told is the first
/// failure: those after it only say that the transaction has failed. A statement stays prepared on its connection.
pub(super) async fn run(client: &ClientWrapper, queries: &[Query<'_>]) -> Result<Vec<Vec<Row>>, Fault> {
    // Together too, since a new connection has none of them yet.
    let statements = try_join_all(queries.iter().map(|query| client.prepare_cached(&query.sql))).await?;
    let mut asked = Vec::with_capacity(queries.len());
    for (query, statement) in queries.iter().zip(statements) {
        asked.push(Box::pin(maybe_done(async move {
            let values: Vec<&(dyn ToSql + Sync)> =
                query.values.iter().map(|value| value.as_ref() as &(dyn ToSql + Sync)).collect();
            client.query(&statement, &values).await
        })));
    }
    let answers = in_order(asked).await;
    answers.into_iter().map(|answer| answer.map_err(Fault::from)).collect()
}

/// Polls in the order given, so that what is sent at the first poll is sent in that order.
async fn in_order<F: Future>(mut asked: Vec<Pin<Box<MaybeDone<F>>>>) -> Vec<F::Output> {
    poll_fn(|context| {
        let waiting =
            asked.iter_mut().filter_map(|one| one.as_mut().poll(context).is_pending().then_some(()));
        if waiting.count() == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    asked.iter_mut().filter_map(|one| one.as_mut().take_output()).collect()
}
