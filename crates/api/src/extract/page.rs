//! Pages of lists: `?limit=` and `?cursor=`.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;

const LIMIT_DEFAULT: usize = 20;
const LIMIT_MAX: usize = 100;

/// Which page of a list, in whichever order the list is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<I> {
    /// The last id of the page before; this one has what comes after it.
    pub(crate) after: Option<I>,
    pub(crate) limit: usize,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Paged<T> {
    data: Vec<T>,
    /// Asks for the next page; null on the last.
    next_cursor: Option<String>,
}

/// The query of a page, as it is written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many, 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl<I: FromStr, S: Send + Sync> FromRequestParts<S> for Page<I> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(written) = Query::<PageQuery>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::malformed("query", "the query can't be read"))?;
        let limit = match written.limit {
            None => LIMIT_DEFAULT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                .ok_or_else(|| ApiError::malformed("limit", "limit must be from 1 to 100"))?,
        };
        let bad_cursor =
            |_| ApiError::malformed("cursor", "cursor must be the next_cursor of an earlier page");
        let after = written.cursor.map(|text| text.parse().map_err(bad_cursor)).transpose()?;
        Ok(Self { after, limit })
    }
}

impl<I> Page<I> {
    /// One more than the page has, to see whether another follows.
    pub(crate) fn limit_and_one(&self) -> usize {
        self.limit + 1
    }

    /// Makes the page of what was found with [`Page::limit_and_one`].
    pub(crate) fn of<R, T>(
        &self,
        rows: Vec<R>,
        id: impl Fn(&R) -> String,
        body: impl FnMut(R) -> T,
    ) -> Paged<T> {
        let more = rows.len() > self.limit;
        self.of_those(rows, more, id, body)
    }

    /// Likewise, where others may follow these though they are no more than the page has.
    pub(crate) fn of_those<R, T>(
        &self,
        mut rows: Vec<R>,
        more: bool,
        id: impl Fn(&R) -> String,
        body: impl FnMut(R) -> T,
    ) -> Paged<T> {
        rows.truncate(self.limit);
        let next_cursor = rows.last().filter(|_| more).map(id);
        Paged { data: rows.into_iter().map(body).collect(), next_cursor }
    }
}
