//! The usage log, over the connections that nobody commits by.

use std::time::Duration;

use async_trait::async_trait;
use tokio_postgres::Row;

use super::PostgresStore;
use super::fault::Fault;
use super::query::{Query, Value, values};
use super::reads::size;
use super::rows;
use crate::Timestamp;
use crate::backends::sql::usage as sql;
use crate::error::StoreError;
use crate::ports::UsageStore;
use crate::usage::{UsageAmounts, UsageKey, UsageOutcome, UsageQuery, UsageRow, UsageTotals};

#[async_trait]
impl UsageStore for PostgresStore {
    async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        let texts = (1..=8).map(|number| format!("${number}::text[]"));
        let numbers = (9..=21).map(|number| format!("${number}::bigint[]"));
        let insert = format!(
            "INSERT INTO usage_row ({}) SELECT * FROM unnest({}) ON CONFLICT (owner) DO NOTHING",
            sql::COLUMNS,
            texts.chain(numbers).collect::<Vec<_>>().join(", ")
        );
        // One column of all rows after the other, each in the order of the rows.
        let texts: Vec<_> = rows.iter().map(sql::texts).collect();
        let optional: Vec<_> = rows.iter().map(sql::optional_texts).collect();
        let numbers: Vec<_> = rows.iter().map(sql::numbers).collect();
        let firsts: Vec<_> = rows.iter().map(sql::first_part).collect();
        let mut columns: Vec<Value<'static>> = Vec::with_capacity(21);
        for place in 0..6 {
            columns.push(Box::new(texts.iter().map(|row| row[place].clone()).collect::<Vec<_>>()));
        }
        for place in 0..2 {
            columns.push(Box::new(optional.iter().map(|row| row[place].clone()).collect::<Vec<_>>()));
        }
        for place in 0..12 {
            columns.push(Box::new(numbers.iter().map(|row| row[place]).collect::<Vec<_>>()));
        }
        columns.push(Box::new(firsts));
        self.database.execute(Query::new(insert, columns)).await
    }

    async fn usage(&self, query: UsageQuery) -> Result<Vec<UsageTotals>, StoreError> {
        let [account, realm, provider] = sql::filters(&query.filter);
        let mut values = values![query.from.millis(), query.to.millis(), account, realm, provider];
        values.extend(sql::groups(&query).map(|group| Box::new(group) as Value<'_>));
        let (day, texts) = sql::after(&query);
        values.push(Box::new(day));
        values.extend(texts.map(|text| Box::new(text) as Value<'_>));
        values.push(Box::new(size(query.limit)));
        self.database.all(Query::new(sql::totals(&query.filter), values), total).await
    }

    async fn forget_usage(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let sql = "WITH gone AS (DELETE FROM usage_row WHERE owner IN \
                     (SELECT owner FROM usage_row WHERE ended_at < $1 ORDER BY ended_at LIMIT $2) RETURNING 1) \
                   SELECT count(*) FROM gone";
        let key = values![before.millis(), size(limit)];
        let gone = self.database.one(Query::new(sql, key), |row| rows::number(row, 0)).await?;
        Ok(gone.unwrap_or_default())
    }
}

fn total(row: &Row) -> Result<UsageTotals, Fault> {
    let text = |column| rows::get::<String>(row, column);
    let texts = [text(1)?, text(2)?, text(3)?, text(4)?, text(5)?];
    let key = UsageKey::of_parts(rows::get(row, 0)?, texts.each_ref().map(String::as_str));
    let number = |column| rows::number::<u64>(row, column);
    let mut outcomes = [0; UsageOutcome::EACH.len()];
    for (outcome, column) in outcomes.iter_mut().zip(6..) {
        *outcome = number(column)?;
    }
    let mut amounts = [0; 7];
    for (amount, column) in amounts.iter_mut().zip(sql::SUMS_AT + 1..) {
        *amount = number(column)?;
    }
    Ok(UsageTotals {
        key: key.map_err(|error| rows::unreadable(1, error))?,
        outcomes,
        attempts: number(sql::SUMS_AT)?,
        amounts: UsageAmounts::from_array(amounts),
        charged: rows::credits(row, sql::SUMS_AT + 8)?,
        estimated: number(sql::SUMS_AT + 9)?,
        duration: Duration::from_millis(number(sql::SUMS_AT + 10)?),
        first_part: rows::optional_number::<u64>(row, sql::SUMS_AT + 11)?.map(Duration::from_millis),
    })
}
