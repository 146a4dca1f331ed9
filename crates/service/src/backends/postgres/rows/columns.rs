//! Single columns as what they mean.

use std::error::Error;
use std::str::FromStr;

use fourfold_domain::Credits;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::FromSqlOwned;

use super::Result;
use crate::Timestamp;
use crate::backends::postgres::fault::Fault;

/// All rows, each read in this way.
pub(in super::super) fn all<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
    rows.iter().map(read).collect()
}

/// A column as it is.
pub(in super::super) fn get<T: FromSqlOwned>(row: &Row, column: usize) -> Result<T> {
    Ok(row.try_get(column)?)
}

/// A text column as what it means.
pub(in super::super) fn text<T: FromStr<Err: Error + Send + Sync + 'static>>(
    row: &Row,
    column: usize,
) -> Result<T> {
    row.try_get::<_, &str>(column)?.parse().map_err(|error: T::Err| unreadable(column, error))
}

/// A number that was written as such, so that it has room.
pub(in super::super) fn number<T: TryFrom<i64, Error: Error + Send + Sync + 'static>>(
    row: &Row,
    column: usize,
) -> Result<T> {
    T::try_from(get(row, column)?).map_err(|error| unreadable(column, error))
}

pub(super) fn optional_count(row: &Row, column: usize) -> Result<Option<u32>> {
    let count = get::<Option<i64>>(row, column)?.map(u32::try_from);
    count.transpose().map_err(|error| unreadable(column, error))
}

/// Zero is no.
pub(super) fn flag(row: &Row, column: usize) -> Result<bool> {
    Ok(get::<i64>(row, column)? != 0)
}

pub(in super::super) fn time(row: &Row, column: usize) -> Result<Timestamp> {
    get(row, column).map(Timestamp::from_millis)
}

pub(super) fn optional<T: FromStr<Err: Error + Send + Sync + 'static>>(
    row: &Row,
    column: usize,
) -> Result<Option<T>> {
    let text: Option<&str> = row.try_get(column)?;
    text.map(str::parse).transpose().map_err(|error: T::Err| unreadable(column, error))
}

pub(in super::super) fn optional_number<T: TryFrom<i64, Error: Error + Send + Sync + 'static>>(
    row: &Row,
    column: usize,
) -> Result<Option<T>> {
    let number: Option<i64> = get(row, column)?;
    number.map(T::try_from).transpose().map_err(|error| unreadable(column, error))
}

pub(super) fn optional_time(row: &Row, column: usize) -> Result<Option<Timestamp>> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp::from_millis))
}

pub(super) fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T> {
    serde_json::from_str(row.try_get(column)?).map_err(|error| unreadable(column, error))
}

pub(super) fn optional_json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<Option<T>> {
    let text: Option<&str> = row.try_get(column)?;
    text.map(serde_json::from_str).transpose().map_err(|error| unreadable(column, error))
}

/// A column that holds the bare word of an enum.
pub(super) fn word<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T> {
    let word = get(row, column)?;
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| unreadable(column, error))
}

pub(in super::super) fn credits(row: &Row, column: usize) -> Result<Credits> {
    Credits::from_micros(get(row, column)?).map_err(|error| unreadable(column, error))
}

pub(super) fn optional_credits(row: &Row, column: usize) -> Result<Option<Credits>> {
    let micros: Option<i64> = get(row, column)?;
    micros.map(Credits::from_micros).transpose().map_err(|error| unreadable(column, error))
}

pub(super) fn hash(row: &Row, column: usize) -> Result<[u8; 32]> {
    row.try_get::<_, &[u8]>(column)?.try_into().map_err(|error| unreadable(column, error))
}

pub(in super::super) fn unreadable(column: usize, error: impl Error + Send + Sync + 'static) -> Fault {
    Fault::Unreadable { column, source: error.into() }
}
