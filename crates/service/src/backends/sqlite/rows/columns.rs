//! Single columns as what they mean.

use std::error::Error;
use std::str::FromStr;

use fourfold_domain::Credits;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::de::DeserializeOwned;

use super::Result;
use crate::Timestamp;

/// A text column as what it means.
pub(in super::super) fn text<T: FromStr<Err: Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> Result<T> {
    row.get_ref(column)?.as_str()?.parse().map_err(|error: T::Err| unreadable(column, error))
}

pub(super) fn optional<T: FromStr<Err: Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|error: T::Err| unreadable(column, error)),
    }
}

pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(column, error))
}

pub(super) fn optional_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        None => Ok(None),
        Some(text) => serde_json::from_str(text).map(Some).map_err(|error| unreadable(column, error)),
    }
}

/// A column that holds the bare word of an enum.
pub(super) fn word<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    let word = row.get_ref(column)?.as_str()?.to_owned();
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| unreadable(column, error))
}

pub(in super::super) fn credits(row: &Row<'_>, column: usize) -> Result<Credits> {
    Credits::from_micros(row.get(column)?).map_err(|error| unreadable(column, error))
}

pub(super) fn optional_credits(row: &Row<'_>, column: usize) -> Result<Option<Credits>> {
    let micros: Option<i64> = row.get(column)?;
    micros.map(Credits::from_micros).transpose().map_err(|error| unreadable(column, error))
}

pub(super) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

pub(super) fn optional_time(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis))
}

pub(in super::super) fn unreadable(
    column: usize,
    error: impl Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
